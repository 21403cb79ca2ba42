"""Normalised values in a terminal: numbers as people read them."""

import math
from typing import Any

from lims.model import OtherValue, Value

PREFIXED = frozenset({"V", "m", "A", "s", "Pa", "eV"})
STEPS = {12: "T", 9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "µ", -9: "n", -12: "p", -15: "f"}
IN_SI = {
    "pm": ("m", 1e-12), "nm": ("m", 1e-9), "µm": ("m", 1e-6), "um": ("m", 1e-6), "mm": ("m", 1e-3), "keV": ("eV", 1e3),
    "ms": ("s", 1e-3), "µs": ("s", 1e-6), "ns": ("s", 1e-9),
}  # fmt: skip
MILLI_RADIANS = 0.1
"""Angles of a beam are smaller and said in mrad, those of a stage larger and said in degrees."""


def quantity(value: Value | OtherValue) -> str:
    """200000 V as 200 kV, 0.3 rad as 17.1887°, lists with commas."""
    if isinstance(value.value, list | tuple):
        return ", ".join(map(str, value.value))
    is_number = isinstance(value.value, int | float) and not isinstance(value.value, bool)
    return measure(value.value, value.unit) if is_number else f"{value.value} {value.unit}".strip()


def measure(number: float, unit: str, digits: int = 6) -> str:
    """digits: significant ones."""
    if unit == "rad" and abs(number) >= MILLI_RADIANS:
        return f"{math.degrees(number):.{digits}g}°"
    if unit == "rad":
        return f"{1e3 * number:.{digits}g} mrad" if number else "0°"
    if unit in PREFIXED and number and math.isfinite(number):
        return prefixed(number, unit, digits)
    return f"{plain(number, digits)} {unit}".strip()


def prefixed(number: float, unit: str, digits: int) -> str:
    rounded = float(f"{number:.{digits}g}")  # 999.9999 nm is 1 µm
    power = max(min(3 * math.floor(math.log10(abs(rounded)) / 3), max(STEPS)), min(STEPS))
    return f"{rounded / 10.0**power:.{digits}g} {STEPS[power]}{unit}"


def plain(number: float, digits: int) -> str:
    return str(number) if isinstance(number, int) else f"{number:.{digits}g}"


def aside(value: Value) -> str:
    """What a person should know beside the value, "" where there is nothing."""
    said = {"person": f"corrected by {value.source}", "facility": f"by {value.source}", "file": ""}[value.origin]
    otherwise = "; ".join(f"elsewhere {quantity(one)} [{one.source}]" for one in value.others)
    return "; ".join(part for part in (said, value.note if said or not value.is_trusted else "", otherwise) if part)


def axis_step(scale: Any, unit: str) -> str:
    """An axis' step in the prefix that suits it: 0.000771 µm as 771 pm. Units that take no prefix stay."""
    base, factor = IN_SI.get(unit, (unit, 1.0))
    return measure(scale * factor, base, 4)
