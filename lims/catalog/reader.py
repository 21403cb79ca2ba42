"""Running SELECTs from any thread, each on a cursor of its own. (A change reads through `HotTables.rows`.)"""

import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import duckdb

from lims.catalog.lake import roll_back, rows_of
from lims.catalog.patience import Watch
from lims.errors import Unavailable

Row = dict[str, Any]
Parameters = Mapping[str, Any] | Sequence[Any] | None


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
            raise Unavailable("The catalog is closed.", hint="Start the service again.") from error

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """All that this thread reads meanwhile is of one commit. Not to be nested, nor for reading what one writes."""
        cursor = self._cursor()
        try:
            cursor.begin()
        except duckdb.ConnectionException as error:
            raise Unavailable("The catalog is closed.", hint="Start the service again.") from error
        try:
            yield
        finally:
            roll_back(cursor)

    def close(self) -> None:
        """Close every thread's cursor: as long as one is open, so is the catalog's file."""
        for cursor in list(self._cursors):
            cursor.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if not hasattr(self._local, "cursor"):
            with self._lock:
                self._local.cursor = self._connection.cursor()
                self._cursors.add(self._local.cursor)
        cursor: duckdb.DuckDBPyConnection = self._local.cursor
        return cursor
