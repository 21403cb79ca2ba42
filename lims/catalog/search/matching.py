"""SQL conditions on single values: texts by whole words, numbers with units, times by windows."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lims.catalog.leaves import fold
from lims.catalog.search.grammar import BadQuery, Term
from lims.catalog.search.quantities import number_in
from lims.catalog.search.times import window_of
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


def sure(condition: str) -> str:
    """Unknown is no: so that a negation finds what has no value."""
    return f"coalesce({condition}, false)"


def text_matches(expression: str, term: Term, parameters: Parameters, *, many: bool = False) -> str:
    """Whether the words of the value stand in the text (= for the whole text; * for any letters)."""
    if term.operator not in ("", "=", ".."):
        raise BadQuery(f"{term.field} is a text: it has no {term.operator}", term.at, hint=f"Write {term.field}:value.")
    value = f"{term.text}..{term.upper}" if term.operator == ".." else term.text
    pattern = parameters.add(pattern_of(value, whole=term.operator == "=", literal=term.is_quoted))
    if many:
        return sure(f"len(list_filter({expression}, lambda x: regexp_matches({folded('x')}, {pattern}))) > 0")
    return sure(f"regexp_matches({folded(expression)}, {pattern})")


def pattern_of(value: str, *, whole: bool = False, literal: bool = False) -> str:
    """A pattern for folded text: the value between the beginnings and ends of words."""
    parts = [value] if literal else value.split("*")
    body = ".*".join(re.escape(fold(part)) for part in parts)
    if whole:
        return f"(?s)^{body}$"
    before = r"(?:^|[^\pL\pN])" if parts[0][:1].isalnum() else ""
    after = r"(?:$|[^\pL\pN])" if parts[-1][-1:].isalnum() else ""
    return f"(?s){before}{body}{after}"


def number_matches(expression: str, term: Term, unit: str, parameters: Parameters) -> str:
    """Compare with a number in `unit`. Raises BadQuery where the value is none, or its unit does not fit."""

    def number(text: str, at: int) -> float:
        return number_in(text, unit, field=term.field, at=at)

    if term.operator == "..":
        return _range_matches(expression, term, unit, parameters)
    if term.operator in ("", "="):
        wanted = number(term.text, term.value_at)
        value, tolerance = parameters.add(wanted), parameters.add(abs(wanted) * RELATIVE_TOLERANCE)
        return sure(f"abs({expression} - {value}) <= {tolerance}")
    return sure(f"{expression} {term.operator} {parameters.add(number(term.text, term.value_at))}")


def _range_matches(expression: str, term: Term, unit: str, parameters: Parameters) -> str:
    """Both ends belong to the range. 10..20nm: a lower end without unit takes that of the upper."""
    typed_unit = re.sub(r"^[\d.eE+-]*", "", term.upper)
    lower = term.text + typed_unit if re.fullmatch(r"[\d.eE+-]+", term.text) else term.text
    upper_at = term.value_at + len(term.text) + 2
    conditions = []
    for text, operator, at in ((lower, ">=", term.value_at), (term.upper, "<=", upper_at)):
        if text:
            number = number_in(text, unit, field=term.field, at=at)
            conditions.append(f"{expression} {operator} {parameters.add(number)}")
    return sure(" AND ".join(conditions))


def time_matches(start: str, end: str, term: Term, now: datetime, parameters: Parameters) -> str:
    """Windows that overlap the one asked; < and > leave it wholly after or before."""
    if term.operator == "..":
        first = window_of(term.text, at=term.value_at, now=now)[0] if term.text else None
        last = window_of(term.upper, at=term.value_at + len(term.text) + 2, now=now)[1] if term.upper else None
    else:
        window = window_of(term.text, at=term.value_at, now=now)
        first, last = {
            "": window,
            "=": window,
            ">=": (window[0], None),
            ">": (window[1], None),
            "<": (None, window[0]),
            "<=": (None, window[1]),
        }[term.operator]
    return during(start, end, first, last, parameters)


def during(start: str, end: str, first: datetime | None, last: datetime | None, parameters: Parameters) -> str:
    conditions = []
    if first is not None:
        conditions.append(f"{end} >= {parameters.add(first)}")
    if last is not None:
        conditions.append(f"{start} < {parameters.add(last)}")
    return sure(" AND ".join(conditions) or "true")
