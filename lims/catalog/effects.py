"""What a change does to the tables, as data: done in memory at once and in the lake at the commit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

from lims.catalog.relations import LAKE
from lims.catalog.rows import Rows, as_columns, listed
from lims.catalog.tables import columns_of

SORTED_BY = {"leaf": ("path", "doc"), "word": ("word", "doc"), "normalised": ("field", "doc")}
"""How the lake keeps its tables of many rows a dataset. Only such as no row is ever deleted from (`migrations.py`)."""


@dataclass(frozen=True)
class Delete:
    """Delete every row whose `columns` equal one of `keys`."""

    table: str
    columns: tuple[str, ...]
    keys: Sequence[tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.keys)

    def apply(self, connection: duckdb.DuckDBPyConnection, names: Mapping[str, str] = LAKE) -> None:
        with rows_of_keys(self.table, self.columns, self.keys).query(connection) as (query, parameters):
            sql = f"DELETE FROM {names[self.table]} WHERE ({listed(self.columns)}) IN ({query})"
            connection.execute(sql, parameters)


@dataclass(frozen=True)
class Insert:
    """columns: one list a column of the table, in the table's order."""

    table: str
    columns: Sequence[Sequence[Any]]

    @classmethod
    def of_rows(cls, table: str, rows: Sequence[Sequence[Any]]) -> "Insert":
        return cls(table, as_columns(rows))

    @cached_property
    def rows(self) -> Rows:
        return Rows(columns_of(self.table), self.columns, by=SORTED_BY.get(self.table))

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def apply(self, connection: duckdb.DuckDBPyConnection, names: Mapping[str, str] = LAKE) -> None:
        with self.rows.query(connection) as (query, parameters):
            into = listed(name for name, _ in self.rows.kinds)
            connection.execute(f"INSERT INTO {names[self.table]} ({into}) {query}", parameters)


Effect = Delete | Insert
"""names: what the tables are called, in the lake or in memory."""


def rows_of_keys(table: str, columns: Sequence[str], keys: Sequence[Sequence[Any]]) -> Rows:
    types = dict(columns_of(table))
    return Rows([(name, types[name]) for name in columns], as_columns(keys))


def merged(effects: Iterable[Effect]) -> list[Effect]:
    """The same in fewer statements: each table in its own order, neighbours of one kind as one."""
    by_table: dict[str, list[Effect]] = {}
    for effect in effects:
        there = by_table.setdefault(effect.table, [])
        match (there[-1] if there else None), effect:
            case Insert(table, columns), Insert(_, others):
                there[-1] = Insert(table, [[*a, *b] for a, b in zip(columns, others, strict=True)])
            case Delete(table, columns, keys), Delete(_, others, more) if columns == others:
                there[-1] = Delete(table, columns, [*keys, *more])
            case _:
                there.append(effect)
    return [effect for there in by_table.values() for effect in there]
