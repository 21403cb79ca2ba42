"""What came from what: the graph of relations around one thing, as far as the principal may see it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from itertools import compress
from typing import Any

import numpy as np

from lims.catalog import codec
from lims.catalog.asking import Asking
from lims.catalog.graph import THINGS, Codes, Graph, Seen
from lims.catalog.lake import quote
from lims.catalog.reaching import End, between, reached
from lims.catalog.search.lens import lens_of
from lims.catalog.search.shelf import Mask
from lims.catalog.tables import BY_ROW, table_of
from lims.catalog.visibility import sees_run_of
from lims.catalog.where import ANY_OF
from lims.errors import Invalid
from lims.model import Dataset, Lineage, LineageEdge, LineageNode, Relation, Rows
from lims.model.provenance import Direction
from lims.model.rows import in_columns

DATASETS_OF = {
    "dataset": 'SELECT "id" FROM dataset WHERE "id" = $id',
    "session": 'SELECT "id" FROM dataset WHERE "session" = $id ORDER BY 1',
    "record": 'SELECT "id" FROM dataset WHERE "session" = (SELECT "session" FROM record WHERE "id" = $id) ORDER BY 1',
    "activity": 'SELECT unnest("datasets") AS "id" FROM activity WHERE "id" = $id ORDER BY 1',
    "run": 'SELECT unnest(list_concat("inputs", "outputs")) AS "id" FROM run WHERE "id" = $id ORDER BY 1',
}
ENDS: dict[Direction, tuple[End, ...]] = {
    "ancestors": ("output",),
    "descendants": ("input",),
    "both": ("output", "input"),
}
MOST_NODES = 1000
NODE = """SELECT d."id", d."key", d."sha256", d."format", d."blank", d."preview_size", s."note", s."by"
  FROM {dataset_then} d LEFT JOIN {settlement_then} s ON s."thing" = d."id" AND s."about" = 'quality'
  WHERE d."id" IN ($ids)"""
_WARNING = """SELECT "by", "note" FROM {settlement_then} WHERE "thing" = $id AND "about" = 'quality' """
_PARAMS = next(column for column in BY_ROW[Relation].columns if column.name == "params")
_PREVIEW = next(column for column in BY_ROW[Dataset].columns if column.name == "preview_size")


class Tracing(Asking):
    """That part of a `View` which is about where things came from."""

    def lineage(
        self, thing_id: str, direction: Direction = "both", *, limit: int = MOST_NODES, offset: int = 0
    ) -> Lineage:
        """What a dataset, the datasets of a record, session or activity, or those of a run came from and led to.

        Nearest first. Of a page there are also the edges to the pages before it.
        """
        with self._walking() as (graph, seen):
            start = self._start(thing_id, graph, seen)
            reached: dict[str, int] = {}
            for end in ENDS[direction]:
                for name, steps in self._walk(graph, start, end, seen).items():
                    reached.setdefault(name, steps)
            return self._page(graph, seen, [*reached], limit, offset)

    def ancestors(self, dataset_id: str) -> set[str]:
        """The ids of all that a dataset came from, and its own."""
        with self._walking() as (graph, seen):
            return set(self._walk(graph, self._start(dataset_id, graph, seen), "output", seen))

    def common_ancestors(self, first: str, second: str) -> tuple[list[str], Lineage]:
        """(the nearest ones, both by themselves an ancestor; all of the way from these to the two).

        A thing counts among its own ancestors. Nearest: none of them lies on the way to another.
        """
        with self._walking() as (graph, seen):
            ways = [self._walk(graph, self._start(one, graph, seen), "output", seen) for one in (first, second)]
            common = [one for one in ways[0] if one in ways[1]]
            # What lies between two common ancestors is one itself, so the nearest have no child among them.
            above = self._ends_among(graph, common, "input")
            nearest = [one for one in common if one not in above]
            below = self._walk(graph, nearest, "input", seen)
            between = [one for one in {**ways[0], **ways[1]} if one in below]
            return nearest, self._page(graph, seen, between, MOST_NODES, 0)

    def path(self, first: str, second: str) -> Lineage:
        """The shortest way from one to the other, along or against the edges; else through a common ancestor.

        Nodes in the order of the way. Empty where there is none.
        """
        with self._walking() as (graph, seen):
            start, end = (self._start(one, graph, seen) for one in (first, second))
            for begin, aim in ((start, end), (end, start)):
                way = self._way(graph, begin, aim, seen)
                if way:
                    return self._page(graph, seen, way if begin is start else way[::-1], MOST_NODES, 0)
            ups = [self._walk(graph, one, "output", seen) for one in (start, end)]
            both = [one for one in ups[0] if one in ups[1]]
            common = min(both, key=lambda one: ups[0][one] + ups[1][one], default="")
            if not common:
                return self._page(graph, seen, [], MOST_NODES, 0)
            to_first, to_second = (self._way(graph, [common], aim, seen) for aim in (start, end))
            return self._page(graph, seen, [*to_first[::-1], *to_second[1:]], MOST_NODES, 0)

    def _way(self, graph: Graph | None, start: Sequence[str], aims: Sequence[str], seen: Seen) -> list[str]:
        """The shortest way down from one of `start` to one of `aims`."""
        down = self._walk(graph, start, "input", seen)
        aim = min((one for one in aims if one in down), key=down.__getitem__, default=None)
        if aim is None:
            return []
        up = self._walk(graph, [aim], "output", seen)
        length = down[aim]
        on_it = [one for one in down if one in up and down[one] + up[one] == length]
        return self._linked(graph, aim, on_it, down)

    def _linked(self, graph: Graph | None, aim: str, on_it: Sequence[str], down: Mapping[str, int]) -> list[str]:
        """One of several shortest ways, each node of it linked to the next."""
        pairs = self._pairs(graph, on_it)
        way = [aim]
        while down[way[-1]]:
            way.append(next(one for one in on_it if down[one] == down[way[-1]] - 1 and (one, way[-1]) in pairs))
        return way[::-1]

    def resting_on(
        self, datasets: Iterable[str], *, with_start: bool = False, limit: int = MOST_NODES, offset: int = 0
    ) -> Lineage:
        """What was made of any of these, over any number of steps; these too, if they were or `with_start`."""
        with self._walking() as (graph, seen):
            start = [*datasets]
            start = [one for one, is_seen in zip(start, seen(start), strict=True) if is_seen]
            reached = self._walk(graph, start, "input", seen)
            made = self._ends_among(graph, start, "output")
            results = [one for one, steps in reached.items() if steps or with_start or one in made]
            return self._page(graph, seen, results, limit, offset)

    def stale(self, dataset_id: str) -> str:
        """Why a dataset does not say what its inputs say today; "" where it does."""
        with self._walking() as (graph, seen):
            self._start(dataset_id, graph, seen)
            return self._why_stale(graph, seen, [dataset_id]).get(dataset_id, "")

    def warning(self, dataset_id: str) -> str:
        """Who says that a dataset is bad, and why; "" where nobody does."""
        self.dataset(dataset_id)  # type: ignore[attr-defined]
        found = self._read(_WARNING, {"id": codec.to_text(dataset_id)})
        return _bad(found[0]) if found else ""

    # --- parts ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _walking(self) -> Iterator[tuple[Graph | None, Seen]]:
        """The graph, held still, and what the principal sees of it."""
        if self._graph is None:
            yield None, _all
            return
        if self.principal.is_staff:
            with self._graph.up_to_date():
                yield self._graph, _all
            return
        index = self._index() if self._index else None
        assert index is not None
        with index.up_to_date(), self._graph.up_to_date():
            files = lens_of(index, self.principal, self._ask).all_files
            yield self._graph, lambda names: files.take(index.files.slots_of(names))

    def _walk(self, graph: Graph | None, start: Sequence[str], end: End, seen: Seen) -> dict[str, int]:
        """{dataset: how many steps away}; in SQL all but the first are one step away."""
        if graph is not None:
            return graph.walk(start, end, seen)
        return dict.fromkeys(start, 0) | {one: 1 for one in reached(self._ask, start, end) if one not in start}

    def _pairs(self, graph: Graph | None, datasets: Sequence[str]) -> set[tuple[str, str]]:
        """(input, output) of the edges between these."""
        if graph is not None:
            return set(zip(*graph.ends(graph.between(datasets)), strict=True))
        return {(edge.from_, edge.to) for edge in self._asked_edges(datasets, {*datasets})}

    def _ends_among(self, graph: Graph | None, datasets: Sequence[str], end: End) -> set[str]:
        """Those that are an input (or output) of another one of these."""
        if graph is not None:
            return graph.ends_among(datasets, end)
        return {pair[end == "output"] for pair in self._pairs(None, datasets)}

    def _page(self, graph: Graph | None, seen: Seen, reached: Sequence[str], limit: int, offset: int) -> Lineage:
        """reached: nearest first."""
        told = reached[: offset + limit]
        page = told[offset:]
        why = self._why_stale(graph, seen, page)
        if graph is not None:
            edges = self._edges(graph, graph.between(told, offset))
        else:
            edges = self._asked_edges(told, {*page})
        before = {*edges.columns["from_"], *edges.columns["to"]} - {*page} if offset else ()
        others = self._nodes(graph, [*before], {}).columns
        names = dict(zip(others["id"], others["name"], strict=True))
        return Lineage(self._nodes(graph, page, why), edges, len(reached), names)

    def _nodes(self, graph: Graph | None, datasets: Sequence[str], why: Mapping[str, str]) -> Rows[LineageNode]:
        """They are known to be seen. why: they are stale, where they are."""
        ids, (names, sha256, formats, blank, sizes, bad) = self._things(graph, datasets)
        return Rows(LineageNode, {
            "id": ids, "kind": ["dataset"] * len(ids), "name": [*map(codec.from_text, names)],
            "sha256": [one or None for one in sha256], "format": formats, "blank": blank,
            "preview_size": _each(_size, sizes), "stale": [why.get(one, "") for one in ids], "bad": bad,
        })  # fmt: skip

    def _things(self, graph: Graph | None, datasets: Sequence[str]) -> tuple[list[str], list[list[str]]]:
        """Those that there are, and a column of each of `graph.THINGS`; of what is at no edge from the tables."""
        at_edges: list[str] = []
        columns: list[list[str]] = [[] for _ in THINGS]
        if graph is not None and datasets:
            slots = graph.things.slots_of([*datasets])
            at_edges = [*compress(datasets, slots)]
            columns = [graph.things.texts(name, slots[slots > 0]) for name in THINGS]
        if len(at_edges) == len(datasets):
            return at_edges, columns
        told = dict(zip(at_edges, zip(*columns, strict=True), strict=True))
        told |= {row["id"]: _thing(row) for row in self._read_of(NODE, [one for one in datasets if one not in told])}
        there = [one for one in datasets if one in told]
        return there, [[told[one][place] for one in there] for place in range(len(THINGS))]

    def _edges(self, graph: Graph, slots: Codes) -> Rows[LineageEdge]:
        texts = graph.edges.texts
        users = texts("run_by", slots)
        may_see = {user: sees_run_of(user, self.principal) for user in {*users}}
        runs = [run if run and may_see[by] else None for run, by in zip(texts("run", slots), users, strict=True)]
        inputs, outputs = graph.ends(slots)
        return Rows(LineageEdge, {
            "from_": inputs, "to": outputs, "relation": _each(codec.from_text, texts("relation", slots)),
            "params": _each(_params, texts("params", slots)), "source": texts("source", slots), "run": runs,
            "id": graph.edges.ids_at(slots), "doubt": _each(codec.from_text, texts("doubt", slots)),
            "settled": texts("settled", slots),
        })  # fmt: skip

    def _asked_edges(self, datasets: Sequence[str], at: Collection[str]) -> Rows[LineageEdge]:
        """Between these, as far as one end is among `at`."""
        relations = between(self._ask, [*datasets])
        rows = self._read_of('SELECT * FROM {relation_then} WHERE "id" IN ($ids)', relations) if relations else []
        runs = self._seen_runs({row["run"] for row in rows if row["run"]})
        edges = [_edge(row, runs) for row in sorted(rows, key=lambda row: str(row["id"]))]
        told = [edge for edge in edges if edge.from_ in at or edge.to in at]
        return in_columns(LineageEdge, [field.name for field in fields(LineageEdge)], told)

    def _seen_runs(self, runs: set[str]) -> set[str]:
        if self.principal.is_staff or not runs:
            return runs
        return {row["id"] for row in self._ask(f'SELECT "id" FROM run WHERE "id" IN {ANY_OF}', {"ids": [*runs]})}

    def _read_of(self, sql: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Rows that a statement names one by one, so that an index finds them."""
        return self._read(sql.replace("$ids", ", ".join(map(quote, ids))), {})

    def _why_stale(self, graph: Graph | None, seen: Seen, datasets: Sequence[str]) -> dict[str, str]:
        if graph is None:
            return {}
        stale = graph.stale(datasets)
        why = dict.fromkeys(stale, "Something that it was made from over several steps is another today, or is bad.")
        reasons = graph.reasons(stale)
        sources = [source for _, source, _ in reasons]
        names = graph.things.texts("name", graph.things.slots_of(sources)) if sources else []
        for (output, _, is_bad), name, is_seen in zip(reasons, names, seen(sources), strict=True):
            if is_seen:
                told = codec.from_text(name)
                why[output] = f"{told} is marked bad." if is_bad else f"{told} is another file since."
        return why

    def _start(self, thing_id: str, graph: Graph | None, seen: Seen) -> list[str]:
        """As `_datasets_of`, without a question to the tables for what is at an edge and is seen."""
        is_known = graph is not None and graph.holds(thing_id) and bool(seen([thing_id])[0])
        return [thing_id] if is_known else self._datasets_of(thing_id)

    def _datasets_of(self, thing_id: str) -> list[str]:
        """Raises NoSuchThing where the principal does not see the thing, Invalid where it has no datasets."""
        table = table_of(thing_id)
        if table not in DATASETS_OF:
            self.require(thing_id)
            raise Invalid(f"{thing_id} has no lineage.", hint="Ask for that of a dataset, record, session or run.")
        if table == "dataset":
            self.dataset(thing_id)  # type: ignore[attr-defined]
            return [thing_id]
        self.require(thing_id)
        return [row["id"] for row in self._ask(DATASETS_OF[table], {"id": thing_id})]


