"""Questions at the same time, each on a cursor of its own."""

import threading
import time
from pathlib import Path

import pytest

from lims.catalog import Catalog
from lims.catalog.patience import patient
from lims.errors import Invalid, Unavailable
from lims.model import SYSTEM, Person
from tests.catalog.world import dataset

LONG = "SELECT count(*) AS n FROM range(100000000) a, range(1000) b WHERE a.range % 7 = b.range % 11"


def test_questions_are_answered_in_their_order_and_at_the_same_time(catalog: Catalog) -> None:
    met = threading.Barrier(3, timeout=20)

    def ask(number: int) -> int:
        met.wait()
        return int(catalog._reader.rows(f"SELECT {number} AS n")[0]["n"])

    assert catalog._reader.together([lambda n=n: ask(n) for n in range(3)]) == [0, 1, 2]  # type: ignore[misc]


def test_at_one_moment_they_are_asked_one_after_the_other_and_see_that_moment(catalog: Catalog) -> None:
    threads, count = set(), "SELECT count(*) AS n FROM memory.main.person"

    def ask() -> int:
        threads.add(threading.get_ident())
        return int(catalog._reader.rows(count)[0]["n"])

    with catalog.at_one_moment():
        before = ask()
        catalog.write(lambda change: change.put(Person("ada", "Ada"), action="put"), by=SYSTEM)
        assert catalog._reader.together([ask, ask]) == [before, before]
    assert len(threads) == 1
    assert catalog._reader.together([ask, ask]) == [before + 1] * 2


def test_a_moment_begins_with_the_first_question_and_what_is_acknowledged_is_in_it(catalog: Catalog) -> None:
    reader, count = catalog._reader, "SELECT count(*) AS n FROM memory.main.person"
    with catalog.at_one_moment():
        catalog.write(lambda change: change.put(Person("ada", "Ada"), action="put"), by=SYSTEM)
        latest = catalog.snapshot()
        before = reader.rows(count)[0]["n"]
        catalog.write(lambda change: change.put(Person("bob", "Bob"), action="put"), by=SYSTEM)
        assert (reader.rows(count)[0]["n"], catalog.snapshot()) == (before, latest)
    assert (reader.rows(count)[0]["n"], catalog.snapshot() > latest) == (before + 1, True)


def test_what_memory_answers_asks_no_table(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    one = dataset("a.dm3")
    catalog.write(lambda change: change.put(one, action="put"), by=SYSTEM)
    view = catalog.view(SYSTEM)
    assert view.search("").total == 1
    monkeypatch.setattr(catalog._reader, "_cursor", lambda: pytest.fail("a table was asked"))
    with catalog.at_one_moment():
        assert view.search("").total == 1


def test_what_one_raises_is_raised_and_patience_ends_all(catalog: Catalog) -> None:
    began = time.monotonic()
    with patient(0.3, lambda: False), pytest.raises(Invalid, match="took longer than"):
        catalog._reader.together([lambda: catalog._reader.rows(LONG)] * 2)
    assert time.monotonic() - began < 20
    with pytest.raises(ZeroDivisionError):
        catalog._reader.together([lambda: 1, lambda: 1 // 0])


def test_a_closed_catalog_answers_none(tmp_path: Path, extensions: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog", extensions=extensions)
    catalog.close()
    with pytest.raises(Unavailable, match="closed"):
        catalog._reader.together([lambda: 1, lambda: 2])


def test_who_waits_for_a_helper_hears_that_the_catalog_was_closed(tmp_path: Path, extensions: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog", extensions=extensions)
    closing, held = threading.Event(), threading.Event()

    def ask() -> int:
        held.set()
        closing.wait(20)
        return 1

    def close() -> None:
        held.wait(20)
        catalog.close()
        closing.set()

    closer = threading.Thread(target=close)
    closer.start()
    with pytest.raises(Unavailable, match="closed"):
        catalog._reader.together([ask] * 12)
    closer.join()


def test_one_moment_within_another_is_refused_and_the_outer_one_ends(catalog: Catalog) -> None:
    with catalog.at_one_moment():
        catalog._reader.rows("SELECT 1")
        with pytest.raises(RuntimeError, match="within another"), catalog.at_one_moment():
            pass
    catalog.write(lambda change: change.put(Person("ada", "Ada"), action="put"), by=SYSTEM)
    assert [one.id for one in catalog.view(SYSTEM).people()] == ["ada"]


def test_what_is_asked_afresh_is_of_the_latest_commit_and_leaves_the_moment_alone(catalog: Catalog) -> None:
    reader, count = catalog._reader, "SELECT count(*) AS n FROM memory.main.person"
    with catalog.at_one_moment():
        before = reader.rows(count)[0]["n"]
        catalog.write(lambda change: change.put(Person("ada", "Ada"), action="put"), by=SYSTEM)
        assert reader.fresh(lambda: reader.rows(count)[0]["n"]) == before + 1
        assert reader.rows(count)[0]["n"] == before
    assert reader.rows(count)[0]["n"] == before + 1
