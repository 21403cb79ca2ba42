"""Activities: datasets of a session acquired close together in time.

Every session has its own rhythm (a tilt series writes every 5 s, a map every 10 minutes), so no fixed pause separates
activities. A pause does that is unusual for this session: longer than Tukey's fence, Q3 + 1.5 (Q3 - Q1), of its gaps
(and than 1.5 Q3, as a steady rhythm has no spread). With fewer than four gaps there is no rhythm to speak of, and
`lone_s` decides.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True)
class Rhythm:
    """factor: of the interquartile range beyond Q3, and of Q3 itself. shortest_s: no shorter pause separates.

    lone_s: the pause that separates where there are too few files for a rhythm.
    """

    factor: float = 1.5
    shortest_s: float = 120.0
    lone_s: float = 1800.0


ORDINARY = Rhythm()


def cut(moments: Sequence[datetime], rhythm: Rhythm = ORDINARY) -> list[range]:
    """Cut sorted moments into activities: ranges of their indices, in order, that cover them all."""
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    limit = longest_ordinary_pause(gaps, rhythm)
    ends = [number + 1 for number, gap in enumerate(gaps) if gap > limit]
    edges = [0, *ends, len(moments)]
    return [range(first, last) for first, last in pairwise(edges) if last > first]


def longest_ordinary_pause(gaps: Sequence[float], rhythm: Rhythm) -> float:
    """Seconds. Gaps of nothing (files of one shot, copies with one time) say nothing about the rhythm."""
    real = [gap for gap in gaps if gap > 0]
    if len(real) < 4:
        return max(rhythm.shortest_s, rhythm.lone_s)
    first, _, third = statistics.quantiles(real, n=4, method="inclusive")
    return max(rhythm.shortest_s, third + rhythm.factor * (third - first), rhythm.factor * third)
