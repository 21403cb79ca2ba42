"""The harvest on a Dask cluster: shards of files go out, a bounded number at a time, and come back as if read here.

The only module that speaks to a scheduler, and with cluster_worker.py the only one that imports `distributed`.
"""

import contextlib
import logging
import queue
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from itertools import chain
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster
from distributed.comm.core import CommClosedError

from lims.errors import LimsError, Unavailable
from lims.harvest import cluster_worker
from lims.harvest.carrying import put_pictures
from lims.harvest.cluster_worker import Carried, Readers, read_shard
from lims.harvest.crew import FLUSH_S, make_sure_of_room
from lims.harvest.halting import Halt
from lims.harvest.reading import Done, Work, is_as_listed, read
from lims.harvest.retrying import readers_now
from lims.harvest.sharding import Shard, handfuls, shards
from lims.harvest.tools import Tools
from lims.settings import Settings

log = logging.getLogger(__name__)
CONNECT_S = 10.0
WORKERLESS_S = 30.0
"""So long a cluster may be without workers: a nanny starts one that has died within seconds."""
HALT_S = 5.0
"""So long what is under way is waited for when the pass is told to end."""
AHEAD = 2
"""Shards for each thread of the workers: one that is read, and one that waits beside it."""
QUIET: dict[str, Any] = {
    "distributed.scheduler.http.routes": [],  # pages that anybody on this machine could read
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,  # looks at every thread a hundred times a second
}
LOST = (CancelledError, CommClosedError, OSError, TimeoutError)


