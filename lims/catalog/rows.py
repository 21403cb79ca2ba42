"""Rows on their way into a statement: few as a list for each column, many as an Arrow table."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

MANY = 500
"""From here on Arrow is quicker, below it DuckDB takes longer to look at the table than to bind lists."""


@dataclass(frozen=True)
class Rows:
    """kinds: (name, SQL type) of each column. columns: their values. by: sorted by these two columns."""

    kinds: Sequence[tuple[str, str]]
    columns: Sequence[Sequence[Any]]
    by: tuple[str, str] | None = None

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    @contextmanager
    def query(self, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, list[Any]]]:
        """SQL that gives these rows, and its parameters."""
        if len(self) < MANY:
            unnested = ", ".join(f"unnest(?::{kind}[])" for _, kind in self.kinds)
            yield f"SELECT {unnested}", [[*values] for values in self.columns]
            return
        connection.register("many_rows", self._arrow)
        try:
            yield "FROM many_rows", []
        finally:
            connection.unregister("many_rows")

    @cached_property
    def _arrow(self) -> Any:
        from lims.catalog import arrow  # loading it takes a tenth of a second, and most who open a facility need none

        table = arrow.table_of(self.kinds, self.columns)
        return arrow.in_order(table, *self.by) if self.by else table


def listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def as_columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(len(rows[0]))] if rows else []
