"""Numbers with units, as people type them, in the unit a field is stored in."""

import math
import re
from functools import cache
from importlib import import_module
from typing import Any

from lims.catalog.search.grammar import BadQuery

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)

# Names of units, each with an exponent of at most two digits. Pint would compute 9**9**9**9, and never end.
_FACTOR = r"[^\d\s*/^()+.,;-]+(?:\s?(?:\*\*|\^)\s?-?\d{1,2})?"
_UNIT = re.compile(rf"(?:1\s?/\s?)?{_FACTOR}(?:(?:\s?[*/·]\s?|\s){_FACTOR})*")
_LONGEST_UNIT = 40

# What people write that pint does not know; × is for magnifications.
_SPELLED = {"×": "x", "′": "arcminute", "″": "arcsecond", "ų": "Å**3", "Å²": "Å**2", "A": "A"}


@cache
def units() -> Any:
    """Pint's registry. Loaded at the first unit that is typed: it costs 0.4 s that most commands need not pay."""
    registry = import_module("pint").UnitRegistry()
    registry.define("magnification_times = 1 = x")
    return registry


def number_in(text: str, unit: str, *, field: str, at: int) -> float:
    """The number that `text` ("200kV", "2e5") means in `unit` ("V"; "" for a number without).

    A text without a unit is taken to be in `unit` already. Raises BadQuery, at the character where it goes wrong.
    """
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        raise BadQuery(f"{text!r} is not a number for {field}", at, hint=f"Write it like {example(unit)}.")
    number, typed = float(found.group(1)), found.group(2).strip()
    if not typed:
        return _finite(number, text, at)
    return _finite(_converted(number, typed, unit, field, at + found.start(2)), text, at)


def _converted(number: float, typed: str, unit: str, field: str, at: int) -> float:
    registry = units()
    try:
        if len(typed) > _LONGEST_UNIT or not _UNIT.fullmatch(typed):
            raise ValueError("not a unit")
        asked = registry.Quantity(number, _SPELLED.get(typed, typed))
    except Exception as error:
        raise BadQuery(f"The unit {typed!r} is not known", at, hint=f"Write {field} like {example(unit)}.") from error
    wanted = registry.parse_units(unit or "dimensionless")
    if not asked.is_compatible_with(wanted):
        kind = f"in {unit}" if unit else "a plain number"
        raise BadQuery(f"{typed!r} does not fit {field}, which is {kind}", at, hint=f"Write it like {example(unit)}.")
    return float(asked.to(wanted).magnitude)


def _finite(number: float, text: str, at: int) -> float:
    if not math.isfinite(number):
        raise BadQuery(f"{text!r} is too large", at)
    return number


def example(unit: str) -> str:
    return {"V": "200kV", "m": "10nm", "s": "20us", "rad": "20mrad", "B": "5MB", "A": "50pA"}.get(unit, f"5{unit}")
