"""What is searched — words, leaves, paths — made anew from what is true: the datasets and their documents."""

import json
from collections.abc import Iterator
from itertools import count

import duckdb

from lims.catalog import codec
from lims.catalog.effects import Insert
from lims.catalog.lake import rows_of
from lims.catalog.leaves import Place, Trees, Words, normalised_columns, texts_of
from lims.catalog.relations import LAKE
from lims.catalog.tables import BY_ROW
from lims.model import Dataset

BATCH = 5_000
REBUILT = ("path", "normalised")
SORTED = """
DROP TABLE IF EXISTS lake.leaf;
DROP TABLE IF EXISTS lake.word;
CREATE TABLE lake.leaf ("path" BIGINT, "doc" BIGINT, "text" VARCHAR, "number" DOUBLE);
CREATE TABLE lake.word ("word" VARCHAR, "doc" BIGINT);
ALTER TABLE lake.leaf SET SORTED BY ("path" ASC, "doc" ASC);
ALTER TABLE lake.word SET SORTED BY ("word" ASC, "doc" ASC);
"""
"""From a sorted table no row may be deleted (`migrations.py`), so these two are made anew."""


def rebuild(connection: duckdb.DuckDBPyConnection) -> int:
    """Within the open transaction of the lake. Returns how many datasets are found by it.

    Documents that a later reading has replaced go; those that are left keep their numbers.
    """
    connection.execute(SORTED)
    for name in REBUILT:
        connection.execute(f"DELETE FROM {LAKE[name]}")
    newest = f'SELECT "dataset", max("doc") AS "doc" FROM {LAKE["document"]} GROUP BY 1'
    indexed = f'SELECT "dataset", "tree" AS "doc" FROM {LAKE["indexed"]} WHERE "tree" IS NOT NULL'
    is_first = not rows_of(connection, f"SELECT 1 FROM {LAKE['indexed']} LIMIT 1")
    trees = {row["dataset"]: int(row["doc"]) for row in rows_of(connection, newest if is_first else indexed)}
    connection.execute(f"DELETE FROM {LAKE['indexed']}")
    connection.execute(
        f'DELETE FROM {LAKE["document"]} WHERE "doc" NOT IN (SELECT unnest(?::BIGINT[]))', [list(trees.values())]
    )
    _write_leaves(connection, sorted(trees.values()))
    numbers = count(max(trees.values(), default=0) + 1)
    found = 0
    for batch in _datasets(connection):
        words, docs = Words(), []
        for one in batch:
            docs.append(next(numbers))
            words.add(docs[-1], words.codes_of(texts_of(one)))
        _insert(connection, "word", words.columns)
        _insert(connection, "normalised", normalised_columns(batch))
        _insert(connection, "indexed", ([one.id for one in batch], docs, [trees.get(one.id) for one in batch]))
        found += len(batch)
    return found


def _write_leaves(connection: duckdb.DuckDBPyConnection, docs: list[int]) -> None:
    codes: dict[Place, int] = {}
    for start in range(0, len(docs), BATCH):
        part = docs[start : start + BATCH]
        sql = f'SELECT "doc", "metadata" FROM {LAKE["document"]} WHERE "doc" BETWEEN ? AND ? ORDER BY "doc"'
        trees = Trees()
        for row in rows_of(connection, sql, [part[0], part[-1]]):
            trees.add(row["doc"], codec.decode(json.loads(row["metadata"])))
        for place in trees.used:
            codes.setdefault(place, len(codes) + 1)
        _insert(connection, "leaf", trees.columns(codes))
        _insert(connection, "word", trees.words.columns)
    if codes:
        keys, units = zip(*codes, strict=True)
        _insert(connection, "path", (list(codes.values()), list(keys), list(units)))


def _datasets(connection: duckdb.DuckDBPyConnection) -> Iterator[list[Dataset]]:
    table = BY_ROW[Dataset]
    last = ""
    while rows := rows_of(
        connection, f'SELECT * FROM {LAKE["dataset"]} WHERE "id" > ? ORDER BY "id" LIMIT {BATCH}', [last]
    ):
        yield [table.load(row) for row in rows]
        last = rows[-1]["id"]


def _insert(connection: duckdb.DuckDBPyConnection, table: str, columns: object) -> None:
    insert = Insert(table, columns)  # type: ignore[arg-type]
    if len(insert):
        insert.apply(connection)
