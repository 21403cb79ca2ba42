"""For replays: Python's own functions that take a path, exchanged for ones that go through the overlay.

An audit event cannot change a path, so the functions are exchanged, wherever they are known.
"""
# ruff: noqa: PTH112, PTH118 — Path goes through the very functions that are exchanged

from __future__ import annotations

import builtins
import errno
import functools
import io
import os
import sys
from typing import Any, Callable  # noqa: UP035 — for old Pythons

from .audit import ACCESS, full
from .gate import Gate

Act = Callable[[], Any]
Plan = Callable[..., Act]
READS = ("stat", "lstat", "access", "readlink", "statvfs", "getxattr", "listxattr")
MARKS = ("chmod", "chown", "lchown", "utime", "setxattr", "removexattr")


def redirect(gate: Gate) -> None:
    """From now on, for the whole process."""
    plans = Plans(gate)
    chosen: dict[str, Callable[..., Plan]] = {
        **dict.fromkeys(READS, plans.read),
        **dict.fromkeys(MARKS, plans.mark),
        **dict.fromkeys(("remove", "unlink", "rmdir"), plans.remove),
        **dict.fromkeys(("rename", "replace"), plans.rename),
        **dict.fromkeys(("link", "symlink"), plans.link),
        **dict.fromkeys(("listdir", "scandir"), plans.list),
        "open": plans.open_descriptor,
        "mkdir": plans.mkdir,
        "truncate": plans.truncate,
        "chdir": plans.chdir,
    }
    functions = {name: getattr(os, name) for name in chosen if hasattr(os, name)}
    exchanged = {function: Guarded(gate, function, chosen[name](function)) for name, function in functions.items()}
    exchanged[io.open] = Guarded(gate, io.open, plans.open(io.open))
    exchange(exchanged)