class Cluster:
    """Connected with the first pass that reads something, and again after a scheduler was away."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.table = settings.harvest.dask
        self.name = f"lims {settings.folder}"
        logging.getLogger("distributed").setLevel(logging.WARNING)  # it tells of every step on stderr
        self._local: LocalCluster | None = None
        self._client: Client | None = None

    @property
    def place(self) -> str:
        return self.table.scheduler or "this machine"

    def crew(self, tools: Tools, workers: int | None) -> "ShardCrew":
        return ShardCrew(self, tools, workers)

    def client(self, tools: Tools) -> Client:
        """Raises Unavailable where there is no scheduler, or no worker."""
        if self._client is not None and self._client.status != "running":
            self.close()
        if self._client is None:
            try:
                self._client = self.connected()
                self._client.wait_for_workers(1, timeout=CONNECT_S)
                self._client.register_plugin(Readers(self.settings, tools.pool.limits, readers_now()[1]))
            except LOST as error:
                self.close()
                raise self.away(str(error) or type(error).__name__) from error
            except Exception as error:  # whatever a worker says that cannot have the plug-in
                self.close()
                raise Unavailable(
                    f"The Dask workers at {self.place} cannot read files: {type(error).__name__}: {error}.",
                    hint="Install the same version of jupyter-lims on them.",
                ) from error
        return self._client

    def connected(self) -> Client:
        if self.table.scheduler is not None:
            return Client(self.table.scheduler, timeout=CONNECT_S, set_as_default=False)
        folder = str(self.settings.folder / "run" / "dask")
        with dask.config.set(QUIET | {"temporary-directory": folder}):
            self._local = LocalCluster(
                self.table.workers,
                threads_per_worker=1,
                memory_limit=0,  # each child has its own
                host="127.0.0.1",
                security=True,  # whoever reaches a scheduler can run anything, and others have accounts on this machine
                dashboard_address=None,
                local_directory=folder,
                silence_logs=logging.ERROR,
                preload=[cluster_worker.__name__],
            )
        return Client(self._local, set_as_default=False)

    def away(self, reason: str) -> Unavailable:
        return Unavailable(
            f"The Dask cluster at {self.place} cannot be used: {reason}.",
            hint="Start it, or correct [harvest.dask] in facility.toml; the next pass tries again.",
        )

    def close(self) -> None:
        client, self._client = self._client, None
        local, self._local = self._local, None
        with contextlib.suppress(*LOST):
            if client is not None:
                if local is None and client.status == "running":
                    client.unregister_worker_plugin(self.name)
                client.close(timeout=CONNECT_S)
        with contextlib.suppress(*LOST):
            if local is not None:
                local.close(timeout=CONNECT_S)


class ShardCrew:
    """Reads one pass's work. workers: shards at the same time, where a person says it."""

    def __init__(self, cluster: Cluster, tools: Tools, workers: int | None) -> None:
        self.cluster = cluster
        self.tools = tools
        self.workers = workers

    def read(self, works: Sequence[Work], halt: Halt) -> Iterator[Done | None]:
        """A shard whose worker dies goes to another; one that none survives is read here.

        Raises Unavailable where the cluster is away, or does not see the stores.
        """
        yield from self.own(works, halt)
        elsewhere = [work for work in works if not self.is_own(work)]
        if not elsewhere or halt.is_set():
            return
        client, ahead = self.cluster.client(self.tools), shards([*chain.from_iterable(handfuls(elsewhere, 1))])
        underway: dict[Future[Any], Shard] = {}
        ready: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        try:
            self.hand_out(client, ahead, underway, ready)
            since, halted = time.monotonic(), 0.0
            while underway and not (halted and time.monotonic() - halted > HALT_S):
                try:
                    future = ready.get(timeout=FLUSH_S)
                except queue.Empty:
                    yield None
                    self.check(client, since)
                else:
                    shard = underway.pop(future)
                    if future.status == "lost":  # its worker died after reading it, before it was fetched
                        ahead = chain((shard,), ahead)
                    else:
                        yield from self.arrived(future, shard)
                    since = time.monotonic()
                if halt.is_set():
                    halted = halted or time.monotonic()
                else:
                    self.hand_out(client, ahead, underway, ready)
        except LOST as error:
            self.cluster.close()
            raise self.cluster.away(str(error) or type(error).__name__) from error
        finally:
            if underway and client.status == "running":
                with contextlib.suppress(*LOST):
                    client.cancel(list(underway), force=True)

    def own(self, works: Sequence[Work], halt: Halt) -> Iterator[Done]:
        """Results and imports lie where the facility keeps them, which need be no place that workers see."""
        for work in works:
            if self.is_own(work) and not halt.is_set():
                make_sure_of_room(self.tools.previews)
                yield self.here(work)

    def is_own(self, work: Work) -> bool:
        return self.tools.stores[work.dataset.store].writable

    def hand_out(
        self,
        client: Client,
        ahead: Iterator[Shard],
        underway: dict[Future[Any], Shard],
        ready: "queue.SimpleQueue[Future[Any]]",
    ) -> None:
        most = AHEAD * max(1, sum(client.nthreads().values()))
        most = min(most, self.workers) if self.workers else most
        while len(underway) < most:
            make_sure_of_room(self.tools.previews)
            shard = next(ahead, None)
            if shard is None:
                return
            future = client.submit(read_shard, self.cluster.name, shard, pure=False)
            underway[future] = shard
            future.add_done_callback(ready.put)

    def check(self, client: Client, since: float) -> None:
        """Raises Unavailable where nothing can come any more. since: when something came last."""
        if client.status != "running":
            raise CommClosedError("the connection to its scheduler is lost")
        if time.monotonic() - since > WORKERLESS_S and not client.nthreads():
            raise self.cluster.away("it has no workers")

    def arrived(self, future: Future[Any], shard: Shard) -> Iterator[Done]:
        match future.status:
            case "finished":
                yield from self.settled(future.result())
            case "error":
                yield from self.read_here(shard, future.exception())
            case status:
                raise CommClosedError(f"its scheduler has {status} what was under way")

    def read_here(self, shard: Shard, error: Any) -> Iterator[Done]:
        """What killed every worker that had it costs its own files at most: here they have children of their own."""
        if isinstance(error, LimsError):
            raise error
        if not isinstance(error, KilledWorker):
            raise Unavailable(f"A Dask worker at {self.cluster.place} fails: {type(error).__name__}: {error}.")
        log.warning("Dask workers died of %s and %d more; read here", shard[0].dataset.key, len(shard) - 1)
        yield from map(self.here, shard)

    def settled(self, carried: Sequence[Carried]) -> Iterator[Done]:
        """What a worker could not open is opened here, where it was listed.

        Raises Unavailable where it could open nothing at all though the files are here: it does not see the store.
        """
        odd = [bool(one.done.is_stale or one.done.trouble) for one in carried]
        if all(odd) and self.is_readable_here(carried[0].done.work):
            raise self.not_seen(carried[0].done)
        for one, is_odd in zip(carried, odd, strict=True):
            if is_odd:
                yield self.here(one.done.work)
            else:
                put_pictures(one.done.work, one.pictures, self.tools.previews)
                yield one.done

    def here(self, work: Work) -> Done:
        return read(work, self.tools.stores[work.dataset.store], self.tools.pool, self.tools.previews)

    def is_readable_here(self, work: Work) -> bool:
        one, store = work.dataset, self.tools.stores[work.dataset.store]
        try:
            if one.bytes:
                store.open(one.companions[-1] if one.companions else one.key).close()
            return is_as_listed(one, store)
        except (LimsError, OSError):
            return False

    def not_seen(self, done: Done) -> Unavailable:
        store = self.tools.stores[done.work.dataset.store]
        reason = done.trouble or "it is not there, or another file"
        return Unavailable(
            f"The Dask workers at {self.cluster.place} do not see the store {store.name!r} at {store.url} as this "
            f"machine does: {done.work.dataset.key}: {reason}.",
            hint="Mount it on them at the same place, give them what its address needs, or set engine = \"local\".",
        )

