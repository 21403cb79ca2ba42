"""Whether what is searched says what is true: compared with every dataset and its document, some of them at a time.

Rows are compared by their number and the XOR of their hashes, document by document; only where these differ are the
rows themselves looked at. Everything is read in one transaction, so changes may come meanwhile.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb

from lims.catalog import codec
from lims.catalog.lake import roll_back, rows_of
from lims.catalog.leaves import Place, Trees, Words, normalised_columns, texts_of
from lims.catalog.rebuilding import Tell
from lims.catalog.relations import LAKE, MEMORY, SHOWN
from lims.catalog.rows import Rows, listed
from lims.catalog.tables import BY_ROW, columns_of
from lims.model import Dataset, Difference, IndexCheck

AT_ONCE = 5_000
"""Documents."""
NAMED = 20
"""Of each part so many differences are told, the others counted."""
EXAMPLES = 3

_INDEXED = f"""
SELECT x."id" AS "dataset", 'is not in the index' AS "text" FROM {MEMORY["dataset"]} x
  ANTI JOIN {MEMORY["indexed"]} i ON i."dataset" = x."id" AND i."names" IS NOT NULL
UNION ALL SELECT i."dataset", 'is in the index and not there' FROM {MEMORY["indexed"]} i
  ANTI JOIN {MEMORY["dataset"]} x ON i."dataset" = x."id"
UNION ALL SELECT i."dataset", 'is in the index more than once' FROM {MEMORY["indexed"]} i
  GROUP BY 1 HAVING count(*) > 1
UNION ALL SELECT i."dataset", 'is found by a document that is not its own' FROM {MEMORY["indexed"]} i
  ANTI JOIN {SHOWN["document"]} t ON t."doc" = i."tree" AND t."dataset" = i."dataset" WHERE i."tree" IS NOT NULL
UNION ALL SELECT DISTINCT i."dataset", 'is not found by what was read of it' FROM {MEMORY["indexed"]} i
  JOIN {MEMORY["dataset"]} x ON x."id" = i."dataset" AND x."status" = 'extracted'
  SEMI JOIN {SHOWN["document"]} t ON t."dataset" = i."dataset" WHERE i."tree" IS NULL
UNION ALL SELECT min("dataset"), 'shares a number with another' FROM (
  SELECT "dataset", "names" AS "doc" FROM {MEMORY["indexed"]}
  UNION ALL SELECT "dataset", "tree" FROM {MEMORY["indexed"]} WHERE "tree" IS NOT NULL)
  GROUP BY "doc" HAVING count(*) > 1
