"""What a change does to the tables, as data: done in memory at once and in the lake at the commit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from lims.catalog.relations import LAKE
from lims.catalog.tables import columns_of


@dataclass(frozen=True)
class Delete:
    """Delete every row whose `columns` equal one of `keys`."""

    table: str
    columns: tuple[str, ...]
    keys: Sequence[tuple[Any, ...]]

    def apply(self, connection: duckdb.DuckDBPyConnection, names: Mapping[str, str] = LAKE) -> None:
        if self.keys:
            condition = among(self.table, self.columns)
            connection.execute(f"DELETE FROM {names[self.table]} WHERE {condition}", as_lists(self.keys))


@dataclass(frozen=True)
class Insert:
    table: str
    rows: Sequence[tuple[Any, ...]]

    def apply(self, connection: duckdb.DuckDBPyConnection, names: Mapping[str, str] = LAKE) -> None:
        if self.rows:
            columns = columns_of(self.table)
            listed = ", ".join(f'"{name}"' for name, _ in columns)
            values = ", ".join(f"unnest(?::{kind}[])" for _, kind in columns)
            connection.execute(f"INSERT INTO {names[self.table]} ({listed}) SELECT {values}", as_lists(self.rows))


Effect = Delete | Insert
"""names: what the tables are called, in the lake or in memory."""


def merged(effects: Iterable[Effect]) -> list[Effect]:
    """The same in fewer statements: each table in its own order, neighbours of one kind as one."""
    by_table: dict[str, list[Effect]] = {}
    for effect in effects:
        there = by_table.setdefault(effect.table, [])
        match (there[-1] if there else None), effect:
            case Insert(table, rows), Insert(_, more):
                there[-1] = Insert(table, [*rows, *more])
            case Delete(table, columns, keys), Delete(_, others, more) if columns == others:
                there[-1] = Delete(table, columns, [*keys, *more])
            case _:
                there.append(effect)
    return [effect for there in by_table.values() for effect in there]


def among(table: str, columns: Sequence[str]) -> str:
    """A condition with one list parameter per column: the row's values are those at one position of the lists."""
    types = dict(columns_of(table))
    names = ", ".join(f'"{name}"' for name in columns)
    return f"({names}) IN (SELECT {', '.join(f'unnest(?::{types[name]}[])' for name in columns)})"


def as_lists(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
