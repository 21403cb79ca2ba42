"""Many datasets read at the same time, in batches as they are done."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from lims.harvest.reading import Done, Work, no_room, read
from lims.harvest.registering import BATCH
from lims.harvest.report import Progress
from lims.harvest.tools import Tools

FLUSH_S = 0.25
LEAST_FREE_BYTES = 64 << 20
AHEAD = BATCH
"""Files handed to the workers before they are kept: reading goes on during a commit, and the next batch is larger."""


def batches_of_done(
    works: Sequence[Work], tools: Tools, workers: int, progress: Callable[[Progress], None]
) -> Iterator[list[Done]]:
    """At most 100 files or 250 ms go into one batch. Stops between files when asked to."""
    batch: list[Done] = []
    since, total, finished = time.monotonic(), len(works), 0
    for done in read_in_parallel(works, tools, workers):
        if done is not None:
            batch.append(done)
            finished += 1
            progress(Progress(finished, total, done.work.dataset.key))
        if batch and (len(batch) >= BATCH or time.monotonic() - since >= FLUSH_S):
            yield batch
            batch, since = [], time.monotonic()
    if batch:
        yield batch


def read_in_parallel(works: Sequence[Work], tools: Tools, workers: int) -> Iterator[Done | None]:
    """Done work as it comes, None now and then so that a batch is not kept waiting."""
    ahead = iter(works)
    with ThreadPoolExecutor(workers, thread_name_prefix="harvest") as threads:
        running = {started(threads, work, tools) for work in islice(ahead, AHEAD)}
        try:
            while running:
                ready, running = wait(running, FLUSH_S, FIRST_COMPLETED)
                for future in ready:
                    yield future.result()
                if not ready:
                    yield None
                more = 0 if tools.stop.is_set() else AHEAD - len(running)
                running |= {started(threads, work, tools) for work in islice(ahead, more)}
        finally:
            for future in running:
                future.cancel()


def started(threads: ThreadPoolExecutor, work: Work, tools: Tools) -> Future[Done]:
    """Raises Unavailable where the disk has no room for what would be written."""
    free = shutil.disk_usage(tools.previews).free
    if free < LEAST_FREE_BYTES:
        raise no_room(tools.previews, f" ({free >> 20} MB left)")
    store = tools.stores[work.dataset.store]
    return threads.submit(read, work, store, tools.pool, tools.previews)