"""
_PATHS = f"""SELECT '' AS "dataset", 'the path ' || min("key") || ' has ' || count(*) || ' rows' AS "text"
FROM {MEMORY["path"]} GROUP BY "code" HAVING count(*) > 1
UNION ALL SELECT '', 'the path ' || "key" || ' has ' || count(*) || ' codes' FROM {MEMORY["path"]}
GROUP BY "key", "unit" HAVING count(*) > 1"""
_NAMES = f"""SELECT i."names" AS "doc", d.* FROM {MEMORY["dataset"]} d
JOIN {MEMORY["indexed"]} i ON i."dataset" = d."id" WHERE i."names" BETWEEN $low AND $high"""
_TREES = f"""SELECT t."doc", t."metadata" FROM {SHOWN["document"]} t
JOIN {MEMORY["indexed"]} i ON i."tree" = t."doc" AND i."dataset" = t."dataset" WHERE t."doc" BETWEEN $low AND $high"""
_DATASET_OF = f"""SELECT "dataset" FROM {MEMORY["indexed"]} WHERE "names" = ? OR "tree" = ?"""
_OWN = 'FROM {} WHERE "doc" BETWEEN {} AND {} AND "doc" IN (FROM own)'
_PART = {"word": "words", "leaf": "leaves", "normalised": "normalised"}


class Findings:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.datasets: set[str] = set()
        self.first: list[Difference] = []

    def note(self, part: str, dataset: str, text: str) -> None:
        self.counts[part] += 1
        self.datasets.add(dataset)
        if self.counts[part] <= NAMED:
            self.first.append(Difference(dataset, part, text))


class Verifying:
    """One look through the tables. connection: of its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, findings: Findings, tell: Tell) -> None:
        self._connection = connection
        self._findings = findings
        self._tell = tell
        self.datasets = self.documents = self.words = self.leaves = self.snapshot = 0

    def run(self) -> None:
        self._connection.begin()
        try:
            self.snapshot = int(self._rows("SELECT id FROM memory.main.snapshot")[0]["id"])
            for part, sql in (("indexed", _INDEXED), ("paths", _PATHS)):
                for row in self._rows(sql):
                    self._findings.note(part, row["dataset"], row["text"])
            self._compare_memory()
            self._compare_rows()
        finally:
            roll_back(self._connection)

    def _rows(self, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
        return rows_of(self._connection, sql, parameters)

    def _compare_memory(self) -> None:
        """The tables in memory, and what is read past the lake, against the lake."""
        for name in ("dataset", "indexed", "path", *_PART):
            columns = listed(column for column, _ in columns_of(name))
            digest = "count(*)" if name in _PART else f"(count(*), bit_xor(hash({columns})))"
            here = SHOWN[name] if name in _PART else MEMORY[name]
            there = f"{LAKE[name]} AT (VERSION => {self.snapshot})"
            digests = [self._rows(f'SELECT {digest} AS "d" FROM {source}')[0]["d"] for source in (here, there)]
            if digests[0] != digests[1]:
                self._findings.note("memory", "", f"the table {name} in memory is not what the catalog holds")

    def _compare_rows(self) -> None:
        codes = {(row["key"], row["unit"]): row["code"] for row in self._rows(f"FROM {MEMORY['path']}")}
        highest = f'SELECT greatest(max("names"), max("tree")) AS "n" FROM {MEMORY["indexed"]}'
        last = int(self._rows(highest)[0]["n"] or 0)
        for low in range(1, last + 1, AT_ONCE):
            self._compare_batch(codes, low, low + AT_ONCE - 1)
            self._tell(min(low + AT_ONCE - 1, last), last)

    def _compare_batch(self, codes: dict[Place, int], low: int, high: int) -> None:
        words = Words()
        trees = Trees(words)
        named = {row["doc"]: BY_ROW[Dataset].load(row) for row in self._rows(_NAMES, {"low": low, "high": high})}
        for doc, one in named.items():
            words.add(doc, words.codes_of(texts_of(one)))
        read = self._rows(_TREES, {"low": low, "high": high})
        for row in read:
            trees.add(row["doc"], codec.decode(json.loads(row["metadata"])))
        self.datasets += len(named)
        self.documents += len(read)
        self.words += len(words.docs)
        self.leaves += len(trees.docs)
        docs = [*named, *(row["doc"] for row in read)]
        with Rows([("doc", "BIGINT")], [docs]).query(self._connection) as (own, parameters):
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE own AS {own}", parameters)
        self._compare("word", words.columns, low, high)
        self._compare("leaf", trees.columns(codes), low, high)
        self._compare("normalised", normalised_columns([*named], named.values()), low, high)

    def _compare(self, table: str, columns: Sequence[Sequence[Any]], low: int, high: int) -> None:
        """columns: of the rows that should be there."""
        names = [name for name, _ in columns_of(table)]
        with Rows(columns_of(table), columns).query(self._connection) as (query, parameters):
            expected = f"CREATE OR REPLACE TEMP TABLE expected AS SELECT * FROM ({query}) t({listed(names)})"
            self._connection.execute(expected, parameters)
        there = _OWN.format(SHOWN[table], low, high)
        digest = f'SELECT "doc", count(*) AS n, bit_xor(hash({listed(names)})) AS h'
        sql = f"""SELECT "doc" FROM ({digest} FROM expected GROUP BY 1) e
            FULL JOIN ({digest} {there} GROUP BY 1) a USING ("doc")
            WHERE e.n IS DISTINCT FROM a.n OR e.h IS DISTINCT FROM a.h ORDER BY 1"""
        for row in self._rows(sql):
            is_named = self._findings.counts[_PART[table]] < NAMED
            told = self._told(table, there, row["doc"]) if is_named else ""
            self._findings.note(_PART[table], self._dataset_of(row["doc"]), told)

    def _dataset_of(self, doc: int) -> str:
        found = self._rows(_DATASET_OF, [doc, doc])
        return str(found[0]["dataset"]) if found else ""

    def _told(self, table: str, there: str, doc: int) -> str:
        """What is missing of the rows of one document, and what is too many."""
        shown = listed(name for name, _ in columns_of(table) if name != "doc")
        sides = f'SELECT {shown} FROM expected WHERE "doc" = $doc', f'SELECT {shown} {there} AND "doc" = $doc'
        said = []
        for words, (one, other) in (("missing", sides), ("too many", sides[::-1])):
            rows = self._rows(f"({one}) EXCEPT ALL ({other})", {"doc": doc})
            if rows:
                said.append(f"{len(rows):,} {words} ({', '.join(self._examples(table, rows))})")
        return ", ".join(said)

    def _examples(self, table: str, rows: list[dict[str, Any]]) -> Iterator[str]:
        for row in rows[:EXAMPLES]:
            if table == "leaf":
                path = self._rows(f'SELECT "key" FROM {MEMORY["path"]} WHERE "code" = ?', [row["path"]])
                value = row["number"] if row["text"] is None else row["text"]
                yield f"{path[0]['key'] if path else 'a path that is not known'}: {value}"
            else:
                yield ": ".join(str(value) for value in row.values() if value not in (None, ""))
        if len(rows) > EXAMPLES:
            yield "…"


def verify(
    connection: duckdb.DuckDBPyConnection, compare_arrays: Iterable[tuple[str, str]], tell: Tell
) -> IndexCheck:
    """compare_arrays: gives (dataset or session, what differs) of what is in memory as arrays."""
    began, findings = time.monotonic(), Findings()
    look = Verifying(connection, findings, tell)
    look.run()
    for thing, text in compare_arrays:
        findings.note("arrays", thing, text)
    return IndexCheck(
        look.snapshot,
        look.datasets,
        look.documents,
        look.words,
        look.leaves,
        round(time.monotonic() - began, 3),
        len(findings.datasets - {""}),
        dict(findings.counts),
        tuple(findings.first),
    )
