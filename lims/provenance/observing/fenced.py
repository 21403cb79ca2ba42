"""A command that can write nowhere but in given folders: replays run in it, so that no original can be changed.

The kernel keeps the line (Landlock), for every program in every language, and what it starts; reading stays free.
Run as a file it confines itself and becomes the command.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from lims.errors import Unavailable
from lims.extractors.fence import landlock

SINCE = 3
"""The first version of Landlock that has a say in truncation, without which any file could be emptied."""
MAKE_ANY = sum(1 << bit for bit in range(6, 13))
"""Folders, files, links, sockets, pipes, devices."""
WRITE = (
    landlock.WRITE_FILE | landlock.REMOVE_DIR | landlock.REMOVE_FILE | landlock.REFER | landlock.TRUNCATE | MAKE_ANY
)
DEVICES = ("/dev",)


def fenced(argv: Sequence[str], writable: Sequence[Path]) -> list[str]:
    """The command that runs another one confined; the folders must exist. Raises Unavailable."""
    if not is_available():
        raise Unavailable(
            "This system cannot keep a program from writing: it has no Landlock.",
            hint="Linux 6.2 or later has it; in a container it must not be switched off.",
        )
    folders = [str(path) for path in writable]
    return [sys.executable, __file__, str(len(folders)), *folders, *argv]


def is_available() -> bool:
    return landlock.kernel_version() >= SINCE


def confine(writable: Sequence[str]) -> None:
    """This process, and every one it starts, for good. Raises OSError where the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = landlock.Ruleset(WRITE, 0, 0)
    ruleset = landlock.checked(
        libc.syscall(landlock.CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(8), 0)
    )
    for folder in (*writable, *DEVICES):
        landlock.allow(libc, ruleset, folder, WRITE)
    landlock.checked(libc.prctl(landlock.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    landlock.checked(libc.syscall(landlock.RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def main(arguments: list[str]) -> None:
    count = int(arguments[0])
    command = arguments[count + 1 :]
    confine(arguments[1 : count + 1])
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
