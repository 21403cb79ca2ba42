"""The kernel's line: Landlock (Linux 5.13 and later), by its three system calls.

What is asked of an older kernel is what it knows: it has no say in truncation before 6.2, in connections before 6.7,
in signals and abstract sockets before 6.12. Source: linux/landlock.h.
"""

import ctypes
import os
import sys
from collections.abc import Iterator

from lims.extractors.fence.grounds import DEVICES, Grounds

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""The same on every architecture that Python runs on."""
VERSION_FLAG, PATH_BENEATH, PR_SET_NO_NEW_PRIVS = 1, 1, 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG, MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV = (1 << bit for bit in (7, 8, 12, 13, 14, 15))
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

READ = READ_FILE | READ_DIR
DROP = WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE
SCRATCH = READ | DROP | MAKE_DIR | REMOVE_DIR | MAKE_SYM | REFER

HANDLED_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
NOW_BITS = 16
BIND_AND_CONNECT = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def restrict(allowed: Grounds) -> bool:
    """Confine this thread for good; False where the kernel has no Landlock. Raises OSError where it has and refuses."""
    version = kernel_version()
    if version == 0:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    handled = (1 << HANDLED_BITS.get(version, NOW_BITS)) - 1
    attributes = Ruleset(handled, BIND_AND_CONNECT, ABSTRACT_SOCKETS_AND_SIGNALS)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = checked(libc.syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0))
    try:
        for path, rights in rules(allowed):
            allow(libc, ruleset, path, rights & handled)
        checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        checked(libc.syscall(RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return True


def kernel_version() -> int:
    """The version of Landlock that this kernel speaks; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION_FLAG)))


def rules(allowed: Grounds) -> Iterator[tuple[str, int]]:
    for path in (*allowed.files, *allowed.roots):
        yield path, READ | (WRITE_FILE if path in DEVICES else 0)
    for path in allowed.drops:
        yield path, DROP
    yield allowed.scratch, SCRATCH


def allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    """A path that does not exist needs no right."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        wanted = rights if os.path.isdir(path) else rights & OF_FILES  # noqa: PTH112
        rule = Beneath(wanted, parent)
        checked(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(parent)


def checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the kernel did not confine the reader: {os.strerror(number)}")
    return answer
