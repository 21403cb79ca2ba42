"""Which files are still growing: a file is read when it has been quiet for a while."""

import time
from datetime import UTC, datetime, timedelta

from lims.harvest.finding import Found

LONGEST_MEMORY = 200_000


class Settling:
    """Remembers how files looked, because a share may not update the time of a file that grows."""

    def __init__(self, settle_s: float) -> None:
        self.settle_s = settle_s
        self._looks: dict[tuple[str, str], tuple[object, float]] = {}

    def is_quiet(self, found: Found) -> bool:
        """Quiet: written longer ago than `settle_s` and not seen to change, or seen unchanged for so long.

        The second is for clocks that are ahead of ours.
        """
        place = (found.ground.store, found.key)
        before = self._looks.get(place)
        if before is None or before[0] != found.signature:
            if len(self._looks) > LONGEST_MEMORY:
                self._looks.clear()
            self._looks[place] = (found.signature, time.monotonic())
        was_seen_changing = before is not None and before[0] != found.signature
        is_old = datetime.now(UTC) - found.newest >= timedelta(seconds=self.settle_s)
        if is_old and not was_seen_changing:
            return True
        return time.monotonic() - self._looks[place][1] >= self.settle_s
