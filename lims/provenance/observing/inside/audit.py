"""What Python itself tells of files: its audit events. Called at each of them, so the first lines decide quickly.

Source: https://docs.python.org/3/library/audit_events.html
"""
# Path is too slow for what is done at each opened file
# ruff: noqa: PTH100, PTH110, PTH112, PTH115, PTH118

from __future__ import annotations

import os
import sys
from typing import Any, Callable  # noqa: UP035 — for old Pythons

from .gate import Gate

ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR


def listen(gate: Gate) -> None:
    """From now on until the program ends; Python has no way to stop it."""
    sys.addaudithook(hook(gate))


def hook(gate: Gate) -> Callable[[str, tuple[Any, ...]], None]:
    ways = Ways(gate)
    handlers: dict[str, Any] = {
        "open": ways.open,
        "os.rename": ways.rename,
        "os.remove": ways.remove,
        "os.rmdir": ways.remove,
        "os.mkdir": ways.mkdir,
        "os.truncate": ways.change,
        "os.chmod": ways.mark,
        "os.chown": ways.mark,
        "os.utime": ways.mark,
        "os.link": ways.link,
        "os.symlink": ways.symlink,
        "sqlite3.connect": ways.sqlite,
        "subprocess.Popen": ways.popen,
        "os.posix_spawn": ways.popen,
        "os.exec": ways.popen,
        "os.system": ways.system,
    }
    busy = gate.busy

    def heard(event: str, args: tuple[Any, ...]) -> None:
        if event not in handlers or busy.now:
            return
        if event == "open" and type(args[0]) is int:
            return
        busy.now = True
        try:
            refusal = handlers[event](*args)
        except Exception:  # noqa: BLE001 — whatever goes wrong here must not become the program's error
            return
        finally:
            busy.now = False
        if refusal is not None:
            raise refusal

    return heard


class Ways:
    """One method per kind of event; each returns the error to raise, or None."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    def open(self, path: Any, mode: Any, flags: int) -> PermissionError | None:
        if type(path) is str and path[-4:] == ".pyc":
            path = source_of(path)
        place = self.gate.scope.locate(path)
        if place is None:
            return None
        access = flags & ACCESS
        writes = access != os.O_RDONLY or bool(flags & os.O_TRUNC)
        if not writes:
            if place.path:
                self.gate.recorder.read(path, place, "open")
            return None
        if place.forbidden:
            return self.gate.refusal(path)
        if not place.path or os.path.isdir(path) or will_fail(path, flags):
            return None
        # What is not emptied is partly kept: an input too.
        if not flags & os.O_TRUNC:
            self.gate.recorder.read(path, place, "open")
        self.gate.recorder.write(path, place, "open")
        return None

    def rename(self, source: Any, target: Any, source_in: int = -1, target_in: int = -1) -> PermissionError | None:
        source, target = full(source, source_in), full(target, target_in)
        left, to = self.gate.scope.locate(source), self.gate.scope.locate(target)
        for path, place in ((source, left), (target, to)):
            if place is not None and place.forbidden:
                return self.gate.refusal(path)
        if left is not None and to is not None and to.is_tree and left.path == to.path:
            self.gate.recorder.write(target, to, "open")  # zarr writes each part so
            return None
        if left is not None and left.path:
            self.gate.recorder.read(source, left, "open")
        if to is not None and to.path and os.path.lexists(source):
            name = left.path if left is not None and left.path else os.path.abspath(source)
            self.gate.recorder.rename(name, target, to)
        return None

    def link(self, source: Any, target: Any, source_in: int = -1, target_in: int = -1) -> PermissionError | None:
        source, target = full(source, source_in), full(target, target_in)
        return self.gate.note(source, True, False, "link") or self.gate.note(target, False, True, "link")

    def symlink(self, source: Any, target: Any, target_in: int = -1) -> PermissionError | None:
        return self.forbid(full(target, target_in))

    def remove(self, path: Any, folder: int = -1) -> PermissionError | None:
        return self.forbid(full(path, folder))

    def mkdir(self, path: Any, mode: int, folder: int = -1) -> PermissionError | None:
        path = full(path, folder)
        return None if os.path.isdir(path) else self.forbid(path)

    def change(self, path: Any, *_: Any) -> PermissionError | None:
        return None if type(path) is int else self.gate.note(path, True, True, "open")

    def mark(self, path: Any, *_: Any) -> PermissionError | None:
        return None if type(path) is int else self.forbid(path)

    def forbid(self, path: Any) -> PermissionError | None:
        place = self.gate.scope.beside(os.path.abspath(os.fsdecode(path)))
        return self.gate.refusal(path) if place is not None and place.forbidden else None

    def sqlite(self, database: Any) -> PermissionError | None:
        """Whether it will be written nobody knows yet: the file is compared at the end."""
        path, _, options = os.fsdecode(database).partition("?")
        if path.startswith("file:"):
            path = path[5:].replace("//", "", 1) if path.startswith("file://") else path[5:]
        if not path or path == ":memory:" or "mode=memory" in options:
            return None
        is_read = "mode=ro" in options or "immutable=1" in options
        place = self.gate.scope.locate(path)
        if place is not None and place.forbidden and os.path.exists(path):
            is_read = True  # see sqlite.py
        return self.gate.note(path, True, not is_read, "sqlite3", maybe=True)

    def popen(self, program: Any, words: Any, *_: Any) -> None:
        self.gate.recorder.program(words or program)

    def system(self, words: Any) -> None:
        self.gate.recorder.program(words)


def full(path: Any, folder: int | None) -> str:
    """A path that may be relative to an open folder."""
    name = os.fsdecode(path)
    if folder in (-1, None) or name.startswith("/"):
        return name
    return os.path.join(os.readlink(f"/proc/self/fd/{folder}"), name)


def source_of(compiled: str) -> str:
    """A module of the person's own is an input, whichever of its two files Python reads."""
    folder, _, name = compiled.rpartition("/__pycache__/")
    return f"{folder}/{name.partition('.')[0]}.py" if name else compiled


def will_fail(path: Any, flags: int) -> bool:
    """Whether opening for writing cannot succeed, as far as that can be said before."""
    if not os.path.lexists(path):
        return not flags & os.O_CREAT
    return bool(flags & os.O_EXCL) or not os.access(path, os.W_OK)
