"""Walks through the graph in memory, against sets of pairs walked in Python; and what it tells of stale results."""

import random
from dataclasses import replace
from itertools import pairwise

import duckdb
import pytest

from lims.catalog import Catalog, graph
from lims.catalog.graph import Graph
from lims.model import SYSTEM, Dataset, Principal, Relation, Settlement, new_id
from tests.catalog.world import BEGIN, STAFF, dataset

ADA = Principal("ada")
Pairs = set[tuple[str, str]]


def reached(pairs: Pairs, start: str, seen: set[str]) -> set[str]:
    """All that can be reached along (from, to), over things that are seen."""
    found, new = {start}, {start}
    while new:
        new = {b for a, b in pairs if a in new and b in seen} - found
        found |= new
    return found


@pytest.mark.parametrize("seed", range(4))
def test_walks_agree_with_sets_of_pairs_while_the_graph_grows_and_shrinks(catalog: Catalog, seed: int) -> None:
    chance = random.Random(seed)
    things = [dataset(f"{n}.hspy", owner=chance.choice(["ada", "bob"])) for n in range(40)]
    catalog.write(lambda change: change.put_all(things, action="put"), by=SYSTEM)
    edges: dict[str, Relation] = {}
    for _ in range(6):
        new = [edge(*sorted(chance.sample(range(40), 2)), things) for _ in range(12)]
        gone = chance.sample([*edges], min(4, len(edges)))
        rejected = [replace(edges.pop(one), settled="rejected") for one in gone]
        edges |= {one.id: one for one in new}
        catalog.write(lambda change, rows=[*new, *rejected]: change.put_all(rows, action="put"), by=SYSTEM)
        pairs = {(one.input, one.output) for one in edges.values()}
        for who in (STAFF, ADA):
            seen = {one.id for one in things if who.is_staff or one.owner == "ada"}
            check(catalog, who, pairs, chance.sample(sorted(seen), 4), seen)


def edge(source: int, target: int, things: list[Dataset]) -> Relation:
    return Relation(new_id("relation"), things[target].id, things[source].id, "made")


def check(catalog: Catalog, who: Principal, pairs: Pairs, asked: list[str], seen: set[str]) -> None:
    view = catalog.view(who)
    up: Pairs = {(b, a) for a, b in pairs}
    for one, two in pairwise(asked):
        downs, ups = reached(pairs, one, seen), reached(up, one, seen)
        graph = view.lineage(one, "ancestors")
        assert {node.id for node in graph.nodes} == ups
        assert {(e.from_, e.to) for e in graph.edges} == {(a, b) for a, b in pairs if a in ups and b in ups}
        assert {node.id for node in view.lineage(one, "descendants").nodes} == downs
        assert {node.id for node in view.lineage(one).nodes} == ups | downs
        assert {node.id for node in view.resting_on([one]).nodes} == downs - {one}
        common = ups & reached(up, two, seen)
        nearest, ways = view.common_ancestors(one, two)
        assert set(nearest) == {a for a in common if not any((a, b) in pairs for b in common)}
        assert set(nearest) <= {node.id for node in ways.nodes}
        way = [node.id for node in view.path(one, two).nodes]
        assert bool(way) == bool(two in downs or two in ups or common)
        assert not way or (way[0], way[-1]) == (one, two)
        assert all((a, b) in pairs or (b, a) in pairs for a, b in pairwise(way))


def test_a_large_lineage_comes_in_pages_nearest_first(catalog: Catalog) -> None:
    things = [dataset(f"{n:03}.hspy", owner="ada") for n in range(30)]
    chain = [edge(n, n + 1, things) for n in range(29)]
    catalog.write(lambda change: change.put_all([*things, *chain], action="put"), by=SYSTEM)
    for who in (STAFF, ADA):
        view = catalog.view(who)
        pages = [view.lineage(things[29].id, "ancestors", limit=12, offset=at) for at in (0, 12, 24)]
        assert [page.total for page in pages] == [30, 30, 30]
        assert [node.name for page in pages for node in page.nodes] == [f"{n:03}.hspy" for n in range(29, -1, -1)]
        assert {one.id for page in pages for one in page.edges} == {one.id for one in chain}
        assert [len(page.edges) for page in pages] == [11, 12, 6], "each edge once, with the later of its two ends"


