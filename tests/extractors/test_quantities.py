import math

import pytest

from lims.extractors.normalise.quantities import UNITS, to_si
from lims.extractors.normalise.rules import Rule, apply


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (200, "kV", (200000.0, "V")),
        ("10.00 kV", "V", (10000.0, "V")),
        ("50.00 K X", "", (50000.0, "")),
        ("13500000 X", "", (13500000.0, "")),
        (0.2, "µm", (2e-7, "m")),
        (180, "deg", (math.pi, "rad")),
        ("4.5e-3 m", "", (0.0045, "m")),
        (20, "°C", (293.15, "K")),
        (" 3.5", "µs", (3.5e-6, "s")),
        ("2", "furlongs", (2.0, "furlongs")),
    ],
)
def test_a_value_is_converted_and_its_own_unit_goes_first(
    value: object, unit: str, expected: tuple[float, str]
) -> None:
    found = to_si(value, unit)
    assert found is not None
    assert found == (pytest.approx(expected[0], rel=1e-14), expected[1])


@pytest.mark.parametrize("value", ["", "off", None, True, float("nan"), "ETD", "1e999", 10**400, 1e308])
def test_what_is_no_number_is_nothing(value: object) -> None:
    assert to_si(value, "k x") is None


def test_a_value_fits_its_field_or_says_nothing() -> None:
    tree = {"wd": "5 in", "mag": "3 mm", "vacuum": "2e-4 Pa", "current": "20 pA", "who": {"@id": "7"}, "kv": "1e999"}
    rules = [
        Rule("working_distance", "wd", "mm"), Rule("magnification", "mag"), Rule("chamber_pressure", "vacuum"),
        Rule("beam_current", "current"), Rule("operator", "who"), Rule("acceleration_voltage", "kv", "kV"),
    ]  # fmt: skip
    said = {field: (value.value, value.unit) for field, value in apply(rules, tree).items()}
    assert said == {"chamber_pressure": (2e-4, "Pa"), "beam_current": (2e-11, "A")}


def test_the_table_agrees_with_pint() -> None:
    pint = pytest.importorskip("pint").UnitRegistry()
    names = {
        "a": "angstrom",
        "å": "angstrom",
        "volts": "volt",
        "amp": "ampere",
        "ua": "microampere",
        "pa": "picoampere",
    }
    names |= {"ma": "milliampere", "na": "nanoampere", "picoamps": "picoampere", "sec": "s", "msec": "ms", "usec": "us"}
    names |= {"mr": "mrad", "dg": "degree", "deg": "degree", "degrees": "degree", "microns": "micron", "v": "V"}
    names |= {"amps": "ampere"}
    names |= {"kv": "kV", "kev": "kV", "torr": "torr", "mbar": "mbar", "k": "K", "°": "degree"}
    for unit, (si, factor) in UNITS.items():
        if si:
            assert pint.Quantity(1, names.get(unit, unit)).to(si).magnitude == pytest.approx(factor, rel=1e-12), unit
