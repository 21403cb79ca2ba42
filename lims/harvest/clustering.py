"""Activities: datasets of a session acquired close together in time.

Every session has its own rhythm (a tilt series writes every 5 s, a map every 10 minutes), so no fixed pause separates
activities. A pause does that is unusual for this session: longer than Tukey's fence, Q3 + 1.5 (Q3 - Q1), of its gaps
(and than 1.5 Q3, as a steady rhythm has no spread). With fewer than four gaps there is no rhythm to speak of, and
`lone_s` decides. All four numbers are the facility's to change: [harvest.activities], or an instrument's own.
Source: J. W. Tukey, Exploratory Data Analysis, 1977.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from lims.model import Rhythm

ORDINARY = Rhythm()
FEWEST_GAPS = 4


@dataclass(frozen=True)
class Cluster:
    """indices: of the sorted moments. reason: why it begins here."""

    indices: range
    reason: str


def cut(moments: Sequence[datetime], rhythm: Rhythm = ORDINARY) -> list[Cluster]:
    """Cut sorted moments into activities, in order, that cover them all."""
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    limit, usual = longest_ordinary_pause(gaps, rhythm)
    pauses = {number + 1: gap for number, gap in enumerate(gaps) if gap > limit}
    reasons = ["the first files", *(f"after {span(gap)} without a file; {usual}" for gap in pauses.values())]
    ranges = [range(first, last) for first, last in pairwise([0, *pauses, len(moments)])]
    return [Cluster(one, reason) for one, reason in zip(ranges, reasons, strict=True) if one]


def longest_ordinary_pause(gaps: Sequence[float], rhythm: Rhythm) -> tuple[float, str]:
    """(seconds, in words). Gaps of nothing (files of one shot, copies with one time) say nothing about the rhythm."""
    real = [gap for gap in gaps if gap > 0]
    if len(real) < FEWEST_GAPS:
        limit = max(rhythm.shortest_s, rhythm.lone_s)
        return limit, f"where files are few, {span(limit)} separate"
    first, _, third = statistics.quantiles(real, n=4, method="inclusive")
    limit = max(rhythm.shortest_s, third + rhythm.factor * (third - first), rhythm.factor * third)
    return limit, f"up to {span(limit)} is usual in this session"


def span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
