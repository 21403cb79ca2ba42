import json

import numpy as np
import pytest

from lims.extractors.tree import as_json


def test_what_json_cannot_say_is_said_in_words() -> None:
    tree = as_json({"a": float("nan"), "b": [float("inf"), -float("inf")], "c": np.float32("nan"), 7: 1 + 2j})
    assert tree == {"a": "NaN", "b": ["Infinity", "-Infinity"], "c": "NaN", "7": {"real": 1.0, "imag": 2.0}}
    json.dumps(tree, allow_nan=False)


def test_numbers_keep_their_value_and_order_is_kept() -> None:
    tree = as_json({"z": np.uint64(2**64 - 1), "a": np.float32(0.1), "m": np.array([[1, 2], [3, 4]], dtype=">i2")})
    assert list(tree) == ["z", "a", "m"]
    assert tree == {"z": 18446744073709551615, "a": float(np.float32(0.1)), "m": [[1, 2], [3, 4]]}


def test_bytes_are_text_where_they_are_text_and_kept_whole_where_not() -> None:
    assert as_json(b"Aperture 5 \xc2\xb5m\0\0\0") == "Aperture 5 µm"
    assert as_json("Stufe 3 °".encode("cp1252")) == "Stufe 3 °"
    assert as_json(b"\x00\x01\x02") == {"base64": "AAEC"}


def test_a_lone_surrogate_becomes_something_that_can_be_written() -> None:
    assert as_json("a\ud800b").encode() == b"a\\ud800b"
    assert as_json("視野 ü") == "視野 ü"


def test_a_frame_hidden_in_the_tree_is_described_and_not_copied() -> None:
    assert as_json(np.zeros((1024, 1024), "u2")) == {"array": {"shape": [1024, 1024], "dtype": "uint16"}}


def test_a_record_array_becomes_named_values() -> None:
    record = np.array([(3, 0.5)], dtype=[("n", "<i4"), ("x", "<f8")])
    assert as_json(record) == {"n": 3, "x": 0.5}


def test_a_tree_without_end_is_refused() -> None:
    tree: dict[str, object] = {}
    tree["again"] = tree
    with pytest.raises(RecursionError):
        as_json(tree)
