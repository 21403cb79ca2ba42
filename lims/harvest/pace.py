"""How far a pass is, how fast it goes, and how long it will still take."""

import time
from collections.abc import Sequence

from lims.harvest.reading import Work
from lims.harvest.report import Progress

FILE_AS_BYTES = 8 << 20
"""What opening and drawing a file costs, as bytes that could be hashed meanwhile.

Small files go first: their number alone would promise an early end, and the bytes alone a late one.
"""


class Pace:
    """works: all that the pass will do. Counts from when it is made."""

    def __init__(self, works: Sequence[Work]) -> None:
        self.total = len(works)
        self.bytes_total = sum(map(bytes_of, works))
        self.done = 0
        self.bytes_done = 0
        self.begin = time.monotonic()

    def after(self, work: Work) -> Progress:
        self.done += 1
        self.bytes_done += bytes_of(work)
        seconds = max(time.monotonic() - self.begin, 1e-6)
        return Progress(
            self.done,
            self.total,
            work.dataset.key,
            self.bytes_done,
            self.bytes_total,
            round(self.done / seconds, 2),
            round(self.bytes_done / seconds),
            round(self.remaining_s(seconds), 1),
        )

    def remaining_s(self, seconds: float) -> float:
        done = self.bytes_done + FILE_AS_BYTES * self.done
        total = self.bytes_total + FILE_AS_BYTES * self.total
        return seconds * (total - done) / done


def bytes_of(work: Work) -> int:
    """What is read from the first byte to the last. A reader takes of a large file what it needs."""
    return work.dataset.bytes if work.do_hash else 0
