from dataclasses import replace

import pytest

from lims.catalog import Catalog
from lims.errors import Invalid, NoSuchThing
from lims.model import SYSTEM, Relation, Run, new_id
from tests.catalog.world import ALICE, BEGIN, BOB, dataset


@pytest.fixture
def ids(catalog: Catalog) -> dict[str, str]:
    """raw → fft → mask → ifft, and raw → ifft; crop from raw; other alone. mask is Bob's, all else Alice's."""
    things = {name: dataset(f"{name}.hspy", owner="alice") for name in ("raw", "fft", "mask", "ifft", "crop", "other")}
    things["mask"] = replace(things["mask"], owner="bob")
    edges = [("raw", "fft"), ("fft", "mask"), ("mask", "ifft"), ("raw", "ifft"), ("raw", "crop")]
    relations = [Relation(new_id("relation"), things[b].id, things[a].id, f"{a}-{b}") for a, b in edges]
    run = Run(
        new_id("run"), "alice", "x.ipynb", "done", BEGIN, inputs=(things["fft"].id,), outputs=(things["ifft"].id,)
    )
    catalog.write(lambda change: change.put_all([*things.values(), *relations, run], action="put"), by=SYSTEM)
    return {"run": run.id, **{name: thing.id for name, thing in things.items()}}


def test_ancestors_and_descendants_over_any_number_of_steps(catalog: Catalog, ids: dict[str, str]) -> None:
    def reached(name: str, direction: str) -> set[str]:
        graph = catalog.view(SYSTEM).lineage(ids[name], direction)  # type: ignore[arg-type]
        return {node.name.removesuffix(".hspy") for node in graph.nodes}

    assert reached("ifft", "ancestors") == {"ifft", "mask", "fft", "raw"}
    assert reached("raw", "descendants") == {"raw", "fft", "mask", "ifft", "crop"}
    assert reached("mask", "both") == {"raw", "fft", "mask", "ifft"}
    assert reached("other", "both") == {"other"}
    assert reached("run", "ancestors") == {"raw", "fft", "mask", "ifft"}


def test_edges_point_from_input_to_output(catalog: Catalog, ids: dict[str, str]) -> None:
    edges = catalog.view(SYSTEM).lineage(ids["mask"], "ancestors").edges
    assert {(edge.from_, edge.to, edge.relation) for edge in edges} == {
        (ids["raw"], ids["fft"], "raw-fft"),
        (ids["fft"], ids["mask"], "fft-mask"),
    }


def test_a_chain_ends_where_the_next_is_hidden(catalog: Catalog, ids: dict[str, str]) -> None:
    nodes = catalog.view(ALICE).lineage(ids["fft"], "descendants").nodes
    assert [node.id for node in nodes] == [ids["fft"]]
    with pytest.raises(NoSuchThing):
        catalog.view(BOB).lineage(ids["raw"])


def test_a_circle_ends(catalog: Catalog, ids: dict[str, str]) -> None:
    back = Relation(new_id("relation"), ids["raw"], ids["ifft"], "oops")
    catalog.write(lambda change: change.put(back, action="put"), by=SYSTEM)
    assert len(catalog.view(SYSTEM).lineage(ids["raw"], "ancestors").nodes) == 4


def test_what_has_no_lineage_says_so(catalog: Catalog, ids: dict[str, str]) -> None:
    for nonsense in ("", "titan", "x-1"):
        with pytest.raises(Invalid):
            catalog.view(SYSTEM).lineage(nonsense)
    with pytest.raises(Invalid, match="has no lineage"):
        catalog.view(SYSTEM).lineage(catalog.view(SYSTEM).relations(ids["mask"])[0].id)
