"""Which files are still growing: a file is read when it has been quiet for a while, and whole."""

import time
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime

from lims.extractors.companions import awaited, locks_of
from lims.harvest.finding import Found

LONGEST_MEMORY = 200_000
PATIENCE = 2.0
"""How many times the longest pause between its changes a file must be quiet."""
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 150.0
"""Of less than this every program makes; after more than this it is written anew, and read in between."""
LOCKED_S = 600.0
"""For locks that nobody took away."""


@dataclass(frozen=True)
class Growing:
    """A dataset that is left for now. bytes_per_s: since it was first seen. why: in words."""

    key: str
    instrument: str
    bytes: int
    bytes_per_s: float
    since: datetime
    why: str


@dataclass
class History:
    """How a dataset looked at earlier passes; first_s, changed_s and looked_s are times of our own clock.

    since, first: of this growth. pause_s: the longest that it was silent for and then changed all the same.
    is_settled: it was quiet at the last look. is_lacking: it waited for another file then.
    """

    signature: object
    newest: datetime
    since: datetime
    first_s: float
    first_bytes: int
    changed_s: float
    looked_s: float
    pause_s: float = 0.0
    has_changed: bool = False
    is_settled: bool = False
    is_lacking: bool = False


class Settling:
    """Remembers how files looked, because a share may not update the time of a file that grows.

    A dataset (its main file and every companion) is quiet when it was written longer ago than `settle_s`, or was seen
    unchanged for so long where its clock is ahead of ours. One that was seen to change must be seen unchanged for
    `settle_s`; where it had paused for 5 to 150 s and then went on, for twice the longest such pause: so one that is
    written to every half a minute is read once too early and then when it is whole. Then it waits for what it is
    written together with, until it is `companion_s` old, and for a lock beside it, until it has been quiet for ten
    minutes. Where somebody asks for it, being quiet for `settle_s` and without a lock is enough.
    """

    def __init__(self, settle_s: float, companion_s: float = 60.0) -> None:
        self.settle_s = settle_s
        self.companion_s = companion_s
        self._histories: dict[tuple[str, str], History] = {}

    def growing(
        self, found: Found, beside: Container[str] = (), folders_with_mdoc: Container[str] = (), *,
        all_here: bool = False, asked: bool = False,
    ) -> Growing | None:
        """What keeps it from being read, None where it can be. beside: keys of leftovers, where locks are among.

        all_here: nothing comes after it, as of files that somebody has brought in. asked: somebody wants it now, so
        neither a pause as long as earlier ones nor other files are waited for.
        """
        now_s, now = time.monotonic(), datetime.now(UTC)
        history = self._history(found, now_s, now)
        unrest = self._unrest(history, now_s, asked)
        lock = "" if all_here else self._lock(found, history, now_s, beside)
        lack = "" if all_here or asked else self._lack(found, history, now_s, folders_with_mdoc)
        why = unrest or lock or lack
        history.looked_s, history.is_settled, history.is_lacking = now_s, not why, bool(why and not unrest)
        if not why:
            return None
        took_s = now_s - history.first_s
        rate = max(0, found.bytes - history.first_bytes) / took_s if took_s else 0.0
        return Growing(found.key, found.ground.instrument.id, found.bytes, round(rate, 1), history.since, why)

    def _history(self, found: Found, now_s: float, now: datetime) -> History:
        place = (found.ground.store, found.key)
        known = self._histories.get(place)
        if known is None:
            self._make_room()
            known = History(found.signature, found.newest, now, now_s, found.bytes, now_s, now_s)
            self._histories[place] = known
        elif known.signature != found.signature:
            noted(known, found, now_s, now)
        return known

    def _unrest(self, history: History, now_s: float, asked: bool) -> str:
        silent_s = now_s - history.changed_s
        if history.has_changed:
            enough_s = max(self.settle_s, 0.0 if asked else PATIENCE * history.pause_s)
            return "" if silent_s >= enough_s else f"it is being written; read after {enough_s:.0f} s of silence"
        age_s = (datetime.now(UTC) - history.newest).total_seconds()
        return "" if max(age_s, silent_s) >= self.settle_s else "it was written just now"

    def _lock(self, found: Found, history: History, now_s: float, beside: Container[str]) -> str:
        lock = next((one for key in found.keys for one in locks_of(key) if one in beside), "")
        is_held = lock and age(found, history, now_s) < LOCKED_S
        return f"{lock.rpartition('/')[2]} says that it is being written" if is_held else ""

    def _lack(self, found: Found, history: History, now_s: float, folders_with_mdoc: Container[str]) -> str:
        is_young = age(found, history, now_s) < self.companion_s
        lacking = awaited(found.keys, folders_with_mdoc) if is_young else ""
        return f"it waits for its {lacking}" if lacking else ""

    def _make_room(self) -> None:
        """The oldest are forgotten first."""
        if len(self._histories) > LONGEST_MEMORY:
            for place in list(self._histories)[: LONGEST_MEMORY // 2]:
                del self._histories[place]


def age(found: Found, history: History, now_s: float) -> float:
    """Seconds since it was written, by its own time or as we have watched it."""
    return max((datetime.now(UTC) - found.newest).total_seconds(), now_s - history.changed_s)


def noted(known: History, found: Found, now_s: float, now: datetime) -> None:
    """It has changed since the last look."""
    pause_s = 0.0 if known.is_lacking else silence(known, found, now_s)
    if SHORTEST_PAUSE_S <= pause_s <= LONGEST_PAUSE_S:
        known.pause_s = max(known.pause_s, pause_s)
    if known.is_settled:
        known.since, known.first_s, known.first_bytes = now, now_s, found.bytes
    known.signature, known.newest, known.changed_s, known.has_changed = found.signature, found.newest, now_s, True


def silence(known: History, found: Found, now_s: float) -> float:
    """How long it had been silent before it changed: as we have watched it, or, once nobody watched it any more, by its
    own times, but not for longer than our clock says.
    """
    watched_s = known.looked_s - known.changed_s
    if not known.is_settled:
        return watched_s
    return max(watched_s, min((found.newest - known.newest).total_seconds(), now_s - known.changed_s))
