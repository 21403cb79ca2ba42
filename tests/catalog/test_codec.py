import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.catalog import Catalog
from lims.catalog.codec import decode, dumps, encode, from_json, from_text, to_json, to_text
from lims.catalog.leaves import Trees, fold, leaves_of
from lims.catalog.relations import LAKE
from lims.model import SYSTEM, Axis, Dataset, Extraction, Relation, Session, Signal, Value

MOMENT = datetime(2018, 11, 13, 17, 30, 0, 123456, tzinfo=UTC)
SIGNAL = Signal("Eve", "", (2, 3), "<f4", (Axis("x", 3, math.inf, -0.0, "nm"), Axis("y", 2, 1e-300, 0.0, "µm", True)))
DATASET = Dataset(
    "dat-1",
    "raw",
    "raw",
    "a/ü \udcff.dm3",
    2**62,
    MOMENT,
    ("a.ser",),
    signals=(SIGNAL,),
    normalised={"a": Value(1, "V", "x.y", "1 V"), "b": Value([1, "é", None]), "when": Value(MOMENT)},
    preview_size=(3, 2),
)


def through_json(value: object) -> Any:
    return json.loads(dumps(value))


@pytest.mark.parametrize(
    "thing",
    [
        DATASET,
        SIGNAL,
        Session("s", "i", "u", "o", MOMENT, people=("a", "b")),
        Relation("r", "b", "a", "fft", {"p": (1, 2)}, run=None),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_dataclasses_come_back_equal(thing: object) -> None:
    assert from_json(type(thing), through_json(to_json(type(thing), thing))) == thing
    assert decode(through_json(encode({"answer": [thing]}))) == {"answer": [thing]}


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        2**80,
        -0.5,
        math.inf,
        -math.inf,
        "",
        "naïve \udcff\ud800 😀 \x00",
        (1, (2, [3])),
        [(), {}],
        b"\x00\xff",
        MOMENT,
        {"$datetime": "not one"},
        {"$tuple": {"$dict": 1}},
        {"$Session": 1},
        {"ü": {"a.b": {"": None}}},
        frozenset({1, 2}),
    ],
    ids=repr,
)
def test_anything_a_vendor_may_write_comes_back(value: object) -> None:
    back = decode(through_json(encode(value)))
    assert (back, type(back)) == (value, type(value))


def test_not_a_number_comes_back() -> None:
    assert math.isnan(decode(through_json(encode({"a": [math.nan]})))["a"][0])


def test_times_come_back_in_utc() -> None:
    local = MOMENT.astimezone(timezone(timedelta(hours=-5)))
    assert decode(through_json(encode(local))) == MOMENT
    assert from_json(datetime, to_json(datetime, local)).tzinfo is UTC
    assert from_json(datetime, to_json(datetime, MOMENT.replace(tzinfo=None))) == MOMENT


def test_numpy_becomes_python() -> None:
    value = {"a": np.float32(0.5), "b": np.arange(3), "c": np.bool_(True), "d": np.int64(7), "e": np.str_("x")}
    assert decode(through_json(encode(value))) == {"a": 0.5, "b": [0, 1, 2], "c": True, "d": 7, "e": "x"}


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_can_be_stored(text: str) -> None:
    stored = to_text(text)
    stored.encode()
    if not any(0x10D800 <= ord(letter) < 0x10E000 for letter in text):
        assert from_text(stored) == text


def test_leaves_are_named_by_their_path() -> None:
    tree = {"A": {"B": 1, "C": [1, 2], "D": [{"E": "x"}, {"E": "y"}]}, "F": None, "G": "200000.0", "H": math.nan}
    assert list(leaves_of(tree)) == [
        ("A.B", "1", 1.0),
        ("A.C", "1 2", None),
        ("A.D.0.E", "x", None),
        ("A.D.1.E", "y", None),
        ("F", "", None),
        ("G", "200000.0", 200000.0),
        ("H", "nan", None),
    ]
    trees = Trees()
    assert json.loads(trees.add(7, tree | {"H": None})) == tree | {"H": None}
    assert set(trees.words.words) == {"1", "2", "1 2", "x", "y"}


@settings(deadline=None)  # the first one opens the database
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_says_its_text_in_python_as_in_sql(number: float) -> None:
    """So that the text of a fraction need not be stored."""
    [[in_sql]] = duckdb.execute("SELECT CAST(?::DOUBLE AS VARCHAR)", [number]).fetchall()
    assert in_sql == repr(number)


def test_fractions_are_stored_as_numbers_alone_and_read_as_texts_too(catalog: Catalog) -> None:
    tree = {"A": 0.25, "B": 3, "C": "0.50", "D": math.inf, "E": [1e-9]}
    read = Extraction("dm3", "test", "1", (), {}, tree)
    catalog.write(lambda change: change.put_extraction("dat-1", read), by=SYSTEM)
    asked = 'SELECT "key", "text", "number" FROM {} JOIN {} ON "path" = "code" ORDER BY "key"'
    stored = catalog.view(SYSTEM)._reader.rows(asked.format(LAKE["leaf"], LAKE["path"]))
    assert [(one["key"], one["text"]) for one in stored if one["text"] is None] == [("A", None)]
    told = [("A", "0.25", 0.25), ("B", "3", 3.0), ("C", "0.50", 0.5), ("D", "inf", None), ("E", "1e-09", 1e-9)]
    assert [tuple(one.values()) for one in catalog.view(SYSTEM)._ask(asked.format("leaf", "path"))] == told
    assert sorted(leaves_of(tree)) == told


@pytest.mark.parametrize("text", ["ÜNÏ u\u0308", "ÅÉß", "ŁØ", "ﬁ", "日本語", "İI", "ё", "Ǆ", "naïve"])
def test_text_is_folded_in_python_as_in_sql(text: str) -> None:
    [[in_sql]] = duckdb.execute("SELECT strip_accents(lower(?))", [text]).fetchall()
    assert fold(text) == in_sql
