"""How long one question may take, and whether its asker still waits: what takes longer is ended, in DuckDB's midst."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace

import duckdb

from lims.errors import Invalid, Unavailable

TICK_S = 0.05


@dataclass(frozen=True)
class Patience:
    """until: by time.monotonic(). time_s: the limit, for people to read."""

    until: float
    time_s: float
    is_gone: Callable[[], bool]

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.until or self.is_gone()

    def check(self) -> None:
        """Raises Invalid for what took too long, Unavailable where nobody waits any more."""
        if time.monotonic() > self.until:
            raise Invalid(
                f"The question took longer than {self.time_s:g} s and was ended.",
                hint="Narrow it: name a field instead of *, longer words, a time, or an instrument.",
            )
        if self.is_gone():
            raise Unavailable("Nobody waited for the answer any more.")


NOW: ContextVar[Patience | None] = ContextVar("patience", default=None)


@contextmanager
def patient(time_s: float, is_gone: Callable[[], bool]) -> Iterator[None]:
    """What this thread asks the catalog meanwhile is one question."""
    was = NOW.set(Patience(time.monotonic() + time_s, time_s, is_gone))
    try:
        yield
    finally:
        NOW.reset(was)


@contextmanager
def unhurried(*, for_all: bool) -> Iterator[None]:
    """What is done meanwhile does not count for how long the question takes.

    for_all: it serves all questions to come, and goes on where nobody waits for this one any more.
    """
    was, began = NOW.get(), time.monotonic()
    NOW.set(None if for_all or was is None else replace(was, until=math.inf))
    try:
        yield
    finally:
        NOW.set(was and replace(was, until=was.until + time.monotonic() - began))


class Watch:
    """Looks at the statements that run, and interrupts those for which patience is over."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: dict[duckdb.DuckDBPyConnection, Patience] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """One statement. Raises what `Patience.check` does, and Invalid or Unavailable where memory is short."""
        patience = NOW.get()
        try:
            with nullcontext() if patience is None else self._watching(cursor, patience):
                yield
        except duckdb.OutOfMemoryException as error:
            if patience is None:
                raise Unavailable("There is not enough memory.", hint="End other programs, or add some.") from error
            what = "The question needs more memory than there is."
            raise Invalid(what, hint="Narrow it, or ask in parts.") from error

    @contextmanager
    def _watching(self, cursor: duckdb.DuckDBPyConnection, patience: Patience) -> Iterator[None]:
        patience.check()
        with self._changed:
            self._running[cursor] = patience
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="lims-patience", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            yield
        except duckdb.InterruptException:
            patience.check()
            raise
        finally:
            with self._changed:
                del self._running[cursor]

    def _look(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._running))
                for cursor, patience in self._running.items():
                    if patience.is_over:
                        cursor.interrupt()
            time.sleep(TICK_S)
