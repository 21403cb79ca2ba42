"""The harvest on really started Dask clusters: two processes of this machine, on loopback."""

import os
import queue
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import fsspec
import numpy as np
import pytest
from distributed import Client, LocalCluster
from PIL import Image

from lims.catalog import Catalog
from lims.errors import Unavailable
from lims.extractors import Pool
from lims.harvest import Progress, preview_paths
from lims.harvest import cluster as clusters
from lims.harvest.sharding import SHARD_FILES
from tests.emptying import empty
from tests.facilities import write_facility
from tests.harvest.conftest import MINUTE, START, Lab, open_lab, until

SAMPLES = (
    "vendor/dm3/test_STEM_image.dm3",
    "vendor/emd_ncem/Si100_4D.emd",
    "vendor/tiff/test_tiff_Zeiss_SEM_512pix.tif",
    "store/Titan_TEM/researcher_a/project_alpha/20181113/image_005.dm3",
)
MANY = 3 * SHARD_FILES
DEADLY = """
import os, signal
from lims.harvest import cluster_worker
real = cluster_worker.read_all
def read_all(works, *rest):
    if any(work.dataset.name == "040.txt" for work in works):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(works, *rest)
cluster_worker.read_all = read_all
"""
"""On a worker that has run this, one file kills it. The process that takes its place has not."""


