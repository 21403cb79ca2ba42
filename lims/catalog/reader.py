"""Running SELECTs from any thread, each on a cursor of its own. (A change reads through `HotTables.rows`.)"""

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from contextvars import copy_context
from typing import Any, Literal, Protocol, TypeVar

import duckdb

from lims.catalog.lake import roll_back, rows_of
from lims.catalog.patience import Watch
from lims.errors import Unavailable

HELPERS = 4
T = TypeVar("T")
Row = dict[str, Any]
Parameters = Mapping[str, Any] | Sequence[Any] | None


def closed() -> Unavailable:
    return Unavailable("The catalog is closed.", hint="Start the service again.")


class Reader(Protocol):
    def rows(self, sql: str, parameters: Parameters = None) -> list[Row]: ...


class _Own(threading.local):
    """What each thread has of its own. moment: whether all that it reads is to be of one commit, and is by now.

    snapshot: the number of that commit, where it was asked.
    """

    cursor: duckdb.DuckDBPyConnection | None = None
    moment: Literal["none", "awaited", "begun"] = "none"
    snapshot: int | None = None


class ThreadReader:
    """One cursor per thread: DuckDB's connections are not for sharing, and readers do not wait for the writer."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, latest: Callable[[], int]) -> None:
        """latest: tells the number of the latest commit that readers see."""
        self._connection = connection
        self._latest = latest
        self._lock = threading.Lock()
        self._own = _Own()
        self._cursors: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()
        self._watch = Watch()
        self._helpers = ThreadPoolExecutor(HELPERS, thread_name_prefix="lims-asking")

    def rows(self, sql: str, parameters: Parameters = None) -> list[Row]:
        """Raises Unavailable once the catalog is closed, and what `Patience.check` does."""
        with self._asking() as cursor:
            return rows_of(cursor, sql, parameters)

    def columns(self, sql: str, parameters: Parameters = None) -> Any:
        """The answer as an Arrow table: for many rows. Raises what `rows` does."""
        with self._asking() as cursor:
            return (cursor.execute(sql, parameters) if parameters else cursor.execute(sql)).to_arrow_table()

    @contextmanager
    def _asking(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            self.begin()
            cursor = self._cursor()
            with self._watch.over(cursor):
                yield cursor
        except duckdb.ConnectionException as error:
            raise closed() from error

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """All that this thread asks of the tables meanwhile is of one commit: the latest when it first asks them.

        What is answered from arrays alone asks none. Not for reading what one writes. Raises RuntimeError when nested.
        """
        if self._own.moment != "none":
            raise RuntimeError("One moment within another: the outer one would not end.")
        self._own.moment = "awaited"
        try:
            yield
        finally:
            self._end()

    @contextmanager
    def in_a_moment(self) -> Iterator[int]:
        """That which this thread is in, or one of its own; tells the number of its commit."""
        with nullcontext() if self._own.moment != "none" else self.at_one_moment():
            self.begin()
            yield self.snapshot

    def fresh(self, ask: Callable[[], T]) -> T:
        """The answer of the latest commit, whichever moment this thread is in: on a cursor beside its own.

        Not by a helper, which may wait for a lock that this thread holds.
        """
        own = self._own
        if own.moment == "none":
            return ask()
        before = own.cursor, own.moment, own.snapshot
        own.cursor, own.moment, own.snapshot = None, "none", None
        try:
            return ask()
        finally:
            beside = own.cursor
            own.cursor, own.moment, own.snapshot = before
            if beside is not None:
                beside.close()

    def begin(self) -> None:
        """The moment is that of the next statement, where one is awaited."""
        if self._own.moment != "awaited":
            return
        self._own.moment, self._own.snapshot = "begun", None
        try:
            self._cursor().begin()
        except duckdb.ConnectionException as error:
            raise closed() from error

    def _end(self) -> None:
        has_begun, self._own.moment = self._own.moment == "begun", "none"
        if has_begun and self._own.cursor is not None:
            roll_back(self._own.cursor)

    @property
    def snapshot(self) -> int:
        """The number of the commit that this thread reads: its moment's, else the latest."""
        if self._own.moment != "begun":
            return self._latest()
        if self._own.snapshot is None:
            self._own.snapshot = int(self.rows("SELECT id FROM memory.main.snapshot")[0]["id"])
        return self._own.snapshot

    def together(self, questions: Sequence[Callable[[], T]]) -> list[T]:
        """The answers, asked at the same time: one statement seldom keeps two processors busy.

        One after the other where all must be of one moment. Raises what the first that fails has raised.
        """
        if len(questions) < 2 or self._own.moment != "none":
            return [ask() for ask in questions]
        try:
            others = [self._helpers.submit(copy_context().run, ask) for ask in questions[1:]]
        except RuntimeError as error:  # none are taken after the end
            raise closed() from error
        try:
            return [questions[0](), *(other.result() for other in others)]
        except CancelledError as error:
            raise closed() from error
        finally:
            for other in others:  # `wait` would wait for ever for one that is taken back at the end
                with suppress(CancelledError):
                    other.exception()

    def close(self) -> None:
        """Close every thread's cursor: as long as one is open, so is the catalog's file."""
        self._helpers.shutdown(wait=False, cancel_futures=True)
        for cursor in list(self._cursors):
            cursor.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if self._own.cursor is None:
            with self._lock:
                cursor = self._connection.cursor()
                self._cursors.add(cursor)
                # Else files, and what lies in memory beside them, are read one after the other.
                cursor.execute("SET SESSION preserve_insertion_order = false")
                self._own.cursor = cursor
        return self._own.cursor
