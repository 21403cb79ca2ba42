"""What came from what, in memory: every relation as two numbers, so that a thousand steps take a millisecond.

It holds everybody's edges, with what is told of them and of the things at their ends: a table takes a quarter of a
millisecond for each id that it is asked for. A walk is told which files may be seen. Rejected relations are no edges.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lims.catalog.changes import Changes, Feed
from lims.catalog.following import Following
from lims.catalog.lake import quote
from lims.catalog.reaching import End
from lims.catalog.reader import ThreadReader
from lims.catalog.relations import PRESENT
from lims.catalog.search.shelf import Kind, Mask, Shelf
from lims.catalog.sequences import Lexicon

Codes = NDArray[np.int32]
Seen = Callable[[list[str]], Mask]
"""Which of these datasets may be seen."""

# is_bad, is_changed: somebody warns of the input, or it is another file today than the one that was read.
_EDGES = """SELECT r."id", r."output", r."input", s."thing" IS NOT NULL AS "is_bad",
    coalesce(r."input_sha256", '') <> '' AND coalesce(d."sha256", r."input_sha256") <> r."input_sha256" AS "is_changed",
    r."relation", r."params", r."source", r."run", u."user" AS "run_by", r."doubt", r."settled"
  FROM {relation} r LEFT JOIN {dataset} d ON d."id" = r."input" LEFT JOIN {run} u ON u."id" = r."run"
    LEFT JOIN (SELECT "thing" FROM {settlement} WHERE "about" = 'quality') s ON s."thing" = r."input"
  WHERE coalesce(r."settled", '') <> 'rejected'"""
_THINGS = """SELECT d."id", regexp_extract(d."key", '[^/]*$') AS "name", d."sha256", d."format", d."blank",
    d."preview_size", s."by" || ': ' || s."note" AS "bad"
  FROM {dataset} d LEFT JOIN {settlement} s ON s."thing" = d."id" AND s."about" = 'quality' """
_AT_AN_END = 'WHERE d."id" IN (SELECT "output" FROM {relation} UNION SELECT "input" FROM {relation}) ORDER BY d."id"'
MANY_NEW = 2_000
"""So many edges may have come before the sorted ones are sorted anew, and so many rows are read one by one."""
EDGES: dict[str, Kind] = {
    "output": "code", "input": "code", "is_changed": "flag", "is_bad": "flag", "relation": "code", "params": "text",
    "source": "code", "run": "code", "run_by": "code", "doubt": "code", "settled": "code",
}  # fmt: skip
THINGS: dict[str, Kind] = {
    "name": "text", "sha256": "text", "format": "code", "blank": "code", "preview_size": "code", "bad": "code",
}  # fmt: skip
NONE: Codes = np.zeros(0, np.int32)


class Sorted:
    """The edges by one of their ends: those at a node are neighbours."""

    def __init__(self, ends: Codes, nodes: int) -> None:
        self.size = len(ends)
        self._order = np.argsort(ends, kind="stable").astype(np.int32)
        self._starts = np.searchsorted(ends[self._order], np.arange(nodes + 1)).astype(np.int64)

    def at(self, nodes: Codes) -> Codes:
        """The edges at these nodes."""
        known = nodes[nodes < len(self._starts) - 1]
        first, last = self._starts[known], self._starts[known + 1]
        counts = last - first
        total = int(counts.sum())
        if not total:
            return NONE
        begins = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        found: Codes = self._order[begins + np.arange(total)]
        return found


class Graph(Following):
    """The edges of the latest commit."""

    def __init__(self, reader: ThreadReader, feed: Feed) -> None:
        super().__init__(reader, feed)
        self._stale: Mask | None = None

    # --- following the commits -----------------------------------------------------------------------------------

    def _load(self) -> None:
        self._names = Lexicon()
        self.edges = Shelf(dict(EDGES), self._names)
        self.edges.fill(self._rows(_EDGES, ' ORDER BY r."id"'))
        self.things = Shelf(dict(THINGS), self._names)
        self.things.fill(self._rows(_THINGS, _AT_AN_END))
        self._sort()

    def _take(self, changes: Changes) -> bool:
        """Relations that were touched, those from datasets that were, and the things at their ends."""
        touched = [one for one in changes.datasets | changes.marked if one in self._names]
        slots = self._edges_at([self._names[one] for one in touched], "input")
        ids = {*changes.relations, *(self.edges.id_of(int(slot)) for slot in slots)}
        if len(ids) + len(touched) > MANY_NEW:
            return False
        if ids:
            rows = self._rows(_EDGES, f' AND r."id" IN ({listed(ids)})')
            exchange(self.edges, ids, rows)
            touched += [*rows["output"].to_pylist(), *rows["input"].to_pylist()]
            self._stale = None
        if touched:
            exchange(self.things, touched, self._rows(_THINGS, f'WHERE d."id" IN ({listed(touched)})'))
        if self.edges.size - self._by["output"].size > MANY_NEW:
            self._sort()
        return True

    def _rows(self, sql: str, condition: str) -> pa.Table:
        found: pa.Table = self.reader.columns((sql + condition).format_map(PRESENT))
        return found

    def _sort(self) -> None:
        self._by = {end: Sorted(self.edges[end], len(self._names.texts)) for end in ("output", "input")}
        self._stale = None

    # --- walking -------------------------------------------------------------------------------------------------

    def _edges_at(self, nodes: Sequence[int] | Codes, end: End) -> Codes:
        """The slots of the edges that have one of these nodes at this end."""
        wanted = np.asarray(nodes, np.int32)
        if not len(wanted):
            return NONE
        by = self._by[end]
        found = by.at(wanted)
        if self.edges.size > by.size:  # what came since
            late = np.flatnonzero(np.isin(self.edges[end][by.size :], wanted)).astype(np.int32) + by.size
            found = np.concatenate([found, late])
        return found[self.edges["is_there"][found] & (self.edges[end][found] >= 0)]

    def names(self, nodes: Codes) -> list[str]:
        return self._names.texts_of(nodes)

    def walk(self, start: Sequence[str], end: End, seen: Seen) -> dict[str, int]:
        """{dataset: how many steps away}, nearest first, those of `start` at 0.

        end: "output" to go from outputs to inputs, "input" the other way. seen: asked once for each step.
        """
        found = dict.fromkeys(start, 0)
        frontier = np.array([self._names[one] for one in start if one in self._names], np.int32)
        other: End = "input" if end == "output" else "output"
        visited = np.zeros(len(self._names.texts), bool)
        visited[frontier] = True
        steps = 0
        while len(frontier):
            steps += 1
            next_ones = np.unique(self.edges[other][self._edges_at(frontier, end)])
            next_ones = next_ones[~visited[next_ones]]
            if not len(next_ones):
                break
            visited[next_ones] = True
            names = self.names(next_ones)
            mask = seen(names)
            frontier = next_ones[mask]
            found |= {name: steps for name, is_seen in zip(names, mask, strict=True) if is_seen}
        return found

    def holds(self, dataset: str) -> bool:
        """Whether it is there and at the end of an edge, or was once."""
        slot = self.things.slots_of([dataset])[0]
        return bool(slot and self.things["is_there"][slot])

    def between(self, datasets: Sequence[str], since: int = 0) -> Codes:
        """The edges that begin and end at one of these, and at one from `since` on; by their ids."""
        slots = self._among(datasets)
        if since:
            page = np.zeros(len(self._names.texts), bool)
            page[self._nodes(datasets[since:])] = True
            slots = slots[page[self.edges["output"][slots]] | page[self.edges["input"][slots]]]
        found: Codes = slots[np.argsort(self.edges.ranks(slots))]
        return found

    def ends(self, slots: Codes) -> tuple[list[str], list[str]]:
        """(inputs, outputs) of these edges."""
        return self.names(self.edges["input"][slots]), self.names(self.edges["output"][slots])

    def ends_among(self, datasets: Iterable[str], end: End) -> set[str]:
        """Those of these that are the input, or the output, of an edge between two of them."""
        return set(self.names(np.unique(self.edges[end][self._among(datasets)])))

    def _among(self, datasets: Iterable[str]) -> Codes:
        nodes = self._nodes(datasets)
        slots = self._edges_at(nodes, "output")
        among = np.zeros(len(self._names.texts), bool)
        among[nodes] = True
        found: Codes = slots[among[self.edges["input"][slots]]]
        return found

    def _nodes(self, datasets: Iterable[str]) -> Codes:
        codes = map(self._names.get, datasets)
        return np.array([code for code in codes if code is not None], np.int32)

    # --- what is no longer right ---------------------------------------------------------------------------------

    def stale(self, datasets: Sequence[str]) -> list[str]:
        """Those that were made, over any number of steps, of something that is another today or is marked bad."""
        stale = self._stale = self._all_stale() if self._stale is None else self._stale
        nodes = self._nodes(datasets)
        return self.names(nodes[stale[nodes]])

    def _all_stale(self) -> Mask:
        edges = self.edges
        found = np.zeros(len(self._names.texts), bool)
        frontier = np.unique(edges["output"][edges["is_there"] & (edges["is_changed"] | edges["is_bad"])])
        while len(frontier):
            found[frontier] = True
            reached = np.unique(edges["output"][self._edges_at(frontier, "input")])
            frontier = reached[~found[reached]]
        return found

    def reasons(self, datasets: Sequence[str]) -> list[tuple[str, str, bool]]:
        """(output, input, whether the input is marked bad, else it has changed) of edges that make these stale."""
        slots = self._edges_at(self._nodes(datasets), "output")
        edges: Any = self.edges
        told = slots[edges["is_changed"][slots] | edges["is_bad"][slots]]
        ends = zip(self.names(edges["output"][told]), self.names(edges["input"][told]), strict=True)
        return [(out, into, bool(edges["is_bad"][slot])) for (out, into), slot in zip(ends, told, strict=True)]


def listed(ids: Iterable[str]) -> str:
    return ", ".join(map(quote, sorted(set(ids))))


def exchange(shelf: Shelf, ids: Iterable[str], rows: pa.Table) -> None:
    """The rows that there are now of these ids, in place of those of before."""
    there = rows["id"].to_pylist()
    old = shelf.slots_of(sorted(set(ids) - set(there)))
    shelf.remove(old[old > 0])
    new = [one for one, slot in zip(there, shelf.slots_of(there), strict=True) if not slot]
    if new:
        shelf.add(new)
    shelf.put(shelf.slots_of(there), rows)
