"""Times in the cells of a table: when it begins and ends, and the seconds of each row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.extractors.tables.cells import BOTH, kind_of

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SHORT_DATE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})")
DAY_S = 86_400.0
EVEN = 0.01
"""How far from a line, of the whole, times may be that are told by their mean step."""


@dataclass(frozen=True)
class Times:
    """seconds: of each row since the first, NaN where a row has none.

    start, end: ISO 8601, "" without a date, and a date alone where no row has a time of day.
    """

    seconds: NDArray[np.float64]
    start: str = ""
    end: str = ""

    @property
    def are_even(self) -> bool:
        return is_even(self.seconds)


def is_even(values: NDArray[np.float64]) -> bool:
    """Whether values run evenly enough for an axis of one step."""
    if len(values) < 2 or not np.isfinite(values).all() or values[-1] == values[0]:
        return False
    line = np.linspace(values[0], values[-1], len(values))
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all()) and bool(
        np.abs(values - line).max() <= EVEN * abs(values[-1] - values[0])
    )


def times_of(cells: Sequence[Any], clocks: Sequence[Any] | None = None) -> Times | None:
    """Times of a column; clocks: those of a second one, where the first has only dates. None where nothing is sure.

    3/4/2024 is either of two days, so a column in which no row decides it tells no times.
    """
    day_first = order_of_days(cells)
    pairs = zip(cells, clocks, strict=True) if clocks is not None else ((cell, None) for cell in cells)
    moments = [iso(cell) or moment(cell, clock, day_first) for cell, clock in pairs]
    known = [one for one in moments if one is not None]
    if len(known) < 2 or len({one.tzinfo is None for one in known}) > 1:
        return None
    first = known[0]
    seconds = np.array([np.nan if one is None else (one - first).total_seconds() for one in moments])
    if first.year == 1:
        return Times(over_midnight(seconds))
    are_dates = clocks is None and all(kind_of(cell) in ("date", "") for cell in cells)
    start, end = (one.date().isoformat() if are_dates else one.isoformat() for one in (first, known[-1]))
    return Times(seconds, start, end)


def over_midnight(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """A clock without a date that falls back by hours has passed midnight."""
    return seconds + DAY_S * np.cumsum(np.diff(seconds, prepend=seconds[:1]) < -DAY_S / 2)


def order_of_days(cells: Sequence[Any]) -> bool | None:
    """True where the day stands before the month, False where behind it, None where no row decides it.

    Of 24-11-25 the first part may be a year; it is the day where it changes and the last part does not.
    """
    found = [one for cell in cells if isinstance(cell, str) and (one := SHORT_DATE.match(cell.strip()))]
    firsts, lasts = ({one[place] for one in found} for place in (1, 4))
    for one in found:
        is_day = one[2] == "." or len(one[4]) == 4 or (len(firsts) > 1 and len(lasts) == 1)
        if one[2] == "." or (int(one[1]) > 12 and is_day):
            return True
        if int(one[3]) > 12:
            return None if int(one[1]) > 12 else False
    return None


def iso(cell: Any) -> datetime | None:
    """What most logs have, without a look at every letter."""
    if not isinstance(cell, str) or cell[4:5] != "-" or len(cell) < 16:
        return None
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        return None


def moment(cell: Any, clock: Any, day_first: bool | None) -> datetime | None:
    """A time of the year 1 where only the clock is known."""
    try:
        if isinstance(cell, datetime):
            return cell
        if isinstance(cell, date):
            return datetime.combine(cell, time_in(clock))
        words = str(cell).strip()
        found = BOTH.fullmatch(words)
        if found:
            return parsed(found[1], found[2], day_first, found[found.re.groups] or "")
        kind = kind_of(cell)
        if kind == "date":
            return datetime.combine(date_in(words, day_first), time_in(clock))
        return datetime.combine(date.min, time_in(cell)) if kind == "clock" else None
    except (ValueError, OverflowError):
        return None


def parsed(day: str, clock: str, day_first: bool | None, zone: str) -> datetime:
    found = datetime.combine(date_in(day, day_first), time_in(clock))
    offset = "+00:00" if zone in ("Z", "UTC") else zone
    return datetime.fromisoformat(found.isoformat() + offset) if offset else found


@lru_cache(maxsize=256)
def date_in(words: str, day_first: bool | None) -> date:
    """Raises ValueError where day and month cannot be told apart."""
    parts = re.split(r"[-/. ]", words)
    if len(parts[0]) == 4:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    year = int(parts[2]) + (2000 if len(parts[2]) == 2 else 0)
    if parts[1][:3].lower() in MONTHS:
        return date(year, MONTHS.index(parts[1][:3].lower()) + 1, int(parts[0]))
    if day_first is None:
        raise ValueError(f"{words} is either of two days")
    day, month = (parts[0], parts[1]) if day_first else (parts[1], parts[0])
    return date(year, int(month), int(day))


def time_in(clock: Any) -> time:
    """Midnight for no clock at all."""
    if isinstance(clock, time):
        return clock
    if isinstance(clock, timedelta):
        return (datetime.min + clock).time()
    if clock is None or not str(clock).strip():
        return time()
    found = re.match(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*([AaPp])?", str(clock).strip())
    if not found:
        raise ValueError(f"{clock} is no time of day")
    half = (found[5] or "").lower()
    hour = int(found[1]) % 12 + (12 if half == "p" else 0) if half else int(found[1])
    return time(hour, int(found[2]), int(found[3] or 0), int((found[4] or "0")[:6].ljust(6, "0")))
