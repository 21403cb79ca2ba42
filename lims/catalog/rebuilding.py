"""What is searched — words, leaves, paths — made anew from what is true: the datasets and their documents."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count

import duckdb

from lims.catalog import codec
from lims.catalog.effects import Insert
from lims.catalog.lake import rows_of
from lims.catalog.leaves import Place, Trees, Words, normalised_columns, texts_of
from lims.catalog.relations import LAKE
from lims.catalog.tables import BY_ROW
from lims.model import Dataset, Rebuilt

BATCH = 5_000
Tell = Callable[[int, int], None]
"""(done, of how many)"""
SORTED = """
DROP TABLE IF EXISTS lake.leaf;
DROP TABLE IF EXISTS lake.word;
DROP TABLE IF EXISTS lake.normalised;
CREATE TABLE lake.leaf ("path" BIGINT, "doc" BIGINT, "text" VARCHAR, "number" DOUBLE);
CREATE TABLE lake.word ("word" VARCHAR, "doc" BIGINT);
CREATE TABLE lake.normalised ("field" VARCHAR, "doc" BIGINT, "text" VARCHAR, "number" DOUBLE, "unit" VARCHAR);
ALTER TABLE lake.leaf SET SORTED BY ("path" ASC, "doc" ASC);
ALTER TABLE lake.word SET SORTED BY ("word" ASC, "doc" ASC);
ALTER TABLE lake.normalised SET SORTED BY ("field" ASC, "doc" ASC);
"""
"""From a sorted table no row may be deleted (`migrations.py`), so these are made anew."""


def rebuild(connection: duckdb.DuckDBPyConnection, tell: Tell = lambda done, total: None) -> Rebuilt:
    """Within the open transaction of the lake. tell: hears how far it is, and may raise to end it.

    Documents that a later reading has replaced go; those that are left keep their numbers.
    """
    began = time.monotonic()
    trees = _trees(connection)
    highest = int(rows_of(connection, f'SELECT max("doc") AS "doc" FROM {LAKE["document"]}')[0]["doc"] or 0)
    [count_of] = rows_of(connection, f'SELECT count(*) AS "n" FROM {LAKE["dataset"]}')
    tell(0, total := len(trees) + count_of["n"])
    connection.execute(SORTED)
    for name in ("path", "indexed"):
        connection.execute(f"DELETE FROM {LAKE[name]}")
    kept = [list(trees.values())]
    connection.execute(f'DELETE FROM {LAKE["document"]} WHERE "doc" NOT IN (SELECT unnest(?::BIGINT[]))', kept)
    leaves = words_of_all = done = 0
    for batch, (some_leaves, some_words) in _write_leaves(connection, sorted(trees.values())):
        leaves, words_of_all, done = leaves + some_leaves, words_of_all + some_words, done + batch
        tell(done, total)
    numbers = count(highest + 1)  # above those of documents that were just deleted, too: their files are still there
    found = 0
    for datasets in _datasets(connection):
        words, docs = Words(), []
        for one in datasets:
            docs.append(next(numbers))
            words.add(docs[-1], words.codes_of(texts_of(one)))
        _insert(connection, "word", words.columns)
        _insert(connection, "normalised", normalised_columns(docs, datasets))
        _insert(connection, "indexed", ([one.id for one in datasets], docs, [trees.get(one.id) for one in datasets]))
        found, words_of_all = found + len(datasets), words_of_all + len(words.docs)
        tell(done + found, total)
    return Rebuilt(found, words_of_all, leaves, round(time.monotonic() - began, 3))


TREES = f"""
SELECT x."id" AS "dataset", coalesce(k."doc", CASE WHEN x."status" = 'extracted' OR $is_first THEN n."doc" END) AS "doc"
FROM {LAKE["dataset"]} x
LEFT JOIN {LAKE["indexed"]} i ON i."dataset" = x."id"
LEFT JOIN {LAKE["document"]} k ON k."doc" = i."tree" AND k."dataset" = x."id"
LEFT JOIN (SELECT "dataset", max("doc") AS "doc" FROM {LAKE["document"]} GROUP BY 1) n ON n."dataset" = x."id"
"""
"""Which document is of today: the one that the index names, else the newest of a dataset that was read."""


def _trees(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    is_first = not rows_of(connection, f"SELECT 1 FROM {LAKE['indexed']} LIMIT 1")
    found = rows_of(connection, TREES, {"is_first": is_first})
    return {row["dataset"]: int(row["doc"]) for row in found if row["doc"] is not None}


def _write_leaves(connection: duckdb.DuckDBPyConnection, docs: list[int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Gives of each batch how many documents, leaves and words."""
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
        yield len(part), (len(trees.docs), len(trees.words.docs))
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
