"""Faults between the lake's commit and the memory's: what is acknowledged is there once, and the next change works."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lims.catalog import Catalog
from lims.errors import Unavailable
from lims.model import SYSTEM, Person, Record, Session, new_id, record_id_of
from tests.catalog.world import BEGIN, dataset


def broken(*_: object) -> int:
    raise duckdb.IOException("database is locked")


def broken_at_the_second_step(*_: object) -> Iterator[str]:
    yield "leaf"
    broken()


@pytest.mark.parametrize("reading_fails_too", [False, True])
def test_what_the_lake_has_committed_is_acknowledged_and_not_doubled_by_a_retry(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, reading_fails_too: bool
) -> None:
    def add() -> str:
        catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM, request_key="1")
        return "done"

    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.committer.current_snapshot_of", broken)
        if reading_fails_too:
            patch.setattr("lims.catalog.hot.HotTables.load", broken)
        assert add() == "done"
    assert add() == "done"
    catalog.write(lambda change: change.put(Person("bob"), action="put"), by=SYSTEM)
    assert [one.id for one in catalog.view(SYSTEM).people()] == ["ada", "bob"]
    assert catalog._reader.rows("SELECT count(*) AS n FROM lake.main.person")[0]["n"] == 2
    assert len(catalog.view(SYSTEM).history("ada")) == 1


def test_a_commit_that_memory_did_not_follow_is_found_after_the_next_one(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(name: str) -> None:
        catalog.write(lambda change: change.put(dataset(name), action="put"), by=SYSTEM)

    put("grain 1.dm3")
    view = catalog.view(SYSTEM)
    assert view.search("grain").total == 1
    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.appended.Appended.follow", broken)
        put("grain 2.dm3")
    put("grain 3.dm3")
    assert (view.search("").total, view.search("grain").total) == (3, 3)


def test_an_interrupted_reading_of_what_was_said_of_sessions_is_done_again(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(new_id("session"), "titan", "alice", "alice", BEGIN, title="grainy")
    record = Record(record_id_of(session.id), session.id, "complete", "grainy", 0, 0, 1)
    catalog.write(lambda change: change.put_all([session, record], action="put"), by=SYSTEM)
    view = catalog.view(SYSTEM)
    assert view.search("").total == 1
    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.search.index.TOLD", "SELECT error('no more')")
        with pytest.raises(duckdb.Error):
            view.search("grainy")
    assert view.search("grainy").total == 1


def test_failed_upkeep_is_told_and_the_next_change_works(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.upkeep.steps", broken_at_the_second_step)
        patch.setattr("lims.catalog.hot.HotTables.load", broken)
        with pytest.raises(Unavailable, match="Nothing is lost"):
            catalog.maintain()
    catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
    assert [one.id for one in catalog.view(SYSTEM).people()] == ["ada"]


def test_a_catalog_whose_rows_cannot_be_counted_still_opens(
    folder: Path, extensions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lims.catalog.committer.inlined_leaves", broken)
    with Catalog.open(folder, extensions=extensions) as catalog:
        catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
        assert [one.id for one in catalog.view(SYSTEM).people()] == ["ada"]


def test_a_commit_that_is_said_to_fail_and_has_not_is_not_done_twice(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lying:
        """Commits, and then says that it could not."""

        def __init__(self, lake: duckdb.DuckDBPyConnection) -> None:
            self.lake = lake

        def __getattr__(self, name: str) -> object:
            return getattr(self.lake, name)

        def commit(self) -> None:
            self.lake.commit()
            raise duckdb.IOException("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(catalog._committer, "_lake", Lying(catalog._committer._lake))
        catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
    assert [one.id for one in catalog.view(SYSTEM).people()] == ["ada"]
    assert catalog._reader.rows("SELECT count(*) AS n FROM lake.main.person")[0]["n"] == 1


def test_the_committer_goes_on_whatever_its_upkeep_meets(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: object) -> Iterator[str]:
        yield "leaf"
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.upkeep.steps", out_of_memory)
        with pytest.raises(Unavailable):
            catalog.maintain()
    catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
    assert [one.id for one in catalog.view(SYSTEM).people()] == ["ada"]