def _all(names: list[str]) -> Mask:
    return np.ones(len(names), bool)


def _each(load: Callable[[str], Any], stored: Sequence[str]) -> list[Any]:
    """What is stored, loaded: one object for all that are the same."""
    loaded = {one: load(one) for one in {*stored}}
    return [loaded[one] for one in stored]


def _params(stored: str) -> Any:
    return _PARAMS.load(stored or "{}")


def _size(stored: str) -> Any:
    return _PREVIEW.load(stored) if stored else None


def _thing(row: Mapping[str, Any]) -> tuple[str, ...]:
    """`graph.THINGS` of a row that was asked for."""
    told = (row[name] or "" for name in ("sha256", "format", "blank", "preview_size"))
    return (row["key"].rpartition("/")[2], *told, _bad(row))


def _bad(row: Mapping[str, Any]) -> str:
    return f"{row['by']}: {row['note']}" if row["by"] else ""


def _edge(row: Mapping[str, Any], runs: set[str]) -> LineageEdge:
    relation = BY_ROW[Relation].load(row)
    return LineageEdge(
        from_=relation.input,
        to=relation.output,
        relation=relation.relation,
        params=relation.params,
        source=relation.source,
        run=relation.run if relation.run in runs else None,
        id=relation.id,
        doubt=relation.doubt,
        settled=relation.settled,
    )
