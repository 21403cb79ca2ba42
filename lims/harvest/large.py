"""Files that take long to hash, one after the other beside the passes, so that nothing waits for them.

They have been registered, read and shown before; a smaller one overtakes the one at hand between two of its chunks.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

from lims.errors import LimsError
from lims.harvest.halting import Halt, Halted
from lims.harvest.keeping import Kept
from lims.harvest.reading import LARGE, Done, Work, read
from lims.harvest.tools import Tools

log = logging.getLogger(__name__)
LOOK_S = 0.2
CLOSE_S = 5.0


def is_late(work: Work) -> bool:
    """Whether a pass leaves it for afterwards."""
    return work.do_hash and work.dataset.bytes > LARGE


@dataclass
class Waiting:
    """One file that is hashed or will be. kept: what came of it; Halted, where it was told to end."""

    work: Work
    kept: "Future[Kept]" = field(default_factory=Future)
    is_dropped: bool = False
    bytes_done: int = 0
    since: float = 0.0

    @property
    def bytes_left(self) -> int:
        return self.work.dataset.bytes - self.bytes_done

    def told(self) -> dict[str, Any]:
        one, seconds = self.work.dataset, time.monotonic() - self.since
        pace = self.bytes_done / seconds if self.bytes_done and self.since else 0.0
        return {
            "dataset": one.id,
            "key": one.key,
            "bytes_done": self.bytes_done,
            "bytes": one.bytes,
            "bytes_per_s": round(pace),
            "remaining_s": round(self.bytes_left / pace, 1) if pace else None,
        }


class LargeFiles:
    """keep: puts what was done into the catalog. Its thread is there while there is something to do."""

    def __init__(self, tools: Tools, keep: Callable[[Done], Kept]) -> None:
        self.tools = tools
        self.keep = keep
        self._lock = threading.Lock()
        self._known: dict[str, Waiting] = {}
        self._queue: list[tuple[int, int, Waiting]] = []
        self._number = itertools.count()
        self._thread: threading.Thread | None = None

    def add(self, works: Sequence[Work]) -> list[Waiting]:
        """Without waiting for them. Answers with one for each; what was known already is not done twice."""
        with self._lock:
            added = [self._entered(one) for one in works]
            if self._queue and self._thread is None:
                self._thread = threading.Thread(target=self._work_off, name="harvest-large", daemon=True)
                self._thread.start()
        return added

    def _entered(self, work: Work) -> Waiting:
        known = self._known.get(work.dataset.id)
        if known is not None and not known.is_dropped:
            return known
        new = self._known[work.dataset.id] = Waiting(work)
        heapq.heappush(self._queue, (new.bytes_left, next(self._number), new))
        return new

    def finish(self, works: Sequence[Work], halt: Halt) -> list[Kept]:
        """Do these and wait for them. Where that is halted, those that nobody else has added are dropped.

        Raises Unavailable where they cannot be read now.
        """
        awaited = self.add(works)
        futures = {one.kept for one in awaited}
        while wait(futures, LOOK_S).not_done and not halt.is_set():
            pass
        if halt.is_set():
            self.drop([one for one in awaited if any(one.work is work for work in works)])
        return [one.result() for one in futures if one.done() and not isinstance(one.exception(), Halted)]

    def drop(self, waiting: Sequence[Waiting]) -> None:
        for one in waiting:
            one.is_dropped = True

    def drop_all(self) -> None:
        with self._lock:
            there = list(self._known.values())
        self.drop(there)

    def told(self) -> list[dict[str, Any]]:
        """What is under way first, then what waits."""
        with self._lock:
            there = [one for one in self._known.values() if not one.is_dropped]
        return [one.told() for one in sorted(there, key=lambda one: (not one.since, one.bytes_left))]

    def close(self) -> None:
        self.drop_all()
        thread = self._thread
        if thread is not None:
            thread.join(CLOSE_S)

    # --- in the thread -------------------------------------------------------------------------------------------

    def _work_off(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._thread = None
                    return
            self._do_next()

    def _do_next(self, smaller_than: int | None = None) -> bool:
        with self._lock:
            if not self._queue or (smaller_than is not None and self._queue[0][0] >= smaller_than):
                return False
            one = heapq.heappop(self._queue)[-1]
        try:
            one.kept.set_result(self._done(one))
        except BaseException as error:  # noqa: BLE001 — raised where it is awaited
            one.kept.set_exception(error)
            if not isinstance(error, Halted):
                log.log(logging.WARNING if isinstance(error, LimsError) else logging.ERROR,
                        "%s is not hashed yet: %s", one.work.dataset.key, error)
        finally:
            with self._lock:
                if self._known.get(one.work.dataset.id) is one:
                    del self._known[one.work.dataset.id]
        return True

    def _done(self, one: Waiting) -> Kept:
        one.since = time.monotonic()

        def hear(bytes_more: int) -> None:
            one.bytes_done += bytes_more
            self._check(one)
            while self._do_next(smaller_than=one.bytes_left):
                pass

        self._check(one)
        store = self.tools.stores[one.work.dataset.store]
        return self.keep(read(one.work, store, self.tools.pool, self.tools.previews, hear))

    def _check(self, one: Waiting) -> None:
        if one.is_dropped or self.tools.stop.is_set():
            raise Halted
