"""A question that takes too long is ended, and disturbs nobody."""

import math
import threading
import time

import duckdb
import pytest

from lims.catalog import Catalog
from lims.catalog.changes import Changes
from lims.catalog.patience import NOW, patient
from lims.catalog.search.index import Index
from lims.errors import Invalid, Unavailable
from lims.model import SYSTEM
from tests.catalog.world import STAFF, World, dataset

ENDLESS = "SELECT count(*) AS n FROM range(1000000000000) WHERE range % 7 = 3"


def stays() -> bool:
    return False


def test_what_takes_too_long_is_ended_and_the_next_question_is_answered(world: World) -> None:
    reader = world.catalog._reader
    began = time.monotonic()
    with patient(0.2, stays), pytest.raises(Invalid, match=r"longer than 0\.2 s"):
        reader.rows(ENDLESS)
    assert time.monotonic() - began < 10
    assert reader.rows("SELECT 1 AS n") == [{"n": 1}]
    with patient(30, stays):
        assert world.catalog.view(STAFF).search("grain").total > 0


def test_what_nobody_waits_for_is_ended(catalog: Catalog) -> None:
    gone = threading.Event()
    threading.Timer(0.2, gone.set).start()
    with patient(600, gone.is_set), pytest.raises(Unavailable, match="Nobody waited"):
        catalog._reader.columns(ENDLESS)


def test_time_that_is_up_ends_a_question_between_two_statements(world: World) -> None:
    with patient(1e-9, stays), pytest.raises(Invalid, match="was ended"):
        world.catalog.view(STAFF).search("grain")


def test_who_asks_beside_it_is_not_disturbed(world: World) -> None:
    answers: list[int] = []

    def ask() -> None:
        with patient(30, stays):
            answers.extend(world.catalog.view(STAFF).search("grain").total for _ in range(20))

    others = [threading.Thread(target=ask) for _ in range(2)]
    for one in others:
        one.start()
    with patient(0.3, stays), pytest.raises(Invalid):
        world.catalog._reader.rows(ENDLESS)
    for one in others:
        one.join()
    assert len(answers) == 40
    assert len(set(answers)) == 1


def test_memory_that_is_not_there_is_a_sentence(catalog: Catalog) -> None:
    reader = catalog._reader
    limit = reader.rows("SELECT current_setting('memory_limit') AS n")[0]["n"]
    reader.rows("SET GLOBAL memory_limit = '20MB'")
    reader.rows("SET GLOBAL temp_directory = ''")
    try:
        with patient(60, stays), pytest.raises(Invalid, match="more memory than there is"):
            reader.columns("SELECT list(range) AS n FROM range(20000000)")
    finally:
        reader.rows(f"SET GLOBAL memory_limit = '{limit}'")


def test_who_waits_for_what_all_need_is_not_ended_for_it(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ask at once: one reads everything, for longer than a question may take, and the other waits for it."""
    load, begun = Index._load, threading.Event()

    def slowly(index: Index) -> None:
        begun.set()
        time.sleep(1.5)
        load(index)

    monkeypatch.setattr(Index, "_load", slowly)
    totals: list[int] = []

    def ask() -> None:
        with patient(1, stays):
            totals.append(catalog.view(STAFF).search("").total)

    first = threading.Thread(target=ask)
    first.start()
    begun.wait(30)
    ask()
    first.join()
    assert totals == [0, 0]


def test_what_was_touched_is_taken_over_to_the_end(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[object] = []
    take = Index._take

    def watched(index: Index, changes: Changes) -> bool:
        limits.append(NOW.get())
        return take(index, changes)

    monkeypatch.setattr(Index, "_take", watched)
    assert catalog.view(STAFF).search("").total == 0
    catalog.write(lambda change: change.put(dataset("grain.dm3"), action="put"), by=SYSTEM)
    with patient(60, stays):
        assert catalog.view(STAFF).search("").total == 1
    assert limits == [None]


def test_a_state_of_the_past_is_read_for_as_long_as_somebody_waits(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, gone = Index._load, threading.Event()

    def watched(index: Index) -> None:
        now = NOW.get()
        if index.is_past:
            assert now is not None
            assert math.isinf(now.until)
            gone.set()
        load(index)

    monkeypatch.setattr(Index, "_load", watched)
    before = catalog.snapshot()
    catalog.write(lambda change: change.put(dataset("grain.dm3"), action="put"), by=SYSTEM)
    with patient(60, gone.is_set), pytest.raises(Unavailable, match="Nobody waited"):
        catalog.view(STAFF, before).search("")
    with patient(60, stays):
        assert catalog.view(STAFF, before).search("").total == 0


def test_memory_that_is_short_is_told_also_where_no_question_is_limited(world: World) -> None:
    def too_much() -> None:
        raise duckdb.OutOfMemoryException("too much")

    watch = world.catalog._reader._watch
    with pytest.raises(Unavailable, match="not enough memory"), watch.over(duckdb.connect()):
        too_much()
    with patient(60, stays), pytest.raises(Invalid, match="more memory than there is"), watch.over(duckdb.connect()):
        too_much()


def test_what_serves_all_to_come_is_not_ended_with_who_needs_it_first(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[object] = []
    load = Index._load

    def watched(index: Index) -> None:
        limits.append(NOW.get())
        load(index)

    monkeypatch.setattr(Index, "_load", watched)
    with patient(60, stays):
        before = NOW.get()
        assert catalog.view(STAFF).search("").total == 0
        after = NOW.get()
    assert limits == [None]
    assert before is not None
    assert after is not None
    assert after.until > before.until, "reading it is not counted"
    assert NOW.get() is None
