"""Many datasets read at the same time, in batches as they are done.

However many there are: each worker has one at hand, and what waits to be kept is bounded in number and in bytes
(outbox.py), so that workers wait for a catalog that is slower than they are.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from lims.harvest.halting import Halt
from lims.harvest.outbox import Outbox, weight_of
from lims.harvest.pace import Pace
from lims.harvest.reading import Done, Work, no_room, read_all
from lims.harvest.registering import BATCH
from lims.harvest.report import Progress
from lims.harvest.sharding import Shard, handfuls
from lims.harvest.tools import Tools

FLUSH_S = 0.25
SLOWEST_FLUSH_S = 6.0
SHARE = 16
"""A batch is gathered so many times as long as keeping the last one took: most of the time is for reading."""
BATCH_BYTES = 16 << 20
MOST_WAITING_BYTES = 32 << 20
"""Of what readers told, as text; as Python's objects it is several times as much."""
LEAST_FREE_BYTES = 64 << 20


class Crew(Protocol):
    """Who reads. Yields done work in any order, and None now and then so that a batch is not kept waiting.

    Ends early where it is halted, with what was at hand. Raises Unavailable where no file can be read.
    """

    def read(self, works: Sequence[Work], halt: Halt) -> Iterator[Done | None]: ...


def batches_of_done(
    works: Sequence[Work], crew: Crew, progress: Callable[[Progress], None], halt: Halt
) -> Iterator[list[Done]]:
    """At most 100 files, 16 MB or 250 ms go into one batch, or up to 6 s where keeping takes long."""
    batch: list[Done] = []
    since, pause_s, weight, pace = time.monotonic(), FLUSH_S, 0, Pace(works)
    for done in crew.read(works, halt):
        if done is not None:
            batch.append(done)
            weight += weight_of(done)
            progress(pace.after(done.work))
        is_full = len(batch) >= BATCH or weight >= BATCH_BYTES
        if batch and (is_full or time.monotonic() - since >= pause_s):
            begin = time.monotonic()
            yield batch
            batch, weight, since = [], 0, time.monotonic()
            pause_s = min(max(FLUSH_S, SHARE * (since - begin)), SLOWEST_FLUSH_S)
    if batch:
        yield batch


class LocalCrew:
    """Threads of this process; each has one child of the fork server at a time, which reads a handful of files."""

    def __init__(self, tools: Tools, workers: int) -> None:
        self.tools = tools
        self.workers = workers

    def read(self, works: Sequence[Work], halt: Halt) -> Iterator[Done | None]:
        ahead, outbox = Ahead(handfuls(works, self.workers)), Outbox(BATCH, MOST_WAITING_BYTES)
        threads = [
            threading.Thread(target=self.work_off, args=(ahead, outbox, halt), name=f"harvest-{number}")
            for number in range(min(self.workers, len(works)))
        ]
        outbox.expect(len(threads))
        for thread in threads:
            thread.start()
        try:
            while not outbox.is_over:
                yield outbox.take(FLUSH_S)
        finally:
            outbox.close()
            for thread in threads:
                thread.join()

    def work_off(self, ahead: "Ahead", outbox: Outbox, halt: Halt) -> None:
        with outbox.reader():
            while not halt.is_set() and (handful := ahead.next()) is not None:
                make_sure_of_room(self.tools.previews)
                store = self.tools.stores[handful[0].dataset.store]
                with closing(read_all(handful, store, self.tools.pool, self.tools.previews)) as reading:
                    for done in reading:
                        outbox.put(done)
                        if halt.is_set():
                            break


class Ahead:
    """What is still to be done, handed out one by one to whoever asks."""

    def __init__(self, parts: Sequence[Shard]) -> None:
        self._left = iter(parts)
        self._lock = threading.Lock()

    def next(self) -> Shard | None:
        with self._lock:
            return next(self._left, None)


def make_sure_of_room(previews: Path) -> None:
    """Raises Unavailable where the disk has no room for what would be written."""
    free = shutil.disk_usage(previews).free
    if free < LEAST_FREE_BYTES:
        raise no_room(previews, f" ({free >> 20} MB left)")
