import pytest

from lims.cli.extract import summary
from lims.cli.values import axis_step, quantity
from lims.model import Axis, Extraction, Signal, Value


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (200_000, "V", "200 kV"),
        (7.71005e-10, "m", "771.005 pm"),
        (1.9999999999e-7, "m", "200 nm"),
        (999.9999999e-9, "m", "1 µm"),
        (-0.00258674, "m", "-2.58674 mm"),
        (0, "m", "0 m"),
        (1e-20, "A", "1e-05 fA"),
        (4.17134, "rad", "239°"),
        (0.0214, "rad", "21.4 mrad"),
        (0, "rad", "0°"),
        (293.15, "K", "293.15 K"),
        (225_000.0, "", "225000"),
        (float("nan"), "m", "nan m"),
        (["Al", "Cu"], "", "Al, Cu"),
        ("Titan", "", "Titan"),
    ],
)
def test_values_are_said_as_people_say_them(value, unit, said):
    assert quantity(Value(value, unit)) == said


@pytest.mark.parametrize(
    ("scale", "unit", "said"),
    [
        (0.000771005, "µm", "771 pm"),
        (1.084e-6, "mm", "1.084 nm"),
        (0.01, "keV", "10 eV"),
        (60, "s", "60 s"),
        (0.02, "1/nm", "0.02 1/nm"),
        (1.0, "", "1"),
    ],
)
def test_steps_of_axes_have_the_prefix_that_suits_them(scale, unit, said):
    assert axis_step(scale, unit) == said


def test_many_signals_are_counted_and_what_their_lines_say_is_not_said_twice():
    signals = tuple(Signal(f"s{n}", "profile", (3,), "float64", (Axis("x", 3, 1.0, 0.0, ""),)) for n in range(30))
    found = Extraction("csv", "tables", "1", signals, {"dtype": Value("float64"), "operator": Value("Eve")})
    lines = summary(found).splitlines()
    assert [line for line in lines if "more signals" in line] == ["  … and 18 more signals: see --json"]
    assert not any(line.strip().startswith("dtype") for line in lines)
    assert lines[-1].split() == ["operator", "Eve"]
