"""The strict mode: what a run opens is read off its system calls (strace), whatever language opens it.

It sees more than the observer inside a program and costs more. Nothing is hashed while the program runs: whoever
reads the trace hashes the inputs after the fact, and `was_changed` says which of them are no longer what was read.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lims.errors import Unavailable
from lims.provenance.observing.birth import born_ns
from lims.provenance.observing.inside.scope import Scope
from lims.provenance.observing.journal import Event, Observed, status, summed
from lims.provenance.observing.trace import Call, calls_in

CALLS = (
    "open", "openat", "openat2", "creat", "rename", "renameat", "renameat2", "link", "linkat", "truncate",
    "chdir", "fchdir", "clone", "clone3", "fork", "vfork", "execve",
)  # fmt: skip
"""Not every processor has all of them: the question mark that strace is given before each says so."""
CLOCK_S = 0.02
"""A file's time of change comes from a clock that ticks a hundred times a second, or more often."""
INSTALL = "Install strace (apt install strace, dnf install strace), and allow ptrace: a container needs SYS_PTRACE."


def traced(argv: Sequence[str], log: Path) -> list[str]:
    """The command that runs another one and writes its system calls to a log. Raises Unavailable."""
    if not is_available():
        raise Unavailable("Strict observation needs strace, which is missing or may not trace here.", hint=INSTALL)
    return [*tracer(str(log)), *argv]


def tracer(log: str) -> list[str]:
    """Only the calls that matter stop the program (seccomp), not each of them."""
    chosen = ",".join(f"?{call}" for call in CALLS)
    options = ["-f", "-qq", "-y", "-ttt", "-s", "4096", "--seccomp-bpf", "-e", f"trace={chosen}", "-e", "signal=none"]
    return [shutil.which("strace") or "strace", *options, "-o", log, "--"]


@cache
def is_available() -> bool:
    """Whether strace is here and may trace; tried once."""
    if shutil.which("strace") is None:
        return False
    with TemporaryDirectory(prefix="lims-strace-") as folder:
        command = [*tracer(f"{folder}/log"), "true"]
        try:
            return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def read_trace(log: Path, config: Mapping[str, Any]) -> Observed:
    """What the traced run has read and written below the roots of the observer's configuration; it has ended."""
    return summed(Trace(Scope(dict(config))).events(calls_in(log)), ended=True)


class Trace:
    """Turns system calls into events, with the working folder of each process."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.folders: dict[int, str] = {}
        self.is_started = False

    def events(self, calls: Iterator[Call]) -> Iterator[Event]:
        for call in calls:
            if call.folder:
                self.folders[call.process] = call.folder
            match call.name:
                case "open" | "openat" | "openat2" | "creat":
                    yield from self.opened(call)
                case "rename" | "renameat" | "renameat2":
                    yield from self.renamed(call)
                case "link" | "linkat":
                    yield from self.linked(call)
                case "truncate":
                    yield from self.touched(call, self.whole(call, 0), True, True)
                case "chdir" | "fchdir":
                    self.folders[call.process] = self.whole(call, 0)
                case "execve":
                    yield from self.program(call)
                case _:
                    self.folders[call.child] = self.folders.get(call.process, "/")

    def opened(self, call: Call) -> Iterator[Event]:
        """The path as it is written decides, as for the observer; the kernel's own name of it only where links lie."""
        flags = set(call.flags)
        writes = call.name == "creat" or bool(flags & {"O_WRONLY", "O_RDWR", "O_TRUNC"})
        is_emptied = call.name == "creat" or "O_TRUNC" in flags
        if flags & {"O_DIRECTORY", "O_PATH", "O_TMPFILE"}:
            return
        path = self.whole(call, 0)
        is_new = is_emptied or "O_EXCL" in flags or ("O_CREAT" in flags and is_born_since(path, call.at))
        yield from self.touched(call, path, not is_new, writes, maybe=writes and not is_emptied)

    def touched(self, call: Call, path: str, reads: bool, writes: bool, maybe: bool = False) -> Iterator[Event]:
        place = self.scope.locate(path)
        if place is None or not place.path:
            return
        now = status(place.path)
        event = Event("read", place.path, call.at, place.kind, "strace", None, now, place.is_tree, place.asked)
        if reads:
            yield event
        if writes:
            # What it was before nobody has looked at: of a database that was only opened, its time must tell.
            was_written = not maybe or now is None or now[1] >= (call.at - CLOCK_S) * 1e9
            yield replace(event, what="write", maybe=not was_written, before=None if was_written else now)

    def renamed(self, call: Call) -> Iterator[Event]:
        source, target = self.whole(call, 0), self.whole(call, 1)
        left, to = self.scope.locate(source), self.scope.locate(target)
        if left is not None and left.path:
            now = status(left.path)
            yield Event("read", left.path, call.at, left.kind, "strace", None, now, left.is_tree, left.asked)
        if to is not None and to.path:
            name = left.path if left is not None and left.path else source
            yield Event("rename", name, call.at, to.kind, "strace", is_tree=to.is_tree, asked=to.asked, to=to.path)

    def linked(self, call: Call) -> Iterator[Event]:
        yield from self.touched(call, self.whole(call, 0), True, False)
        yield from self.touched(call, self.whole(call, 1), False, True)

    def program(self, call: Call) -> Iterator[Event]:
        """The first one is the run itself."""
        if self.is_started:
            yield Event("program", " ".join(call.words) or call.paths[0][1], call.at)
        self.is_started = True

    def whole(self, call: Call, number: int) -> str:
        folder, path = call.paths[number]
        if path.startswith("/"):
            return path
        return f"{folder or self.folders.get(call.process, '/')}/{path}".rstrip("/")


def is_born_since(path: str, at: float) -> bool:
    """Whether the call that could make a file made it; a file that is gone again was a temporary one."""
    born = born_ns(path)
    return not os.path.lexists(path) if born is None else born >= (at - CLOCK_S) * 1e9
