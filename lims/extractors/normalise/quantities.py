"""Numbers with the units that vendors write, to SI. A short table and not pint, whose import costs more than a file."""

import math
import re
from typing import Any

UNITS: dict[str, tuple[str, float]] = {
    "": ("", 1.0),
    "x": ("", 1.0),
    "k x": ("", 1e3),
    "m": ("m", 1.0),
    "cm": ("m", 1e-2),
    "mm": ("m", 1e-3),
    "um": ("m", 1e-6),
    "microns": ("m", 1e-6),
    "micrometer": ("m", 1e-6),
    "millimeters": ("m", 1e-3),
    "meter": ("m", 1.0),
    "nm": ("m", 1e-9),
    "pm": ("m", 1e-12),
    "a": ("m", 1e-10),
    "å": ("m", 1e-10),
    "angstrom": ("m", 1e-10),
    "v": ("V", 1.0),
    "volt": ("V", 1.0),
    "volts": ("V", 1.0),
    "kv": ("V", 1e3),
    "kev": ("V", 1e3),
    "amp": ("A", 1.0),
    "amps": ("A", 1.0),
    "ma": ("A", 1e-3),
    "ua": ("A", 1e-6),
    "na": ("A", 1e-9),
    "pa": ("A", 1e-12),
    "picoamps": ("A", 1e-12),
    "s": ("s", 1.0),
    "sec": ("s", 1.0),
    "ms": ("s", 1e-3),
    "msec": ("s", 1e-3),
    "us": ("s", 1e-6),
    "usec": ("s", 1e-6),
    "ns": ("s", 1e-9),
    "min": ("s", 60.0),
    "rad": ("rad", 1.0),
    "mrad": ("rad", 1e-3),
    "mr": ("rad", 1e-3),
    "deg": ("rad", math.pi / 180),
    "dg": ("rad", math.pi / 180),
    "degrees": ("rad", math.pi / 180),
    "°": ("rad", math.pi / 180),
    "pascal": ("Pa", 1.0),
    "mbar": ("Pa", 100.0),
    "torr": ("Pa", 133.32236842105263),
    "k": ("K", 1.0),
}
"""Lower case, with u for micro."""
PRESSURES: dict[str, tuple[str, float]] = {"pa": ("Pa", 1.0), "hpa": ("Pa", 100.0), "kpa": ("Pa", 1e3)}
"""Where a pressure is asked for; anywhere else pa is a picoampere."""

NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)", re.DOTALL)


def to_si(value: Any, unit: str, wanted: str = "") -> tuple[float, str] | None:
    """(number, SI unit) of a number or of a text like "4.5 mm" (whose own unit goes before `unit`); None for no number,
    and for one that is too large to be one.

    A unit that is not in the table is kept as it is. wanted: the SI unit of what is asked for, which tells Pa from pA.
    """
    number, own = parse(value)
    if number is None:
        return None
    written = own or unit
    if written.strip().lower() in ("°c", "degc"):
        return number + 273.15, "K"
    table = UNITS | PRESSURES if wanted == "Pa" else UNITS
    si, factor = table.get(folded(written), (written, 1.0))
    found = tidy(number, factor)
    return (found, si) if math.isfinite(found) else None


def parse(value: Any) -> tuple[float | None, str]:
    """The number in a value, and the unit behind it where the value is text."""
    if isinstance(value, bool) or value is None:
        return None, ""
    found = None if isinstance(value, int | float) else NUMBER.fullmatch(str(value))
    if found is None and not isinstance(value, int | float):
        return None, ""
    try:
        number = float(value if found is None else found[1])
    except OverflowError:
        return None, ""
    return (number, found[2].strip() if found else "") if math.isfinite(number) else (None, "")


def folded(unit: str) -> str:
    return unit.strip().lower().replace("µ", "u").replace("μ", "u")


def tidy(number: float, factor: float) -> float:
    """The product without the last digit's noise: 0.2 µm is 2e-07 m, not 1.9999999999999998e-07."""
    return float(f"{number * factor:.15g}") if factor != 1.0 else number
