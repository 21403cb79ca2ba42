"""Small commits become files; nothing is lost by it, neither now nor then."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lims.catalog import Catalog, upkeep
from lims.errors import Invalid
from lims.model import SYSTEM, Extraction, Person, Project
from tests.catalog.world import STAFF, World, build_world, dataset


def test_upkeep_changes_nothing_that_can_be_read(catalog: Catalog) -> None:
    world: World = build_world(catalog)
    view = catalog.view(STAFF)

    def everything() -> list[object]:
        searches = [replace(view.search(query), snapshot=0, ms=0) for query in ("", "haadf", "voltage:>1V")]
        return [
            view.datasets(),
            view.sessions(),
            view.history(world.session),
            view.document(world.datasets[0]),
            searches,
        ]

    before, snapshot = everything(), catalog.snapshot()
    catalog.maintain()
    assert list((catalog.folder / "data").rglob("*.parquet")), "nothing was moved to files"
    assert everything() == before
    assert catalog.view(STAFF, as_of=snapshot).datasets() == view.datasets()
    catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
    catalog.maintain()
    assert len(view.people()) == 3


def test_rows_in_files_can_be_replaced_and_removed(catalog: Catalog, extensions: Path) -> None:
    one, two = dataset("a"), dataset("b")
    catalog.write(lambda change: change.put_all([one, two], action="put"), by=SYSTEM)
    catalog.maintain()
    before = catalog.snapshot()
    catalog.write(lambda change: change.put(replace(one, bytes=7), action="put"), by=SYSTEM)
    catalog.write(lambda change: change.remove(two, action="remove"), by=SYSTEM)
    catalog.close()
    with Catalog.open(catalog.folder, extensions=extensions) as again:
        assert again.view(SYSTEM).datasets() == [replace(one, bytes=7)]
        assert again.view(SYSTEM, as_of=before).datasets() == [one, two]


def eventually(holds: Callable[[], bool]) -> None:
    """The committer's thread does its upkeep after a pause."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_upkeep_comes_by_itself_when_many_rows_have(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.catalog.upkeep.DUE_ROWS", 30)
    monkeypatch.setattr("lims.catalog.committer.PAUSE_S", 0.01)
    file = dataset("a")
    tree = {f"k{number}": number for number in range(40)}
    catalog.write(lambda change: change.put(file, action="put"), by=SYSTEM)
    assert not list((catalog.folder / "data").rglob("*.parquet"))
    catalog.write(lambda change: change.put_extraction(file.id, Extraction("x", "r", "1", metadata=tree)), by=SYSTEM)
    eventually(lambda: upkeep.inlined_leaves(catalog._connection) == 0)
    assert list((catalog.folder / "data" / "main" / "leaf").glob("*.parquet"))
    assert catalog.view(SYSTEM).search("k39:39", kind="dataset").total == 1


