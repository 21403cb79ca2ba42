"""What a value must be: a text by whole words, a number within bounds, a time within a window; in SQL and in Python."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lims.catalog.leaves import fold
from lims.catalog.search.grammar import BadQuery, Term
from lims.catalog.search.quantities import number_in
from lims.catalog.search.shelf import NO_TIME, Mask
from lims.catalog.search.times import window_of
from lims.catalog.units import NUMBER
from lims.catalog.where import storable

# A number typed by a person equals a stored one within this part of it: 1.8e5 and 179999.9999 are the same voltage.
RELATIVE_TOLERANCE = 1e-6


@dataclass
class Parameters:
    """Values that a growing SQL text refers to by name."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = storable(value)
        return f"${name}"


def folded(expression: str) -> str:
    """In SQL what `leaves.fold` is in Python."""
    return f"strip_accents(lower({expression}))"


@dataclass(frozen=True)
class TextTest:
    """Whether the words of a value stand in a text (= for the whole text; * for any letters).

    A word of the value begins and ends where one of the text does.
    """

    parts: tuple[str, ...]
    is_whole: bool

    @classmethod
    def of(cls, term: Term) -> "TextTest":
        if term.operator not in ("", "=", ".."):
            what = f"{term.field} is a text: it has no {term.operator}"
            raise BadQuery(what, term.at, hint=f"Write {term.field}:value.")
        value = f"{term.text}..{term.upper}" if term.operator == ".." else term.text
        parts = [value] if term.is_quoted else value.split("*")
        return cls(tuple(fold(storable(part)) for part in parts), term.operator == "=")

    @property
    def _pattern(self) -> str:
        """For RE2, which DuckDB and Arrow share: many stars take it no longer than one."""
        body = ".*".join(re.escape(part) for part in self.parts)
        if self.is_whole:
            return f"(?s)^{body}$"
        before = r"(?:^|[^\pL\pN])" if self.parts[0][:1].isalnum() else ""
        after = r"(?:$|[^\pL\pN])" if self.parts[-1][-1:].isalnum() else ""
        return f"(?s){before}{body}{after}"

    def sql(self, expression: str, parameters: Parameters, *, many: bool = False) -> str:
        pattern = parameters.add(self._pattern)
        if many:
            return f"len(list_filter({expression}, lambda x: regexp_matches({folded('x')}, {pattern}))) > 0"
        return f"regexp_matches({folded(expression)}, {pattern})"

    def among(self, texts: Iterable[str]) -> list[str]:
        """Those that fit."""
        asked = list(texts)
        fits = pc.match_substring_regex(pa.array(map(fold, asked), pa.string()), self._pattern)
        return [text for text, is_so in zip(asked, fits.to_pylist(), strict=True) if is_so]


@dataclass(frozen=True)
class Bounds:
    """Numbers from `lower` to `upper`; None is open. Both ends belong, but where `strict`.

    What is as good as equal to an end is on the same side of it as the end itself.
    """

    lower: float | None
    upper: float | None
    strict: bool = False

    @classmethod
    def of(cls, term: Term, unit: str) -> "Bounds":
        """In `unit`. Raises BadQuery where the value is no number, or its unit does not fit."""

        def number(text: str, at: int) -> float:
            return number_in(text, unit, field=term.field, at=at)

        if term.operator == "..":
            low, high = _ends(term, unit)
            return cls(None if low is None else _below(low), None if high is None else _above(high))
        value = number(term.text, term.value_at)
        bounds: dict[str, Bounds] = {
            ">": cls(_above(value), None, strict=True),
            ">=": cls(_below(value), None),
            "<": cls(None, _below(value), strict=True),
            "<=": cls(None, _above(value)),
        }
        return bounds.get(term.operator) or cls(_below(value), _above(value))

    def sql(self, expression: str, parameters: Parameters) -> str:
        equal = "" if self.strict else "="
        sides = []
        if self.lower is not None:
            sides.append(f"{expression} >{equal} {parameters.add(self.lower)}")
        if self.upper is not None:
            sides.append(f"{expression} <{equal} {parameters.add(self.upper)}")
        return " AND ".join(sides)

    def mask(self, values: NDArray[Any]) -> Mask:
        """NaN is in no bounds."""
        above, below = (np.greater, np.less) if self.strict else (np.greater_equal, np.less_equal)
        found = ~np.isnan(values) if self.lower is None else above(values, self.lower)
        return found if self.upper is None else found & below(values, self.upper)


def _below(value: float) -> float:
    return value - abs(value) * RELATIVE_TOLERANCE


def _above(value: float) -> float:
    return value + abs(value) * RELATIVE_TOLERANCE


def _ends(term: Term, unit: str) -> tuple[float | None, float | None]:
    """10..20nm: a lower end without unit takes that of the upper."""
    typed_unit = re.sub(rf"^{NUMBER}", "", term.upper.strip())
    lower = term.text + typed_unit if re.fullmatch(NUMBER, term.text) else term.text
    upper_at = term.value_at + len(term.text) + 2
    low, high = (
        number_in(text, unit, field=term.field, at=at) if text else None
        for text, at in ((lower, term.value_at), (term.upper, upper_at))
    )
    return low, high


Moment = datetime | None


def window_asked(term: Term, now: datetime) -> tuple[Moment, Moment]:
    """Half open; < and > leave the window that was named wholly after or before."""
    if term.operator == "..":
        first = window_of(term.text, at=term.value_at, now=now)[0] if term.text else None
        last = window_of(term.upper, at=term.value_at + len(term.text) + 2, now=now)[1] if term.upper else None
        return first, last
    window = window_of(term.text, at=term.value_at, now=now)
    asked: dict[str, tuple[Moment, Moment]] = {
        "": window,
        "=": window,
        ">=": (window[0], None),
        ">": (window[1], None),
        "<": (None, window[0]),
        "<=": (None, window[1]),
    }
    return asked[term.operator]


def during(start: NDArray[np.int64], end: NDArray[np.int64], first: Moment, last: Moment) -> Mask:
    """What ends at `first` or later and begins before `last`. start, end: µs since 1970."""
    found = start != NO_TIME
    if first is not None:
        found &= end >= microseconds(first)
    if last is not None:
        found &= start < microseconds(last)
    return found


def microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def any_of(masks: Sequence[Mask], size: int) -> Mask:
    found = np.zeros(size, bool)
    for mask in masks:
        found |= mask
    return found


def all_of(masks: Sequence[Mask], size: int) -> Mask:
    found = masks[0].copy() if masks else np.ones(size, bool)
    for mask in masks[1:]:
        found &= mask
    return found
