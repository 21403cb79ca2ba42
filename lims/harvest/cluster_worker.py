"""What runs on a Dask worker: a shard of files is read there as it would be here, in fenced children of a fork server.

Results go back as they are, pictures as bytes: a worker need not see the facility's folder, only the stores.
"""

import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from distributed import Worker, WorkerPlugin, get_worker

from lims.errors import LimsError, Unavailable
from lims.extractors import Limits, Pool
from lims.harvest.previews import preview_paths
from lims.harvest.reading import Done, Work, read_all
from lims.harvest.retrying import readers_now
from lims.harvest.sharding import handfuls
from lims.settings import Settings
from lims.stores import Store, open_stores


@dataclass(frozen=True)
class Carried:
    """pictures: the large and the small one, as files; empty where there are none."""

    done: Done
    pictures: tuple[bytes, ...] = ()


class Readers(WorkerPlugin):  # type: ignore[misc, unused-ignore]  # where it is not installed
    """One on each worker, for one facility. limits: of each child. together: the readers that the facility has."""

    def __init__(self, settings: Settings, limits: Limits, together: str) -> None:
        self.name = f"lims {settings.folder}"
        self.settings = settings
        self.limits = limits
        self.together = together

    def setup(self, worker: Worker) -> None:
        self.address = worker.address
        self.pool = Pool(self.limits)

    def teardown(self, worker: Worker) -> None:
        self.pool.close()

    @cached_property
    def stores(self) -> dict[str, Store]:
        return open_stores(self.settings)

    def read(self, works: Sequence[Work]) -> Iterator[Carried]:
        """In handfuls, so not in the order of the works."""
        folder = Path(tempfile.mkdtemp(prefix="lims-"))
        try:
            for handful in handfuls(works, 1):
                store = self.stores[handful[0].dataset.store]
                for done in read_all(handful, store, self.pool, folder):
                    target = preview_paths(folder, done.work.dataset.id)
                    yield Carried(done, tuple(one.read_bytes() for one in target.pictures if one.exists()))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def check_readers(self) -> None:
        if readers_now()[1] != self.together:
            hint = "Install the same version of jupyter-lims, and of the packages that bring extractors, on both."
            raise Unavailable(f"The Dask worker at {self.address} has other readers than the facility.", hint=hint)


def dask_setup(worker: Worker) -> None:
    """Called where a worker preloads this module, as those of our own cluster do: Ctrl-C is for whom they work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def read_shard(name: str, works: Sequence[Work]) -> list[Carried]:
    """Runs on a worker. name: of the plug-in. Raises Unavailable where no file can be read there."""
    readers = cast(Readers, get_worker().plugins[name])
    readers.check_readers()
    try:
        return list(readers.read(works))
    except LimsError as error:
        raise Unavailable(f"The Dask worker at {readers.address}: {error.message}", hint=error.hint) from error
