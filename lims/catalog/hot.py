"""Tables in memory beside the lake, where they answer ten times sooner and where changes are made first.

The lake stays the truth: memory is read from it at the start. Of the cold tables memory holds only what the open
transaction has written and looks at.
"""

import logging
from collections.abc import Sequence
from typing import Any

import duckdb

from lims.catalog.appended import Appended
from lims.catalog.effects import Effect, rows_of_keys
from lims.catalog.lake import META, read_plainly, roll_back, rows_of
from lims.catalog.numbering import Numbering
from lims.catalog.reader import Parameters, Row
from lims.catalog.relations import COLD, IN_TRANSACTION, LAKE, MEMORY, NAMES
from lims.catalog.rows import MANY, listed
from lims.catalog.tables import columns_of

log = logging.getLogger(__name__)
_LOADED = {"request": """WHERE "at" > now() - INTERVAL 30 DAY"""}
"""A request comes again within minutes, when its answer was lost; nobody repeats one after a month."""
NEVER = "1TB"
"""DuckDB would compact the tables in memory during every few large changes; `compact` does it when nobody waits."""
BATCH = 61_440
"""So many rows of a large table are read at a time: half of those that DuckDB packs together."""
UNPACKED = 200 << 20
"""So many bytes are read before they are packed, by which they take a fifth of it."""
_SIZES = f"""SELECT t.table_name AS "name", s.record_count AS "rows" FROM {META}.ducklake_table t
  JOIN {META}.ducklake_table_stats s USING (table_id) WHERE t.end_snapshot IS NULL"""
INDEXED = {"dataset": "id", "step": "dataset", "indexed": "dataset", "session": "id", "record": "session",
           "relation": "id", "run": "id"}
"""By which column a few rows among millions are found at once, where a statement names them one by one."""
_CURRENT = f"SELECT max(snapshot_id) AS id FROM {META}.ducklake_snapshot"


