"""Running SELECTs from any thread, each on a cursor of its own. (A change reads through `HotTables.rows`.)"""

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, Protocol, TypeVar

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


class ThreadReader:
    """One cursor per thread: DuckDB's connections are not for sharing, and readers do not wait for the writer."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._local = threading.local()
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
            cursor = self._cursor()
            with self._watch.over(cursor):
                yield cursor
        except duckdb.ConnectionException as error:
            raise closed() from error

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """All that this thread reads meanwhile is of one commit. Not to be nested, nor for reading what one writes."""
        cursor = self._cursor()
        try:
            cursor.begin()
        except duckdb.ConnectionException as error:
            raise closed() from error
        self._local.is_at_one_moment = True
        try:
            yield
        finally:
            self._local.is_at_one_moment = False
            roll_back(cursor)

    def together(self, questions: Sequence[Callable[[], T]]) -> list[T]:
        """The answers, asked at the same time: one statement seldom keeps two processors busy.

        One after the other where all must be of one moment. Raises what the first that fails has raised.
        """
        if len(questions) < 2 or getattr(self._local, "is_at_one_moment", False):
            return [ask() for ask in questions]
        try:
            others = [self._helpers.submit(copy_context().run, ask) for ask in questions[1:]]
        except RuntimeError as error:  # none are taken after the end
            raise closed() from error
        try:
            return [questions[0](), *(other.result() for other in others)]
        finally:
            wait(others)

    def close(self) -> None:
        """Close every thread's cursor: as long as one is open, so is the catalog's file."""
        self._helpers.shutdown(wait=False, cancel_futures=True)
        for cursor in list(self._cursors):
            cursor.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if not hasattr(self._local, "cursor"):
            with self._lock:
                self._local.cursor = self._connection.cursor()
                self._cursors.add(self._local.cursor)
        cursor: duckdb.DuckDBPyConnection = self._local.cursor
        return cursor
