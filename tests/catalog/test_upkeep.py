"""Small commits become files; nothing is lost by it, neither now nor then."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lims.catalog import Catalog, upkeep
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