def started(workers: int) -> LocalCluster:
    return LocalCluster(
        workers, threads_per_worker=1, host="127.0.0.1", protocol="tcp://", dashboard_address=None, memory_limit=0
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with started(2) as opened:
        yield opened


def with_dask(folder: Path, told: str, store: str | None = None) -> Path:
    write_facility(folder)
    toml = folder / "facility.toml"
    text = toml.read_text(encoding="utf-8")
    text = text.replace(f'url = "{folder / "store"}"', f'url = "{store}"') if store else text
    toml.write_text(f'{text}engine = "dask"\n[harvest.dask]\n{told}\n', encoding="utf-8")
    return folder


@pytest.fixture
def dask_lab(
    tmp_path: Path, cluster: LocalCluster, pool: Pool, extensions: Path, shared_catalog: Catalog
) -> Iterator[Lab]:
    folder = with_dask(tmp_path / "on-dask", f'scheduler = "{cluster.scheduler_address}"')
    lab = open_lab(folder, pool, extensions, shared_catalog)
    yield lab
    lab.harvester.close()
    empty(shared_catalog)


def many(lab: Lab) -> None:
    for number in range(MANY):
        lab.put(f"Titan_TEM/{number:03}.txt", f"file {number}\n", START + MINUTE + number * MINUTE / 60)


def what_is_known(lab: Lab) -> dict[str, Any]:
    return {
        one.name: (one.status, one.sha256, one.format, one.signals, one.normalised, one.blank, pictures_of(lab, one.id))
        for one in lab.datasets().values()
    }


def pictures_of(lab: Lab, dataset: str) -> list[bytes]:
    return [path.read_bytes() for path in preview_paths(lab.folder / "previews", dataset).pictures if path.exists()]


def fill(lab: Lab, sample_data: Path) -> None:
    for name in SAMPLES:
        lab.put(f"Titan_TEM/{name.rpartition('/')[2]}", sample_data / name)
    lab.put("Titan_TEM/half.dm3", b"\0\0\0\3" + bytes(40))


def test_what_workers_read_is_what_is_read_here(dask_lab: Lab, sample_data: Path, shared_catalog: Catalog) -> None:
    fill(dask_lab, sample_data)
    session = dask_lab.session()
    report = dask_lab.harvest()
    assert [one.key for one in report.failed] == ["Titan_TEM/half.dm3"]
    assert (dask_lab.record(session).state, dask_lab.record(session).datasets) == ("attention", len(SAMPLES) + 1)
    on_dask = what_is_known(dask_lab)
    assert sum(bool(one[-1]) for one in on_dask.values()) == 3, "one is blank and one is damaged"
    empty(shared_catalog)
    here = without_dask(dask_lab)
    here.harvest()
    assert what_is_known(here) == on_dask


def test_pictures_stay_with_their_files_where_a_shard_is_of_several_folders(
    dask_lab: Lab, shared_catalog: Catalog
) -> None:
    """A worker reads the files of one folder together, so not in the order in which they were sent."""
    for number, folder in enumerate("Z" * 11 + "X" * 8 + "Y" * 3 + "X" * 8):
        (at := dask_lab.store / "Titan_TEM" / folder).mkdir(exist_ok=True, parents=True)
        noise = np.random.default_rng(number).integers(0, 255, (16 + number, 64), np.uint8)
        Image.fromarray(noise).save(at / f"{number}.png")
    assert dask_lab.harvest().extracted == 30
    on_dask = what_is_known(dask_lab)
    assert len({one[-1][0] for one in on_dask.values()}) == 30
    empty(shared_catalog)
    here = without_dask(dask_lab)
    here.harvest()
    assert what_is_known(here) == on_dask


def without_dask(lab: Lab) -> Lab:
    """The same facility, whose files are read here."""
    toml = lab.folder / "facility.toml"
    toml.write_text(toml.read_text(encoding="utf-8").partition("engine")[0], encoding="utf-8")
    return open_lab(lab.folder, lab.harvester.tools.pool, Path(), lab.catalog)


def test_a_worker_that_dies_costs_its_shard_another_try(dask_lab: Lab, cluster: LocalCluster) -> None:
    many(dask_lab)
    before = pids_of(cluster)
    make_deadly(cluster)
    report = dask_lab.harvest()
    assert (report.extracted, report.failed, report.unavailable) == (MANY, (), ())
    assert all(one.sha256 for one in dask_lab.datasets().values())
    assert pids_of(cluster) != before


def test_what_a_worker_had_read_when_it_died_is_read_again(
    dask_lab: Lab, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(dask_lab)
    lost: list[Any] = []

    class Arrivals(queue.SimpleQueue[Any]):
        def get(self, *args: Any, **options: Any) -> Any:
            future = super().get(*args, **options)
            if not lost:
                lost.append(future)
                kill_owner(cluster, future)
                until(lambda: future.status == "lost")
            return future

    monkeypatch.setattr(clusters.queue, "SimpleQueue", Arrivals)
    report = dask_lab.harvest()
    assert (report.extracted, report.failed, report.unavailable) == (MANY, (), ())
    assert len(lost) == 1


def kill_owner(cluster: LocalCluster, future: Any) -> None:
    """Ends the worker that holds the result of future, which no other has."""
    (owner,) = cluster.scheduler.tasks[future.key].who_has
    (pid,) = (nanny.pid for nanny in cluster.workers.values() if nanny.worker_address == owner.address)
    os.kill(pid, signal.SIGKILL)


def make_deadly(cluster: LocalCluster) -> None:
    with Client(cluster, set_as_default=False) as client:
        client.run(exec, DEADLY, {})


def pids_of(cluster: LocalCluster) -> set[int]:
    return {nanny.pid for nanny in cluster.workers.values()}


def test_shards_under_way_are_bounded(dask_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    many(dask_lab)
    sent: list[Any] = []
    most, submit = [0], Client.submit

    def noted(self: Client, *what: Any, **options: Any) -> Any:
        sent.append(submit(self, *what, **options))
        most[0] = max(most[0], sum(not one.done() for one in sent))
        assert len(what[-1]) <= SHARD_FILES
        return sent[-1]

    monkeypatch.setattr(Client, "submit", noted)
    monkeypatch.setattr("lims.harvest.sharding.SHARD_FILES", 4)
    assert dask_lab.harvest().extracted == MANY
    assert len(sent) == MANY / 4
    assert 2 <= most[0] <= 2 * clusters.AHEAD
    sent.clear()
    most[0] = 0
    for path in dask_lab.store.glob("Titan_TEM/*"):
        dask_lab.put(f"FIB-2/again-{path.name}", path)
    assert dask_lab.harvest(workers=1).extracted == MANY
    assert most[0] == 1


def test_a_cancelled_harvest_leaves_the_rest_to_the_next(dask_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    many(dask_lab)
    monkeypatch.setattr("lims.harvest.sharding.SHARD_FILES", 2)
    report = dask_lab.harvest(progress=lambda _: dask_lab.harvester.cancel(ticket="mine"), ticket="mine")
    assert report.cancelled
    assert 0 < report.extracted < MANY
    assert report.left == MANY - report.extracted
    assert dask_lab.harvest().extracted == MANY - report.extracted


def test_a_file_that_a_worker_cannot_open_is_opened_here(dask_lab: Lab) -> None:
    """As where a share shows one machine a new file later than another; here it changes meanwhile."""
    many(dask_lab)
    changed: list[Path] = []

    def change_the_last(state: Progress) -> None:
        if not changed:
            changed.append(dask_lab.put(f"Titan_TEM/{MANY - 1:03}.txt", "another\n", START + 5 * MINUTE))

    dask_lab.harvest(progress=change_the_last)
    until(lambda: not dask_lab.harvest().waiting)
    assert dask_lab.harvest().failed == ()
    assert {one.status for one in dask_lab.datasets().values()} == {"extracted"}


def test_a_store_that_workers_do_not_see_is_named(
    tmp_path: Path, cluster: LocalCluster, pool: Pool, extensions: Path, shared_catalog: Catalog
) -> None:
    """Each process has a memory of its own."""
    fsspec.filesystem("memory").pipe_file("/not-on-dask/Titan_TEM/a.txt", b"hello\n")
    told = f'scheduler = "{cluster.scheduler_address}"'
    lab = open_lab(with_dask(tmp_path / "f", told, "memory://not-on-dask"), pool, extensions, shared_catalog)
    with pytest.raises(Unavailable, match=r"do not see the store 'raw' at memory://not-on-dask .*a\.txt"):
        lab.harvest(path="raw:Titan_TEM")
    assert lab.datasets()["a.txt"].status == "registered"
    lab.harvester.close()
    empty(shared_catalog)


@pytest.fixture
def nowhere(
    tmp_path: Path, pool: Pool, extensions: Path, shared_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lab]:
    """A facility whose scheduler is not there."""
    monkeypatch.setattr(clusters, "CONNECT_S", 0.5)
    folder = with_dask(tmp_path / "f", 'scheduler = "tcp://127.0.0.1:9"')
    yield open_lab(folder, pool, extensions, shared_catalog)
    empty(shared_catalog)


def test_a_scheduler_that_is_away_is_said_and_the_next_pass_tries_again(nowhere: Lab, cluster: LocalCluster) -> None:
    nowhere.put("Titan_TEM/a.txt")
    session = nowhere.session()
    with pytest.raises(Unavailable, match=r"tcp://127\.0\.0\.1:9 cannot be used"):
        nowhere.harvest()
    assert nowhere.datasets()["a.txt"].status == "registered"
    assert nowhere.record(session).state == "building"
    nowhere.harvester.beat(is_slow=True)
    assert "cannot be used" in nowhere.harvester.status()["trouble"]
    table = nowhere.harvester._engine.cluster().table  # type: ignore[union-attr]
    object.__setattr__(table, "scheduler", cluster.scheduler_address)  # as if it had come back at its address
    nowhere.harvester.beat(is_slow=True)
    assert "trouble" not in nowhere.harvester.status()
    assert nowhere.record(session).state == "complete"
    nowhere.harvester.close()


def test_without_the_package_the_harvest_says_what_to_install(nowhere: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere.put("Titan_TEM/a.txt")
    monkeypatch.delitem(sys.modules, "lims.harvest.cluster")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Unavailable, match=r"jupyter-lims\[dask\]"):
        nowhere.harvest()


def test_what_no_worker_survives_is_read_here_and_a_lost_scheduler_ends_the_pass(
    tmp_path: Path, pool: Pool, extensions: Path, shared_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), started(1) as lonely:
        told = f'scheduler = "{lonely.scheduler_address}"'
        lab = open_lab(with_dask(tmp_path / "f", told), pool, extensions, shared_catalog)
        many(lab)
        make_deadly(lonely)
        here, was_here = clusters.ShardCrew.here, []
        monkeypatch.setattr(clusters.ShardCrew, "here", lambda crew, work: was_here.append(work) or here(crew, work))
        report = lab.harvest()
        assert (report.extracted, report.failed) == (MANY, ())
        assert "040.txt" in {work.dataset.name for work in was_here}
        assert len(was_here) <= clusters.AHEAD * SHARD_FILES
        for path in lab.store.glob("Titan_TEM/*"):
            lab.put(f"FIB-2/again-{path.name}", path)
        with pytest.raises(Unavailable, match="cannot be used"):
            lab.harvest(progress=lambda _: lonely.scheduler.status.name == "running" and lonely.close())
    assert {one.status for one in lab.datasets().values()} == {"registered", "extracted"}
    empty(shared_catalog)


def test_processes_of_this_machine_are_started_and_ended(
    tmp_path: Path, pool: Pool, extensions: Path, shared_catalog: Catalog
) -> None:
    lab = open_lab(with_dask(tmp_path / "f", "workers = 2"), pool, extensions, shared_catalog)
    (lab.folder / "run").mkdir(exist_ok=True)
    lab.put("Titan_TEM/a.txt")
    assert lab.harvest().extracted == 1
    local = lab.harvester._engine.cluster()._local  # type: ignore[union-attr]
    assert local.scheduler_address.startswith("tls://127.0.0.1:")
    pids = pids_of(local)
    assert len(pids) == 2
    lab.put("Titan_TEM/b.txt")
    for pid in pids:  # a terminal's Ctrl-C reaches every process of the command
        os.kill(pid, signal.SIGINT)
    assert lab.harvest().extracted == 1
    assert pids_of(local) == pids, "the same for the next pass"
    lab.harvester.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    empty(shared_catalog)
