"""How far an instrument's clock is off, measured from what is known anyway: the logbook, and the files' own times."""

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from lims.catalog import View
from lims.harvest.attaching import ground_of
from lims.harvest.clocks import NEAR, inner_time, own_time
from lims.harvest.scope import Ground
from lims.model import Dataset, Session

FEWEST = 3
"""Files that must be better placed by another offset, or say it alike, before it is proposed."""
LARGEST = timedelta(hours=14)
HALF_HOUR = 1800.0
"""Clocks are wrong by whole hours or half ones, by a zone or by daylight saving, more often than by any other time."""
STEADY_S = 120.0
NEWEST = 2000


@dataclass(frozen=True)
class ClockCheck:
    """The clock that wrote the times inside the files of one source. Offsets in s, positive where it is ahead.

    offset_s: as in facility.toml. files: with a time inside, of the newest 2,000. inside_minus_file_s, spread_s: median
    of the time inside minus the file's own, and the median distance from it: long before zero where exposures are long
    or copies late. in_sessions: how many of them lie in a logged session now, and with proposed_s (None for nothing
    better) instead of offset_s.
    """

    instrument: str
    store: str
    prefix: str
    offset_s: float
    files: int
    inside_minus_file_s: float | None = None
    spread_s: float | None = None
    in_sessions: int = 0
    proposed_s: float | None = None
    in_sessions_then: int = 0


def clock_checks(view: View, grounds: Sequence[Ground]) -> list[ClockCheck]:
    """One for each source of each instrument. view: must see everything."""
    return [check(view, ground, grounds) for ground in grounds]


def check(view: View, ground: Ground, grounds: Sequence[Ground]) -> ClockCheck:
    datasets = view.datasets(instrument=ground.instrument.id, newest=NEWEST)
    mine = [one for one in datasets if one.kind == "raw" and ground_of(grounds, one) == ground]
    raw = replace(ground.source, clock_offset_s=0.0)
    moments = [(one, inner.at) for one in mine if (inner := inner_time(one, ground.instrument.timezone, raw))]
    found = ClockCheck(
        ground.instrument.id, ground.store, ground.prefix, ground.source.clock_offset_s, len(moments)
    )
    if not moments:
        return found
    found = against_files(found, moments, ground)
    sessions = [one for one in view.sessions(instrument=ground.instrument.id, limit=None) if one.state != "cancelled"]
    return against_log(found, [moment for _, moment in moments], sessions)


def against_files(found: ClockCheck, moments: Sequence[tuple[Dataset, datetime]], ground: Ground) -> ClockCheck:
    distances = [(moment - own_time(one, ground.source)).total_seconds() for one, moment in moments]
    near = [one for one in distances if abs(one) <= NEAR.total_seconds()]
    if not near:
        return found
    middle = statistics.median(near)
    spread = statistics.median(abs(one - middle) for one in near)
    return replace(found, inside_minus_file_s=round(middle, 1), spread_s=round(spread, 1))


def against_log(found: ClockCheck, moments: Sequence[datetime], sessions: Sequence[Session]) -> ClockCheck:
    """Propose what the files' own times say alike, if the log does not object; else what the log says."""
    intervals = spans(moments, sessions)
    now = covered(found.offset_s, intervals)
    by_files = said_by_files(found)
    if by_files is not None and intervals and covered(by_files, intervals) >= now:
        return replace(found, in_sessions=now, proposed_s=by_files, in_sessions_then=covered(by_files, intervals))
    best = most_covered(intervals, found.offset_s)
    if best is None or best[0] - now < max(FEWEST, len(moments) // 5):
        return replace(found, in_sessions=now)
    return replace(found, in_sessions=now, proposed_s=best[1], in_sessions_then=best[0])


def said_by_files(found: ClockCheck) -> float | None:
    """The other half hour that the times inside lie off the files' own, all of them alike; None for none."""
    distance, spread = found.inside_minus_file_s, found.spread_s
    if distance is None or spread is None or found.files < FEWEST or spread > STEADY_S:
        return None
    rounded = HALF_HOUR * round(distance / HALF_HOUR)
    is_near = abs(distance - rounded) <= STEADY_S
    return rounded if is_near and abs(rounded - found.offset_s) >= HALF_HOUR else None


def spans(moments: Sequence[datetime], sessions: Sequence[Session]) -> list[tuple[float, float]]:
    """(lowest, highest) offsets that bring one of the moments into one session: [start, end) = moment - offset."""
    now = datetime.now(UTC)
    ordered = sorted(sessions, key=lambda one: one.start)
    starts = [one.start for one in ordered]
    longest = max(((one.end or now) - one.start for one in ordered), default=timedelta(0))
    return [
        ((moment - (one.end or now)).total_seconds(), (moment - one.start).total_seconds())
        for moment in moments
        for one in ordered[bisect_left(starts, moment - LARGEST - longest) : bisect_right(starts, moment + LARGEST)]
    ]


def covered(offset_s: float, intervals: Sequence[tuple[float, float]]) -> int:
    return sum(low < offset_s <= high for low, high in intervals)


def most_covered(intervals: Sequence[tuple[float, float]], near_s: float) -> tuple[int, float] | None:
    """(how many, the offset) of the best stretch of offsets; of several equal ones that nearest to `near_s`."""
    edges = sorted([(low, 1) for low, _ in intervals] + [(high, -1) for _, high in intervals])
    best: tuple[int, float] | None = None
    count = 0
    for (at, change), (following, _) in pairwise([*edges, (float("inf"), 0)]):
        count += change
        if count and following > at:
            offset = chosen(at, following, near_s)
            if best is None or (count, -abs(offset - near_s)) > (best[0], -abs(best[1] - near_s)):
                best = (count, offset)
    return best


def chosen(low: float, high: float, near_s: float) -> float:
    """Of a stretch of offsets the present one, else a half hour, else the nearest."""
    nearest = min(max(near_s, low), high)
    rounded = HALF_HOUR * round((low + high) / 2 / HALF_HOUR)
    if low < near_s <= high:
        return near_s
    return rounded if low < rounded <= high else round(nearest, 1)
