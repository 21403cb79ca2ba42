"""The index is made anew while people search and write, whole or not at all."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lims.catalog import Catalog
from lims.errors import Unavailable
from lims.model import SYSTEM, Extraction, Value
from tests.catalog.world import BOB, STAFF, World, build_world, dataset

QUERIES = ("", "haadf", "voltage:>1V", "xyzzy", "is:raw", "has:metadata")


def found(catalog: Catalog, who=STAFF) -> list[object]:  # type: ignore[no-untyped-def]
    return [sorted(hit.id for hit in catalog.view(who).search(query, kind="dataset").items) for query in QUERIES]


def read(catalog: Catalog, key: str, times: int = 1) -> str:
    file = dataset(key, status="extracted", normalised={"acceleration_voltage": Value(200e3, "V")})
    catalog.write(lambda change: change.put(file, action="put"), by=SYSTEM)
    for time in range(times):
        tree = {f"{key}{time}": 59} | {f"k{number}": number for number in range(59)}
        extraction = Extraction("x", "r", "1", metadata=tree)
        catalog.write(lambda change, one=extraction: change.put_extraction(file.id, one), by=SYSTEM)  # type: ignore[misc]
    return file.id


def test_what_is_found_is_the_same_and_what_was_replaced_is_gone(catalog: Catalog, extensions: Path) -> None:
    world: World = build_world(catalog)
    one = read(catalog, "often", times=5)
    before, of_bob, then = found(catalog), found(catalog, BOB), catalog.snapshot()
    tree = catalog.view(SYSTEM).document(one)
    done = catalog.rebuild_index()
    assert (done.datasets, done.words > 0, done.leaves > 0) == (len(catalog.view(SYSTEM).datasets()), True, True)
    assert (found(catalog), found(catalog, BOB)) == (before, of_bob)
    assert catalog.view(SYSTEM).document(one) == tree
    documents = catalog._reader.rows('SELECT count(*) AS n FROM lake.main.document WHERE "dataset" = $i', {"i": one})
    assert documents == [{"n": 1}]
    assert catalog.view(SYSTEM, as_of=then).search("has:metadata").total
    new = read(catalog, "later", times=3)
    catalog.maintain()
    catalog.close()
    with Catalog.open(catalog.folder, extensions=extensions) as again:
        assert found(again)[1:3] == [before[1], sorted([*before[2], new])]  # type: ignore[misc]
        assert [hit.id for hit in again.view(SYSTEM).search("later2:59", kind="dataset").items] == [new]
        assert again.view(SYSTEM).document(world.datasets[0])


def test_a_number_whose_document_has_gone_is_not_given_again(catalog: Catalog, extensions: Path) -> None:
    """The files that are read past the lake still show what was deleted from them."""
    gone = read(catalog, "gone", times=30)
    kept = read(catalog, "kept")
    catalog.write(lambda change: change.drop_extraction(gone), by=SYSTEM)
    catalog.write(lambda change: change.remove(change.view.dataset(gone), action="remove"), by=SYSTEM)
    catalog.maintain()
    catalog.rebuild_index()
    catalog.close()
    with Catalog.open(catalog.folder, extensions=extensions) as again:
        ids = [read(again, f"new{number}") for number in range(35)]
        assert [len(again.view(SYSTEM).document(one)) for one in (kept, *ids)] == [60] * 36
        numbers, = again._reader.rows('SELECT count(*) AS n, count(DISTINCT "doc") AS d FROM memory.main.document_now')
        assert numbers["n"] == numbers["d"]


def test_who_reads_finds_the_old_index_and_who_writes_waits(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = read(catalog, "one")
    half_way, go_on = threading.Event(), threading.Event()
    tell = catalog._committer._tell

    def pausing(done: int, total: int) -> None:
        tell(done, total)
        if done:
            half_way.set()
            assert go_on.wait(60)

    monkeypatch.setattr(catalog._committer, "_tell", pausing)
    with ThreadPoolExecutor(2) as pool:
        rebuilt = pool.submit(catalog.rebuild_index)
        assert half_way.wait(60)
        written = pool.submit(read, catalog, "two")
        assert [hit.id for hit in catalog.view(SYSTEM).search("one0:59", kind="dataset").items] == [one]
        assert not written.done()
        go_on.set()
        assert rebuilt.result(60).datasets == 1
        two = written.result(60)
    assert [hit.id for hit in catalog.view(SYSTEM).search("two0:59", kind="dataset").items] == [two]
    assert catalog.view(SYSTEM).search("voltage:200kV", kind="dataset").total == 2


def test_a_rebuild_that_fails_leaves_the_old_index(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    one = read(catalog, "one")

    def fail(*_: object) -> None:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.rebuilding.normalised_columns", fail)
        with pytest.raises(Unavailable, match=r"no room.*still there"):
            catalog.rebuild_index()
    assert [hit.id for hit in catalog.view(SYSTEM).search("one0:59", kind="dataset").items] == [one]
    catalog.write(lambda change: change.put(replace(change.view.dataset(one), bytes=7), action="put"), by=SYSTEM)
    assert catalog.rebuild_index().datasets == 1


KILLED = """
import sys
from pathlib import Path
from lims.catalog import Catalog

with Catalog.open(Path(sys.argv[1]), extensions=Path(sys.argv[2])) as catalog:
    def tell(done, total):
        if done:
            print("half", flush=True)
            input()
    catalog._committer._tell = tell
    catalog.rebuild_index()
"""


def test_kill_9_in_the_middle_leaves_the_old_index(folder: Path, extensions: Path) -> None:
    with Catalog.open(folder, extensions=extensions) as catalog:
        build_world(catalog)
        read(catalog, "often", times=3)
        before = found(catalog)
    command = [sys.executable, "-c", KILLED, str(folder), str(extensions)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half\n"
        os.kill(child.pid, signal.SIGKILL)
    with Catalog.open(folder, extensions=extensions) as catalog:
        assert found(catalog) == before
        assert catalog.rebuild_index().datasets
        assert found(catalog) == before
