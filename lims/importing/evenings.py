"""Which files were made in one go at an instrument: what a session would have been, had anybody logged it.

The rule: a pause of eight hours separates two sessions; so does one of three hours during which, at the instrument,
midnight passes. Who works through the night is not cut in two by the date, and who comes back the next morning is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

PAUSE = timedelta(hours=8)
NIGHT = timedelta(hours=3)
RULE = "at pauses of 8 h, or of 3 h over midnight"


def evenings(moments: Sequence[datetime], timezone: str) -> list[range]:
    """Cut sorted moments into sessions: ranges of their indices, in order, that cover them all."""
    zone = ZoneInfo(timezone)
    ends = [number for number, pair in enumerate(pairwise(moments), 1) if is_pause(*pair, zone)]
    edges = [0, *ends, len(moments)]
    return [range(first, last) for first, last in pairwise(edges) if last > first]


def is_pause(earlier: datetime, later: datetime, zone: ZoneInfo) -> bool:
    passes_midnight = earlier.astimezone(zone).date() != later.astimezone(zone).date()
    return later - earlier >= (NIGHT if passes_midnight else PAUSE)
