"""Where two places of a file speak of the same field: one is chosen, and what contradicts it is kept beside it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lims.model import OtherValue, Value
from lims.model.vocabulary import FIELDS, is_text

TOLERANCE = 2e-3
"""Vendors round what they show: 1.234 nm beside 1.2341 nm is no contradiction."""
ORDER = "asked first of the places that say it"
TIMES = ("start_time", "end_time")
SAME_MOMENT = timedelta(seconds=2)
FARTHEST_ZONE = timedelta(hours=14)
QUARTER = timedelta(minutes=15)


def chosen(field: str, values: Sequence[Value], why: str = "") -> Value:
    """The first, with those that contradict it among its others, each once. why: it is the first."""
    first = values[0]
    against: dict[tuple[str, str], OtherValue] = {}
    for other in values[1:]:
        for said in (other.plain, *other.others):
            if said.source != first.source and not agree(field, first.plain, said):
                against.setdefault((said.source, str(said.value)), said)
    known = {(one.source, str(one.value)) for one in first.others}
    others = (*first.others, *(one for place, one in against.items() if place not in known))
    return replace(first, others=others, note=first.note or why or ORDER) if others else first


def merged(*sources: Mapping[str, Value], why: str = "") -> dict[str, Value]:
    """Fields from several sources, the most trusted first. why: they stand in this order."""
    names = [name for name in FIELDS if any(name in source for source in sources)]
    return {name: chosen(name, [source[name] for source in sources if name in source], why) for name in names}


def agree(field: str, one: OtherValue, other: OtherValue) -> bool:
    if field in TIMES:
        return is_same_moment(one.value, other.value)
    if is_text(field):
        return folded(one.value) == folded(other.value)
    return one.unit == other.unit and math.isclose(one.value, other.value, rel_tol=TOLERANCE)


def folded(words: object) -> str:
    parts = words if isinstance(words, list | tuple) else [words]
    return " ".join(" ".join(str(part).split()) for part in parts).casefold()


def is_same_moment(one: object, other: object) -> bool:
    """Also a local time beside the same moment in UTC: apart by a time zone, which is a multiple of 15 minutes."""
    here, there = (datetime.fromisoformat(str(text)) for text in (one, other))
    if here.tzinfo is not None and there.tzinfo is not None:
        return abs(here - there) <= SAME_MOMENT
    apart = here.replace(tzinfo=None) - there.replace(tzinfo=None)
    from_zone = apart - QUARTER * round(apart / QUARTER)
    return abs(apart) <= FARTHEST_ZONE and abs(from_zone) <= SAME_MOMENT
