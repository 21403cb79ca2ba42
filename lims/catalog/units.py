"""Units as vendors and people write them: which are known, and where a name or a value tells one."""

import math
import re
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"

# Names of units, each with an exponent of at most two digits. Pint would compute 9**9**9**9, and never end.
_FACTOR = r"[^\d\s*/^()+.,;-]+(?:\s?(?:\*\*|\^)\s?-?\d{1,2})?"
_UNIT = re.compile(rf"(?:1\s?/\s?)?{_FACTOR}(?:(?:\s?[*/·]\s?|\s){_FACTOR})*")
_AMOUNT = re.compile(rf"({NUMBER})\s*([^\d\s.,;:_-].*)")
_BRACKETED = re.compile(r".*[(\[]([^()\[\]]+)[)\]]\s*")
LONGEST = 40

# What people write that pint does not know; × is for magnifications.
_SPELLED = {"×": "x", "′": "arcminute", "″": "arcsecond", "ų": "Å**3", "Å²": "Å**2", "A": "A"}


@cache
def registry() -> Any:
    """Pint's. Loaded at the first unit that is met: it costs 0.4 s that most commands need not pay."""
    made = import_module("pint").UnitRegistry()
    made.define("magnification_times = 1 = x")
    return made


@lru_cache(maxsize=10_000)
def unit_of(text: str) -> Any | None:
    """Pint's unit; None for what is none. "" is a plain number."""
    spelled = _SPELLED.get(text, text)
    if text and (len(text) > LONGEST or not _UNIT.fullmatch(spelled)):
        return None
    try:
        return registry().Quantity(1, spelled or "dimensionless").units
    except Exception:  # noqa: BLE001 — pint raises whatever its parser stumbles over
        return None


def amount_of(text: str) -> tuple[float, str] | None:
    """(number, unit as written) of a text such as "200 kV"; None where it is not a number with a known unit."""
    found = _AMOUNT.fullmatch(text.strip()) if len(text) < 2 * LONGEST else None
    if not found or unit_of(found[2].strip()) is None:
        return None
    number = float(found[1])
    return (number, found[2].strip()) if math.isfinite(number) else None


def unit_in_name(name: str) -> str:
    """nA of "Probe Current (nA)"; "" where a name tells no known unit."""
    found = _BRACKETED.fullmatch(name) if name[-1:] in ")]" else None
    return found[1] if found and unit_of(found[1]) is not None else ""


def compact(number: float, unit: str) -> str:
    """200000 "V" as "200 kV"."""
    known = unit_of(unit) if unit else None
    if known is None or not number:
        plain = f"{number:.0f}" if float(number).is_integer() and abs(number) < 1e12 else f"{number:.6g}"
        return f"{plain} {unit}".strip()
    return f"{registry().Quantity(number, known).to_compact():.6g~P}"