class Guarded:
    """A function as planned; in the observer's own code as it was.

    No function itself, for one in C does not become a method of a class that holds it, and one in Python does.
    """

    def __init__(self, gate: Gate, function: Any, plan: Plan) -> None:
        functools.update_wrapper(self, function)
        self.gate, self.function, self.plan = gate, function, plan

    def __call__(self, *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        if self.gate.busy.now:
            return self.function(*args, **options)
        return self.gate.quietly(self.plan, *args, **options)()

    def __repr__(self) -> str:
        return repr(self.function)

    def __reduce__(self) -> Any:
        """Pickled by its name, as functions are; another process has its own."""
        return eval, (f"__import__({self.function.__module__!r}).{self.function.__name__}",)


def exchange(exchanged: dict[Any, Any]) -> None:
    """Put each function in the other's place, also in modules that imported it by name."""
    for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        able.update([exchanged[one] for one in able if one in exchanged])
    kinds = {type(old) for old in exchanged}
    ours = __name__.rpartition(".")[0]
    for name, module in [("builtins", builtins), *sys.modules.items()]:
        held = getattr(module, "__dict__", None)
        if not isinstance(held, dict) or name.startswith(ours) or name in ("posix", "nt", "_io"):
            continue
        for key, value in list(held.items()):
            if type(value) in kinds and value in exchanged:
                held[key] = exchanged[value]
    # Until Python 3.10 pathlib's functions are in a class.
    accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
    for key, value in list(vars(accessor).items()) if accessor else ():
        if type(value) in kinds and value in exchanged:
            setattr(accessor, key, exchanged[value])


class Plans:
    """For each kind of function what it does instead: decided in the observer's own time, done in the program's."""

    def __init__(self, gate: Gate) -> None:
        self.overlay = gate.overlay

    def read(self, function: Any) -> Plan:
        return lambda path, *args, **options: functools.partial(
            function, moved(self.overlay.to_read, path, options), *args, **options
        )

    def truncate(self, function: Any) -> Plan:
        return lambda path, length: functools.partial(function, moved(self.overlay.to_change, path, {}), length)

    def chdir(self, function: Any) -> Plan:
        """Where both folders exist it stays the one that is asked for, so that relative paths find the other files."""
        return lambda path: functools.partial(
            function, path if type(path) is int or os.path.isdir(path) else self.overlay.to_read(path)
        )

    def mark(self, function: Any) -> Plan:
        """Rights and times: not of a file that the replay did not write."""

        def plan(path: Any, *args: Any, **options: Any) -> Act:
            target = self.target(path, options)
            if target is None:
                return functools.partial(function, path, *args, **options)
            if not os.path.lexists(target):
                return lambda: None
            options.pop("dir_fd", None)
            return functools.partial(function, target, *args, **options)

        return plan

    def open(self, function: Any) -> Plan:
        def plan(file: Any, mode: str = "r", *args: Any, **options: Any) -> Act:
            if type(file) is not int and isinstance(mode, str):
                is_read = not set(mode) & set("wax+")
                self.must_be_new(file, "x" in mode)
                path = self.overlay.enter(file, "a" in mode or "r" in mode, not is_read)
            else:
                path = file
            return functools.partial(function, path, mode, *args, **options)

        return plan

    def open_descriptor(self, function: Any) -> Plan:
        def plan(path: Any, flags: int, *args: Any, **options: Any) -> Act:
            writes = flags & ACCESS != os.O_RDONLY or bool(flags & (os.O_TRUNC | os.O_CREAT))
            whole = full(path, options.get("dir_fd"))
            self.must_be_new(whole, bool(flags & os.O_EXCL))
            if self.target(path, options) is not None:
                options.pop("dir_fd", None)
                path = self.overlay.enter(whole, not flags & os.O_TRUNC, writes)
            return functools.partial(function, path, flags, *args, **options)

        return plan

    def must_be_new(self, path: Any, is_asked: bool) -> None:
        if is_asked and self.overlay.target(path) is not None and os.path.lexists(self.overlay.to_read(path)):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)

    def mkdir(self, function: Any) -> Plan:
        def plan(path: Any, *args: Any, **options: Any) -> Act:
            if self.target(path, options) is None:
                return functools.partial(function, path, *args, **options)
            whole = full(path, options.pop("dir_fd", None))
            self.must_be_new(whole, True)
            return functools.partial(function, self.overlay.to_write(whole), *args, **options)

        return plan

    def remove(self, function: Any) -> Plan:
        """What the replay wrote is removed; what was there before is only hidden."""

        def plan(path: Any, **options: Any) -> Act:
            target = self.target(path, options)
            if target is None:
                return functools.partial(function, path, **options)
            whole = full(path, options.get("dir_fd"))
            is_gone = not os.path.lexists(self.overlay.to_read(whole))
            is_own = is_gone or os.path.lexists(target)
            return functools.partial(self.done, functools.partial(function, target) if is_own else None, whole)

        return plan

    def done(self, act: Act | None, hidden: Any) -> None:
        if act is not None:
            act()
        if hidden is not None:
            self.overlay.hide(hidden)

    def rename(self, function: Any) -> Plan:
        def plan(source: Any, target: Any, *, src_dir_fd: Any = None, dst_dir_fd: Any = None) -> Act:
            whole, new = full(source, src_dir_fd), full(target, dst_dir_fd)
            hidden = whole if self.overlay.target(whole) is not None else None
            old, to = self.overlay.to_change(whole), self.overlay.to_write(new)
            return functools.partial(self.done, functools.partial(function, old, to), hidden)

        return plan

    def link(self, function: Any) -> Plan:
        def plan(source: Any, target: Any, *args: Any, **options: Any) -> Act:
            if function.__name__ == "link":
                source = self.overlay.to_read(source)
            return functools.partial(function, source, moved(self.overlay.to_write, target, options), *args, **options)

        return plan

    def list(self, function: Any) -> Plan:
        """Both folders as one, without what is hidden."""

        def plan(path: Any = ".") -> Act:
            target = None if type(path) is int else self.overlay.target(path)
            if target is None:
                return functools.partial(function, path)
            new: Any = os.fsencode(target) if isinstance(path, bytes) else target
            is_there = os.path.isdir(path) and not self.overlay.is_hidden(path)
            if not is_there:
                return functools.partial(function, new)
            folders = [new, path] if os.path.isdir(new) else [path]
            return lambda: self.both(function, folders)

        return plan

    def both(self, function: Any, folders: Any) -> Any:
        """The replay's own folder first: it hides what it has anew."""
        entries: dict[Any, Any] = {}
        for folder in folders:
            for entry in function(folder):
                name = getattr(entry, "name", entry)
                is_hidden = folder is folders[-1] and self.overlay.is_hidden(os.path.join(folder, name))
                if name not in entries and not is_hidden:
                    entries[name] = entry
        return list(entries) if function.__name__ == "listdir" else Entries(iter(entries.values()))

    def target(self, path: Any, options: dict[str, Any]) -> str | None:
        return None if type(path) is int else self.overlay.target(full(path, options.get("dir_fd")))


class Entries:
    """What os.scandir gives: an iterator that can be closed."""

    def __init__(self, entries: Any) -> None:
        self.entries = entries

    def __iter__(self) -> Entries:
        return self

    def __next__(self) -> Any:
        return next(self.entries)

    def __enter__(self) -> Entries:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self.entries = iter(())


def moved(way: Callable[[Any], Any], path: Any, options: dict[str, Any]) -> Any:
    """The path by one of the overlay's ways; one relative to an open folder becomes absolute if it is redirected."""
    if type(path) is int:
        return path
    folder = options.get("dir_fd")
    given = path if folder is None else full(path, folder)
    new = way(given)
    if new is given:
        return path
    options.pop("dir_fd", None)
    return new
