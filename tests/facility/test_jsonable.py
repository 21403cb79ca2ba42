"""Typed things as JSON and back."""

import json
import math
from typing import Any

import pytest

from lims.facility.jsonable import from_text, to_bytes, to_json
from lims.model import SearchPage


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