@pytest.fixture
def story(catalog: Catalog) -> dict[str, Dataset]:
    """eve -> fft -> ifft; eve was read as it is."""
    things = {name: dataset(f"{name}.hspy", owner="ada", sha256=f"{name}-1") for name in ("eve", "fft", "ifft")}
    edges = [
        Relation(new_id("relation"), things[b].id, things[a].id, "made", input_sha256=f"{a}-1")
        for a, b in (("eve", "fft"), ("fft", "ifft"))
    ]
    catalog.write(lambda change: change.put_all([*things.values(), *edges], action="put"), by=SYSTEM)
    return things


def stale(catalog: Catalog, story: dict[str, Dataset]) -> dict[str, str]:
    view = catalog.view(ADA)
    return {name: view.stale(one.id) for name, one in story.items() if view.stale(one.id)}


def test_what_rests_on_a_file_that_is_another_today_is_stale(catalog: Catalog, story: dict[str, Dataset]) -> None:
    assert stale(catalog, story) == {}
    catalog.write(lambda change: change.put(replace(story["eve"], sha256="eve-2"), action="put"), by=SYSTEM)
    told = stale(catalog, story)
    assert told["fft"] == "eve.hspy is another file since."
    assert told["ifft"].startswith("Something that it was made from over several steps")
    assert set(told) == {"fft", "ifft"}
    node = next(one for one in catalog.view(ADA).lineage(story["eve"].id).nodes if one.name == "fft.hspy")
    assert node.stale == told["fft"]
    catalog.write(lambda change: change.put(story["eve"], action="put"), by=SYSTEM)
    assert stale(catalog, story) == {}


def test_what_is_marked_bad_makes_stale_what_rests_on_it_until_it_is_taken_back(
    catalog: Catalog, story: dict[str, Dataset]
) -> None:
    mark = Settlement(story["fft"].id, "quality", "bad", "ada", BEGIN, note="wrong window")
    catalog.write(lambda change: change.put(mark, action="mark"), by=SYSTEM)
    assert stale(catalog, story) == {"ifft": "fft.hspy is marked bad."}
    assert catalog.view(ADA).warning(story["fft"].id) == "ada: wrong window"
    catalog.write(lambda change: change.remove(mark, action="unmark"), by=SYSTEM)
    assert stale(catalog, story) == {}


def test_a_file_that_is_not_hashed_yet_makes_nothing_stale(catalog: Catalog, story: dict[str, Dataset]) -> None:
    catalog.write(lambda change: change.put(replace(story["eve"], sha256=None), action="put"), by=SYSTEM)
    assert stale(catalog, story) == {}


def test_a_graph_that_could_not_be_read_anew_is_read_by_whoever_comes_next(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So much has come that all is read anew, which fails in the midst."""
    things = [dataset(f"{n}.hspy") for n in range(6)]
    chain = [edge(n, n + 1, things) for n in range(5)]
    catalog.write(lambda change: change.put_all([*things, *chain[:1]], action="put"), by=SYSTEM)
    view = catalog.view(STAFF)
    assert view.lineage(things[0].id, "descendants").total == 2
    catalog.write(lambda change: change.put_all(chain[1:], action="put"), by=SYSTEM)
    with monkeypatch.context() as patch:
        patch.setattr(graph, "MANY_NEW", 1)
        patch.setattr(Graph, "_rows", broken)
        with pytest.raises(duckdb.Error, match="no more"):
            view.lineage(things[0].id, "descendants")
    assert view.lineage(things[0].id, "descendants").total == 6


def broken(*_: object) -> None:
    raise duckdb.IOException("no more")
