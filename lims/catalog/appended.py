"""Tables that are only added to, read past DuckLake: it takes 20 ms to plan what Parquet answers in two.

Each is a view in memory: its Parquet files as the lake's last commit names them, and the rows that still lie in the
SQLite catalog, kept here in a table beside. No row of them is ever deleted or changed, so that is all there is to them.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from lims.catalog.effects import Effect, Insert
from lims.catalog.lake import INLINED_ROWS, META, quote, rows_of
from lims.catalog.relations import APPENDED, SHOWN
from lims.catalog.tables import columns_of

_TAIL: dict[str, str] = {name: f'memory.main."{name}_tail"' for name in APPENDED}
_INLINED = f"""SELECT i.table_name AS "name" FROM {META}.ducklake_inlined_data_tables i
  JOIN {META}.ducklake_table t USING (table_id) WHERE t.table_name = ? AND t.end_snapshot IS NULL"""


class Appended:
    """Of the committer alone, on the connection and in the transactions of the tables in memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._files: dict[str, list[str]] = {}

    def load(self, names: Iterable[str] = APPENDED) -> None:
        """As the lake is now."""
        for name in names:
            kinds = ", ".join(f'"{column}" {kind}' for column, kind in columns_of(name))
            self._connection.execute(f"CREATE OR REPLACE TABLE {_TAIL[name]} ({kinds})")
            for inlined in rows_of(self._connection, _INLINED, [name]):
                self._connection.execute(
                    f"""INSERT INTO {_TAIL[name]} BY NAME SELECT * EXCLUDE (row_id, begin_snapshot, end_snapshot)
                    FROM {META}."{inlined["name"]}" WHERE end_snapshot IS NULL"""
                )
            files = rows_of(self._connection, f"SELECT data_file FROM ducklake_list_files('lake', '{name}')")
            self._show(name, [row["data_file"] for row in files])

    def follow(self, effects: Iterable[Effect], files: Iterable[Path]) -> None:
        """A commit of the lake has done these effects, the large ones in these new files."""
        for effect in effects:
            if effect.table in APPENDED and isinstance(effect, Insert) and len(effect) <= INLINED_ROWS:
                effect.apply(self._connection, _TAIL)
        new: dict[str, list[str]] = {}
        for path in files:
            new.setdefault(path.parent.name, []).append(str(path))
        for name in APPENDED:
            if name in new:
                self._show(name, self._files[name] + new[name])

    def _show(self, name: str, files: list[str]) -> None:
        columns = ", ".join(f'"{column}"' for column, _ in columns_of(name))
        parquet = f"SELECT {columns} FROM read_parquet([{', '.join(map(quote, files))}])"
        both = f"{parquet} UNION ALL FROM {_TAIL[name]}" if files else f"FROM {_TAIL[name]}"
        self._connection.execute(f"CREATE OR REPLACE VIEW {SHOWN[name]} AS {both}")
        self._files[name] = files
