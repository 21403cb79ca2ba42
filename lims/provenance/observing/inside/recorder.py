"""The journal that an observed program writes: a line for the first read and the first write of each file.

A line is one write to a file that is only appended to, so whatever was journalled survives a kill at any moment, and
a forked child writes to the same journal.
"""
# Path is too slow for what is done at each opened file
# ruff: noqa: PTH100, PTH112, PTH116, PTH123

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from typing import Any, Tuple  # noqa: UP035 — for old Pythons

from .scope import Place

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

AT_ONCE = 1 << 20
FIRST_DESCRIPTOR = 200
"""The journal's descriptor is none of the low numbers, which a program may expect to get."""

Signature = Tuple[int, int, int]  # noqa: UP006 — for old Pythons
"""Size, mtime_ns, inode."""


class Recorder:
    """journal, hash_inputs and known of the configuration, see observer.py."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.path = os.path.abspath(config["journal"])
        self.hashes = bool(config.get("hash_inputs", True))
        self.known: dict[str, Any] = config.get("known") or {}
        self.reads: dict[str, Signature] = {}
        self.writes: dict[str, bool] = {}
        self.told: set[str] = set()
        self.descriptor, self.identity = self.open()

    def open(self) -> tuple[int, tuple[int, int]]:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        if fcntl is not None:
            low = descriptor
            descriptor = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR)
            os.close(low)
        return descriptor, identity(os.fstat(descriptor))

    def read(self, opened: str, place: Place, by: str) -> None:
        """Journal what a file is before anything can change it; nothing for what this run wrote itself."""
        if place.path in self.writes:
            return
        if place.is_tree:
            if place.path not in self.reads and os.path.lexists(opened):
                self.reads[place.path] = (0, 0, 0)
                self.line("read", place, by, found(place.path))
            return
        now = found(opened)
        if now is None or self.reads.get(place.path) == now:
            return
        is_folder = os.path.isdir(opened)
        if is_folder and by == "open":
            return  # to list it
        self.reads[place.path] = now
        if is_folder:
            self.line("read", place._replace(is_tree=True), by, now)
        else:
            self.line("read", place, by, now, sha256=self.hash(opened, place, now))

    def write(self, opened: str, place: Place, by: str, maybe: bool = False) -> None:
        """Journal that a file is written. maybe: opened such that it can be written, like a database.

        The line holds what the file was before, or null where there was none.
        """
        was_maybe = self.writes.get(place.path)
        if was_maybe is False or (was_maybe and maybe):
            return
        self.writes[place.path] = maybe
        before = found(opened) if not place.is_tree else found(place.path) if has_files(place.path) else None
        self.line("write", place, by, before, maybe=maybe)

    def rename(self, source: str, target: str, to: Place) -> None:
        """Journal that a file or folder gets another name; source: as it is called in this journal."""
        self.writes.pop(source, None)
        self.writes[to.path] = False
        self.line("rename", to._replace(path=source), "rename", found(target), to=to.path, root=to.kind)

    def refuse(self, path: str) -> None:
        if ("refused " + path) not in self.told:
            self.told.add("refused " + path)
            self.line("refused", Place(path, "", False, "", True), "", None)

    def program(self, words: Any) -> None:
        told = " ".join(os.fsdecode(word) for word in words) if not isinstance(words, (str, bytes)) else words
        told = os.fsdecode(told)
        if ("program " + told) not in self.told:
            self.told.add("program " + told)
            self.append({"t": time.time(), "what": "program", "argv": told})

    def hash(self, opened: str, place: Place, now: Signature) -> str | None:
        if not self.hashes:
            return None
        known = self.known.get(place.path)
        if known and place.kind in ("store", "cache") and (known["size"], known["mtime_ns"]) == now[:2]:
            return str(known["sha256"])
        digest = hashlib.sha256()
        with open(opened, "rb", buffering=0) as file:
            for block in iter(lambda: file.read(AT_ONCE), b""):
                digest.update(block)
        return digest.hexdigest()

    def line(self, what: str, place: Place, by: str, now: Signature | None, **more: Any) -> None:
        size, mtime_ns, inode = now or (None, None, None)
        event = {"t": time.time(), "what": what, "path": place.path, "by": by, "root": place.kind}
        event.update(size=size, mtime_ns=mtime_ns, inode=inode, sha256=None, tree=place.is_tree)
        if place.asked:
            event["asked"] = place.asked
        event.update(more)
        self.append(event)

    def append(self, event: dict[str, Any]) -> None:
        data = (json.dumps(event) + "\n").encode("ascii")
        # A program may close all descriptors and open its own with this number: never write into those.
        try:
            is_ours = identity(os.fstat(self.descriptor)) == self.identity
        except OSError:
            is_ours = False
        if not is_ours:
            self.descriptor, self.identity = self.open()
        os.write(self.descriptor, data)


def identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def has_files(folder: str) -> bool:
    """Or it was only just made, for what is written now."""
    return any(files for _, _, files in os.walk(folder))


def found(path: str) -> Signature | None:
    """Size, time of the last change and inode of a regular file or a folder; None where there is neither."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
