import pytest

from lims.analysis.fourier import Spot
from lims.analysis.vectors import miller, name_vectors, vector_params
from lims.errors import Invalid

SPOT = Spot(90.0, 70.0, 3.0, 4.0, 0.2, 36.87, 500.0)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("220", "[220]"),
        ("[220]", "[220]"),
        ("(2, 2, 0)", "[220]"),
        ("1-10", "[1-10]"),
        ("1 −1 0", "[1-10]"),
        ("10 0 2", "[10 0 2]"),
        ("11-20", "[11-20]"),
        ("", ""),
        (" ", ""),
    ],
)
def test_indices_are_written_in_one_way(given, name):
    assert miller(given) == name


@pytest.mark.parametrize("given", ["22", "g1", "220 nm", "12345", "2.5 0 0"])
def test_what_are_no_indices_is_refused(given):
    with pytest.raises(Invalid, match="no Miller indices"):
        miller(given)


def test_spots_are_named_in_their_order_and_may_stay_without():
    assert name_vectors(["220", "", "111"], [SPOT] * 4) == ["[220]", "", "[111]", ""]
    assert name_vectors(["220", "", ""], [SPOT]) == ["[220]"]
    assert name_vectors([], []) == []


def test_more_names_than_spots_are_refused():
    with pytest.raises(Invalid, match="2 vectors named, but 1 spots"):
        name_vectors(["220", "111"], [SPOT])


def test_a_relation_keeps_the_name_and_what_was_measured_with_its_units():
    measured = {
        "vector_x": {"value": 4.0, "unit": "1/nm"},
        "vector_y": {"value": 3.0, "unit": "1/nm"},
        "spacing": {"value": 0.2, "unit": "nm"},
        "mask": {"value": 6.0, "unit": "px"},
    }
    assert vector_params(SPOT, 2, "[220]", "nm", 6.0) == {"spot": "C", "vector": "[220]"} | measured
    assert vector_params(SPOT, 0, "", "nm", 6.0) == {"spot": "A"} | measured
