"""Every file that the program opens passes here: it is refused, or recorded; in a replay it may be another file.

Python's own ways in come from audit.py, after the fact of the path; libraries in C from wrappers, before it.
"""
# Path is too slow for what is done at each opened file
# ruff: noqa: PTH100

from __future__ import annotations

import errno
import os
import threading
from typing import Any, Callable  # noqa: UP035 — for old Pythons

from .overlay import Overlay
from .recorder import Recorder
from .scope import Scope

READ_ONLY = (
    "raw data are read-only here, so nothing may write, rename or remove this; "
    "save a result with lims.save(…) or in the run's working folder"
)


class Busy(threading.local):
    """now: whether this thread is in the observer's own code, whose files are nobody's business."""

    now = False


class Gate:
    """scope, recorder and overlay of one observed program."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.scope = Scope(config)
        self.recorder = Recorder(config)
        self.overlay = Overlay(config)
        self.busy = Busy()

    def enter(
        self, path: Any, *, reads: bool, writes: bool, by: str, maybe: bool = False, is_tree: bool = False
    ) -> Any:
        """The path to open instead of the one that was asked for, mostly the same. Raises PermissionError.

        For libraries that open files in C. What is no path is returned as it is.
        """
        if self.busy.now or not isinstance(path, (str, bytes, os.PathLike)):
            return path
        opened = self.quietly(self.overlay.enter, path, reads, writes)
        refusal = self.quietly(self.noted, opened, reads, writes, by, maybe, is_tree)
        if refusal is not None:
            raise refusal
        return opened

    def quietly(self, act: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Do something in the observer's own time: what is opened meanwhile is nobody's business."""
        if self.busy.now:
            return act(*args, **options)
        self.busy.now = True
        try:
            return act(*args, **options)
        finally:
            self.busy.now = False

    def noted(self, *what: Any) -> PermissionError | None:
        """As note, but whatever goes wrong here does not become the program's error."""
        try:
            return self.note(*what)
        except Exception:  # noqa: BLE001
            return None

    def note(
        self, path: Any, reads: bool, writes: bool, by: str, maybe: bool = False, is_tree: bool = False
    ) -> PermissionError | None:
        """Record that a file gets opened; the error to raise where it may not be."""
        place = self.scope.locate(path)
        if place is None:
            return None
        if writes and place.forbidden:
            return self.refusal(path)
        if not place.path:
            return None
        if is_tree:
            place = place._replace(is_tree=True)
        if reads:
            self.recorder.read(path, place, by)
        if writes:
            self.recorder.write(path, place, by, maybe)
        return None

    def refusal(self, path: Any) -> PermissionError:
        name = os.path.abspath(os.fsdecode(path))
        self.recorder.refuse(name)
        return PermissionError(errno.EACCES, READ_ONLY, name)
