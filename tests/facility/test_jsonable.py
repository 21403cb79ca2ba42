"""Typed things as JSON and back."""

import json
import math
import pickle
from dataclasses import replace
from typing import Any

import pytest

from lims.facility.columns import maker
from lims.facility.jsonable import from_text, to_bytes, to_json
from lims.facility.origins import Edge, LineageView
from lims.model import LineageNode, Rows, SearchPage


@pytest.mark.parametrize(
    "thing", ["plain", "half \udcff.dm3", "µ Å 中", {"a": [1, 2.5, None, True]}, ["\u2028"], [{"a": "\udcff"}]]
)
def test_what_is_written_out_comes_back(thing: Any) -> None:
    assert from_text(to_bytes(thing), type(thing)) == thing
    assert json.loads(to_bytes(thing)) == to_json(thing)


def test_a_page_comes_back(page: SearchPage) -> None:
    assert from_text(to_bytes(page), SearchPage) == page


@pytest.fixture
def page() -> SearchPage:
    return SearchPage(2, (), 7, 0.5, histogram=(("2018-11-13", 2),), python="facility.search('')")


def test_a_number_that_is_none_is_a_text() -> None:
    for number, text in ((math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")):
        assert json.loads(to_bytes(number)) == to_json([number])[0] == text
        assert json.loads(to_bytes({"a": number})) == to_json({"a": number}) == {"a": text}
        assert json.loads(to_bytes(["half \udcff", number])) == ["half \udcff", text]
        assert str(from_text(to_bytes(number), float)) == str(number)


def test_what_is_no_such_thing_is_refused() -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_text('{"total": "many"}', SearchPage)


LINEAGE = LineageView(
    Rows(LineageNode, {
        "id": ["dat-1", "dat-2"], "kind": ["dataset"] * 2, "name": ["half \udcff.dm3", 'a "µ".hspy'],
        "sha256": [None, "ab"], "format": ["dm3", ""], "blank": ["", ""], "preview_size": [None, (512, 256)],
        "stale": ["", "old"], "bad": ["", ""],
    }),
    Rows(maker(Edge), {
        "id": ["rel-1"], "from": ["dat-1"], "to": ["dat-2"], "relation": ["FFT"], "params": [{"x": math.inf}],
        "source": ["declared"], "run": [None], "doubt": [""], "sentence": ["b is the FFT of a"],
    }),
    2,
)  # fmt: skip


@pytest.mark.parametrize("lineage", [LINEAGE, replace(LINEAGE, nodes=LINEAGE.nodes[:0], edges=LINEAGE.edges[:0])])
def test_rows_come_back_as_objects_and_as_columns(lineage: LineageView) -> None:
    as_objects, in_columns = to_bytes(lineage), to_bytes(lineage, in_columns=True)
    assert json.loads(as_objects) == to_json(lineage)
    assert json.loads(in_columns)["nodes"] == to_json(lineage, in_columns=True)["nodes"] == {
        name: json.loads(to_bytes(column)) for name, column in lineage.nodes.columns.items()
    }
    for written in (as_objects, in_columns):
        found = from_text(written, LineageView)
        assert [*found.nodes] == [*lineage.nodes]
        assert [node.preview_size for node in found.nodes] == [node.preview_size for node in lineage.nodes]
        assert to_json(found) == to_json(lineage)


def test_what_an_older_service_does_not_tell_has_its_default() -> None:
    """A field that is missing among the columns, as one may be missing of an object."""
    told = json.loads(to_bytes(LINEAGE, in_columns=True))
    told["nodes"] = {name: told["nodes"][name] for name in ("id", "kind", "name")}
    found = from_text(json.dumps(told), LineageView)
    assert [*found.nodes] == [LineageNode(one.id, one.kind, one.name) for one in LINEAGE.nodes]


def test_rows_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(LINEAGE)).edges == LINEAGE.edges


def test_columns_of_a_wrong_kind_are_refused() -> None:
    uneven = {**LINEAGE.nodes.columns, "kind": ["dataset"]}
    for wrong in ({"id": ["dat-1"]}, {name: [7] for name in LINEAGE.nodes.columns}, uneven):
        with pytest.raises(ValueError, match="validation error"):
            from_text(json.dumps({"nodes": wrong, "edges": [], "total": 1}), LineageView)


def test_what_nobody_can_write_is_refused() -> None:
    with pytest.raises(TypeError, match="object is no JSON"):
        to_json([object()])
