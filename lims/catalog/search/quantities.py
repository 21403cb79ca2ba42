"""Numbers with units, as people type them, in the unit a field is stored in."""

import math
import re

from lims.catalog.search.grammar import BadQuery
from lims.catalog.units import NUMBER, registry, unit_of

_QUANTITY = re.compile(rf"({NUMBER})\s*(.*)", re.DOTALL)


def number_in(text: str, unit: str, *, field: str, at: int) -> float:
    """The number that `text` ("200kV", "2e5") means in `unit` ("V"; "" for a number without).

    A text without a unit is taken to be in `unit` already. Raises BadQuery, at the character where it goes wrong.
    """
    found = _QUANTITY.fullmatch(text.strip())
    if not found:
        raise BadQuery(f"{text!r} is not a number for {field}", at, hint=f"Write it like {example(unit)}.")
    number, typed = float(found.group(1)), found.group(2).strip()
    if not typed:
        return _finite(number, text, at)
    return _finite(_converted(number, typed, unit, field, at + found.start(2)), text, at)


def _converted(number: float, typed: str, unit: str, field: str, at: int) -> float:
    given, wanted = unit_of(typed), unit_of(unit)
    if typed == unit:
        return number
    if given is None:
        raise BadQuery(f"The unit {typed!r} is not known", at, hint=f"Write {field} like {example(unit)}.")
    if wanted is None:
        raise BadQuery(
            f"{field} is in {unit!r}, a unit that is not known", at, hint=f"Write the number as it stands: 5{unit}."
        )
    if not given.is_compatible_with(wanted):
        kind = f"in {unit}" if unit else "a plain number"
        raise BadQuery(f"{typed!r} does not fit {field}, which is {kind}", at, hint=f"Write it like {example(unit)}.")
    return float(registry().Quantity(number, given).to(wanted).magnitude)


def _finite(number: float, text: str, at: int) -> float:
    if not math.isfinite(number):
        raise BadQuery(f"{text!r} is too large", at)
    return number


def example(unit: str) -> str:
    return {"V": "200kV", "m": "10nm", "s": "20us", "rad": "20mrad", "B": "5MB", "A": "50pA"}.get(unit, f"5{unit}")