class HotTables:
    """Written by the committer alone, through `connection`; readers see whole commits."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.numbering = Numbering(connection)
        self.appended = Appended(connection)
        self._waiting: dict[str, list[Effect]] = {}
        self._looked_at: set[str] = set()
        self._is_stale = False
        self._unpacked = 0
        self.shown = 0
        """The number of the lake's commit that readers see: never more than they do."""
        connection.execute(f"SET GLOBAL checkpoint_threshold = '{NEVER}'")
        self.load()

    def load(self) -> None:
        """Read all of it from the lake, at one snapshot: nobody else commits. Readers see it when it is whole."""
        with read_plainly(self.connection):
            sizes = {row["name"]: row["rows"] for row in rows_of(self.connection, _SIZES)}
            self._unpacked = 0
            for name in NAMES:
                self._read(name, sizes.get(name, 0))
            self.connection.begin()
            for name in NAMES:
                self.connection.execute(f"DROP TABLE IF EXISTS {MEMORY[name]}")
                self.connection.execute(f'ALTER TABLE {_new(name)} RENAME TO "{name}"')
            self.connection.execute(f"CREATE OR REPLACE TABLE memory.main.snapshot AS {_CURRENT}")
            self.appended.load()
            self.connection.commit()
        self.shown = int(self.connection.execute("SELECT id FROM memory.main.snapshot").fetchall()[0][0])
        self._index()
        self.numbering.begin()
        self._forget()
        self._is_stale = False

    def _read(self, name: str, size: int) -> None:
        rows = f"FROM {LAKE[name]} {_LOADED.get(name, '')}"
        kinds = ", ".join(f'"{column}" {kind}' for column, kind in columns_of(name))
        self.connection.execute(f"CREATE OR REPLACE TABLE {_new(name)} ({kinds})")
        if name in COLD or not size:
            return
        if size <= BATCH:
            self.connection.execute(f"INSERT INTO {_new(name)} BY NAME {rows}")
            return
        lake = self.connection.cursor()
        for batch in lake.execute(rows).to_arrow_reader(BATCH):
            self.connection.register("many_rows", batch)
            self.connection.execute(f"INSERT INTO {_new(name)} BY NAME FROM many_rows")
            self.connection.unregister("many_rows")
            self._unpacked += batch.nbytes
            if self._unpacked > UNPACKED:
                self.connection.execute("CHECKPOINT memory")
                self._unpacked = 0
        lake.close()

    def _index(self) -> None:
        for table, column in INDEXED.items():
            self.connection.execute(f'CREATE INDEX "of_{table}" ON {MEMORY[table]} ("{column}")')

    def begin(self) -> None:
        if self._is_stale:
            self.load()
        self.connection.begin()

    def do(self, effect: Effect) -> None:
        """Seen by this transaction at once, by readers after the commit."""
        if effect.table in COLD:
            self._waiting.setdefault(effect.table, []).append(effect)
        else:
            effect.apply(self.connection, MEMORY)

    def rows(self, sql: str, parameters: Parameters = None) -> list[Row]:
        """What the open transaction reads. What it wrote of a cold table comes to memory only if it looks at it."""
        for table in [table for table in self._waiting if MEMORY[table] in sql]:
            self._looked_at.add(table)
            for effect in self._waiting.pop(table):
                effect.apply(self.connection, MEMORY)
        return rows_of(self.connection, sql, parameters)

    def find(
        self, table: str, columns: Sequence[str], keys: Sequence[tuple[Any, ...]], *, read: Sequence[str]
    ) -> list[Row]:
        """The rows whose `columns` equal one of `keys`, as the open transaction sees them. read: what is wanted."""
        if not keys:
            return []
        if len(keys) >= MANY:  # most are new, and to look at one column is ten times quicker than to read all
            keys = [tuple(row.values()) for row in self._rows_of_keys(table, columns, keys, columns)]
        return self._rows_of_keys(table, columns, keys, read) if keys else []

    def _rows_of_keys(
        self, table: str, columns: Sequence[str], keys: Sequence[tuple[Any, ...]], read: Sequence[str]
    ) -> list[Row]:
        with rows_of_keys(table, columns, keys).query(self.connection) as (query, parameters):
            sql = f"SELECT {listed(read)} FROM {IN_TRANSACTION[table]} WHERE ({listed(columns)}) IN ({query})"
            return self.rows(sql, parameters)

    def commit(self, snapshot: int) -> None:
        """The lake has committed the same as its `snapshot`."""
        for name in self._looked_at:
            self.connection.execute(f"DELETE FROM {MEMORY[name]}")
        self.connection.execute("UPDATE memory.main.snapshot SET id = ?", [snapshot])
        self.connection.commit()
        self.shown = snapshot
        self._forget()

    def compact(self) -> None:
        """Give back the memory of rows that are gone, and pack the others. Readers read on meanwhile, writers wait.

        The first time that is 5 s for 100,000 datasets, later what was written since. Of a table with an index DuckDB
        would keep the rows that are gone.
        """
        for table in INDEXED:
            self.connection.execute(f'DROP INDEX IF EXISTS memory.main."of_{table}"')
        try:
            self.connection.execute("CHECKPOINT memory")
        finally:
            self._index()

    def distrust(self, error: Exception) -> None:
        """Memory could not follow the lake: it is read anew, now or, where that fails too, before the next change."""
        log.warning("The tables in memory could not follow the lake and are read anew: %s", error)
        self.rollback()
        self._is_stale = True
        try:
            self.load()
        except duckdb.Error as again:
            log.error("The tables in memory could not be read anew yet: %s", again)
            self.rollback()

    def rollback(self) -> None:
        roll_back(self.connection)
        self.numbering.forget()
        self._forget()

    def _forget(self) -> None:
        self._waiting.clear()
        self._looked_at.clear()


def _new(name: str) -> str:
    """A table while it is read."""
    return f'memory.main."new_{name}"'


def current_snapshot_of(lake: duckdb.DuckDBPyConnection) -> int:
    """The number of the lake's latest commit: that of the only process which commits."""
    return int(lake.execute(_CURRENT).fetchall()[0][0])