def test_upkeep_does_not_come_between_changes_that_follow_each_other(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import is many of them. What is long overdue is done all the same."""
    monkeypatch.setattr("lims.catalog.upkeep.DUE_ROWS", 2)
    monkeypatch.setattr("lims.catalog.committer.PAUSE_S", 60)
    done: list[int] = []
    monkeypatch.setattr("lims.catalog.upkeep.steps", lambda *_: iter([done.append(1)]))
    for number in range(9):
        catalog.write(lambda change, number=number: change.put(Project(f"p{number}"), action="put"), by=SYSTEM)  # type: ignore[misc]
    assert done == []
    catalog.write(lambda change: change.put(Project("last"), action="put"), by=SYSTEM)
    eventually(lambda: done == [1])


def test_many_small_files_become_one(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.catalog.upkeep.DUE_FILES", 4)
    monkeypatch.setattr("lims.catalog.committer.PAUSE_S", 0.01)
    for letter in "abcd":
        file = dataset(letter)
        read = Extraction("x", "r", "1", metadata={f"{letter}{number}": number for number in range(100)})
        catalog.write(lambda change, file=file: change.put(file, action="put"), by=SYSTEM)  # type: ignore[misc]
        catalog.write(lambda change, i=file.id, read=read: change.put_extraction(i, read), by=SYSTEM)  # type: ignore[misc]
    eventually(lambda: files_of(catalog, "leaf") == 1)
    assert [catalog.view(SYSTEM).search(f"{letter}99:99", kind="dataset").total for letter in "abcd"] == [1] * 4


def files_of(catalog: Catalog, table: str) -> int:
    """That the lake's present state is made of."""
    sql = f"SELECT count(*) FROM ducklake_list_files('lake', '{table}')"
    return int(catalog._connection.cursor().execute(sql).fetchall()[0][0])


def test_a_large_insert_is_a_file_that_is_synced_before_the_commit(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the moment the file is synced, no snapshot may name it yet."""
    seen: list[int] = []
    monkeypatch.setattr("lims.catalog.lake.sync", lambda path: seen.append(catalog.snapshot()))
    before = catalog.snapshot()
    file = dataset("a")
    tree = {f"k{number}": number for number in range(100_001)}

    def change(transaction) -> None:  # type: ignore[no-untyped-def]
        transaction.put(file, action="put")
        transaction.put_extraction(file.id, Extraction("x", "r", "1", metadata=tree))

    catalog.write(change, by=SYSTEM)
    assert seen
    assert set(seen) == {before}
    assert catalog.snapshot() > before


def test_who_writes_waits_for_one_step_and_not_for_all(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[list[str]] = []
    at_second_step, go_on = threading.Event(), threading.Event()

    def steps(*_: object) -> Iterator[None]:
        yield None
        at_second_step.set()
        assert go_on.wait(30)
        yield None
        written.append([one.id for one in catalog.view(SYSTEM).people()])
        yield None

    monkeypatch.setattr("lims.catalog.upkeep.steps", steps)
    with ThreadPoolExecutor(2) as pool:
        upkeep_done = pool.submit(catalog.maintain)
        assert at_second_step.wait(30)
        waiting = pool.submit(add, catalog, "ada")
        eventually(lambda: catalog.status()["waiting"] == 1)
        go_on.set()
        upkeep_done.result(30)
        waiting.result(30)
    assert written == [["ada"]]


def test_a_catalog_is_closed_in_the_middle_of_upkeep_that_nobody_awaits(
    catalog: Catalog, extensions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lims.catalog.committer.PAUSE_S", 0.01)
    monkeypatch.setattr("lims.catalog.upkeep.DUE_ROWS", 1)
    monkeypatch.setattr("lims.catalog.upkeep.steps", lambda *_: itertools.repeat(None))
    catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
    eventually(lambda: catalog._committer.upkeep.is_running)
    catalog.write(lambda change: change.put(Person("bob"), action="put"), by=SYSTEM)
    catalog.close()
    with Catalog.open(catalog.folder, extensions=extensions) as again:
        assert [one.id for one in again.view(SYSTEM).people()] == ["ada", "bob"]


def test_merged_files_have_a_size_and_no_step_writes_more_than_one(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lims.catalog.upkeep.MERGED_MB", 1)
    chance = random.Random(1)
    for letter in "abcdefgh":
        file = dataset(letter)
        tree = {f"k{number}": f"{chance.random()}x" for number in range(20_000)}
        catalog.write(lambda change, file=file: change.put(file, action="put"), by=SYSTEM)  # type: ignore[misc]
        read = Extraction("x", "r", "1", metadata=tree)
        catalog.write(lambda change, i=file.id, read=read: change.put_extraction(i, read), by=SYSTEM)  # type: ignore[misc]
    assert files_of(catalog, "leaf") == 8
    catalog.maintain()
    assert 1 < files_of(catalog, "leaf") < 8
    assert all(path.stat().st_size < 2_500_000 for path in (catalog.folder / "data/main/leaf").glob("*.parquet"))
    assert catalog.view(SYSTEM).search("k77:0", kind="dataset").total == 8


def test_memory_is_packed_when_nobody_has_written_for_long(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed: list[int] = []
    monkeypatch.setattr("lims.catalog.hot.HotTables.compact", lambda _: packed.append(1))
    monkeypatch.setattr("lims.catalog.committer.QUIET_S", 0.05)
    catalog.maintain()
    eventually(lambda: packed == [1])
    catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
    assert packed == [1]


# --- states of the past that are let go ------------------------------------------------------------------------------


def make_old(catalog: Catalog, days: int) -> None:
    """All snapshots that there are, as if made so many days ago."""
    catalog._connection.cursor().execute(
        f"""UPDATE __ducklake_metadata_lake.main.ducklake_snapshot SET "snapshot_time" =
        CAST(CAST("snapshot_time" AS TIMESTAMP WITH TIME ZONE) - INTERVAL {days} DAY AS VARCHAR)"""
    )


def add(catalog: Catalog, name: str) -> int:
    catalog.write(lambda change: change.put(Person(name), action="put"), by=SYSTEM)
    return catalog.snapshot()


def test_states_older_than_the_facility_keeps_are_let_go(folder: Path, extensions: Path) -> None:
    with Catalog.open(folder, extensions=extensions, keep_days=30) as catalog:
        first = add(catalog, "ada")
        at_the_time = add(catalog, "bob")
        make_old(catalog, 40)
        recent = add(catalog, "eve")
        catalog.maintain()
        with pytest.raises(Invalid, match="kept no more: there are states since") as told:
            catalog.view(SYSTEM, as_of=first)
        assert f"a snapshot from {at_the_time} on" in told.value.hint
        with pytest.raises(Invalid, match="kept no more"):
            catalog.view(SYSTEM, as_of=datetime.now(UTC) - timedelta(days=50))
        with pytest.raises(Invalid, match=r"no state as of 99999\."):
            catalog.view(SYSTEM, as_of=99_999)
        of_then = catalog.view(SYSTEM, as_of=datetime.now(UTC) - timedelta(days=29))
        assert [one.id for one in of_then.people()] == ["ada", "bob"], "what held when the kept days begin"
        assert len(catalog.view(SYSTEM, as_of=recent).people()) == len(catalog.view(SYSTEM).people()) == 3
        assert len(catalog.view(SYSTEM).history("ada")) == 1


def test_the_present_is_kept_however_old_it_is(folder: Path, extensions: Path) -> None:
    with Catalog.open(folder, extensions=extensions, keep_days=1) as catalog:
        world = build_world(catalog)
        make_old(catalog, 500)
        catalog.maintain()
        make_old(catalog, 500)
        catalog.maintain()
        assert catalog.view(SYSTEM).search("haadf").total
    with Catalog.open(folder, extensions=extensions, keep_days=1) as catalog:
        assert catalog.view(SYSTEM).document(world.datasets[0])


def test_without_a_limit_every_state_is_kept(catalog: Catalog) -> None:
    first = add(catalog, "ada")
    make_old(catalog, 10_000)
    add(catalog, "bob")
    catalog.maintain()
    assert [one.id for one in catalog.view(SYSTEM, as_of=first).people()] == ["ada"]


def test_what_is_searched_is_the_same_after_old_states_are_gone(folder: Path, extensions: Path) -> None:
    """Also of files that were merged out of several states, and after the files of old ones are gone."""
    with Catalog.open(folder, extensions=extensions, keep_days=30) as catalog:
        files = [dataset(letter) for letter in "abc"]
        for round_ in range(3):
            for file in files:
                tree = {f"{file.key}{round_}": 99} | {f"k{number}": number for number in range(99)}
                read = Extraction("x", "r", "1", metadata=tree)
                catalog.write(lambda change, file=file: change.put(file, action="put"), by=SYSTEM)  # type: ignore[misc]
                catalog.write(lambda change, i=file.id, read=read: change.put_extraction(i, read), by=SYSTEM)  # type: ignore[misc]
            catalog.maintain()
            make_old(catalog, 40)
        kept = catalog.snapshot()
        catalog.maintain()
        catalog._connection.cursor().execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)")
        found = [catalog.view(SYSTEM).search(f"{letter}2:99", kind="dataset").total for letter in "abc"]
        assert found == [1, 1, 1]
    with Catalog.open(folder, extensions=extensions, keep_days=30) as catalog:
        for view in (catalog.view(SYSTEM), catalog.view(SYSTEM, as_of=kept)):
            assert [view.search(f"{letter}2:99", kind="dataset").total for letter in "abc"] == [1, 1, 1]
