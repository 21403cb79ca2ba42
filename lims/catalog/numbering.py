"""Numbers for what is searched: of documents ("doc") and of paths in vendors' trees.

A document is what was written down of a dataset at one time: its names and values, or its vendor's tree. What is
written anew gets a new number, so the large tables `leaf`, `word` and `document` are only ever added to, and which of
their rows are of today stands in the small table `indexed`.
"""

from collections.abc import Mapping, Sequence

import duckdb

from lims.catalog.leaves import Place
from lims.catalog.relations import LAKE, MEMORY, SHOWN

_LAST = f"""SELECT max(n) AS n FROM (
  SELECT greatest(max("names"), max("tree")) AS n FROM {MEMORY["indexed"]}
  UNION ALL SELECT max("doc") FROM {SHOWN["document"]} UNION ALL SELECT max("doc") FROM {LAKE["word"]})"""
"""Of documents those that are read past the lake: a rebuild deletes some, and their files show them still."""


class Numbering:
    """Of the committer alone. A number that a failed change had is not given again; a path's code may be."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._next = 0
        self._codes: dict[Place, int] | None = None

    def begin(self) -> None:
        """After the tables in memory were read."""
        self._next = max(self._next, int(self._connection.execute(_LAST).fetchall()[0][0] or 0) + 1)
        self.forget()

    def forget(self) -> None:
        """Of new paths that were not committed."""
        self._codes = None

    def docs(self, count: int) -> range:
        first, self._next = self._next, self._next + count
        return range(first, self._next)

    def codes_of(self, places: Sequence[Place]) -> tuple[Mapping[Place, int], list[tuple[int, str, str]]]:
        """(the codes of these and of others; the rows of the table `path` that are new)"""
        if self._codes is None:
            rows = self._connection.execute(f'SELECT "code", "key", "unit" FROM {MEMORY["path"]}').fetchall()
            self._codes = {(key, unit): code for code, key, unit in rows}
        new = []
        for place in places:
            if place not in self._codes:
                self._codes[place] = len(self._codes) + 1
                new.append((self._codes[place], *place))
        return self._codes, new
