"""Ending what is under way between two files: one harvest, by who asked for it, or all of them, by the staff."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK_S = 0.1


class Halted(Exception):
    """Raised inside of a long step that shall end; what it has done so far is worth nothing."""


class Halt:
    """Asked between two files. It is set for good, by a cancel or because the facility closes.

    by, ticket: who asked for the harvest, and what they call it.
    """

    def __init__(self, is_closing: Callable[[], bool], by: str = "", ticket: str = "") -> None:
        self.by = by
        self.ticket = ticket
        self._is_closing = is_closing
        self._cancelled = threading.Event()

    @property
    def was_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()

    def is_set(self) -> bool:
        return self._cancelled.is_set() or self._is_closing()

    def wait(self, most_s: float) -> bool:
        """Until it is set, but no longer; answers with whether it is."""
        end = time.monotonic() + most_s
        while not self.is_set() and (left := end - time.monotonic()) > 0:
            self._cancelled.wait(min(LOOK_S, left))
        return self.is_set()


class Halts:
    """Those of all harvests under way, those that wait for their turn among them."""

    def __init__(self, is_closing: Callable[[], bool]) -> None:
        self._is_closing = is_closing
        self._lock = threading.Lock()
        self._open: list[Halt] = []

    @contextmanager
    def opened(self, by: str = "", ticket: str = "") -> Iterator[Halt]:
        halt = Halt(self._is_closing, by, ticket)
        with self._lock:
            self._open.append(halt)
        try:
            yield halt
        finally:
            with self._lock:
                self._open.remove(halt)

    def cancel(self, by: str | None = None, ticket: str | None = None) -> int:
        """How many were cancelled just now. by: only this person's; ticket: only the one they call so."""
        with self._lock:
            meant = [
                one
                for one in self._open
                if by in (None, one.by) and ticket in (None, one.ticket) and not one.was_cancelled
            ]
        for one in meant:
            one.cancel()
        return len(meant)
