"""Reading: whole commits, now or as of then, and inside a change what it has done itself."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lims.catalog import Catalog, Transaction
from lims.errors import Invalid, NoSuchThing
from lims.model import SYSTEM, Person, Project, Session, Step, new_id
from tests.catalog.world import ALICE, BEGIN, BOB, dataset


def session_of_alice(**more: object) -> Session:
    return Session(new_id("session"), "titan", "alice", "alice", BEGIN, **more)  # type: ignore[arg-type]


def test_what_is_read_at_one_moment_is_of_one_commit(catalog: Catalog) -> None:
    with catalog.at_one_moment():
        assert catalog.view(SYSTEM).people() == []
        catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
        assert catalog.view(SYSTEM).people() == []
    assert [one.id for one in catalog.view(SYSTEM).people()] == ["ada"]


def test_the_state_of_an_earlier_snapshot_or_time_can_be_read(catalog: Catalog) -> None:
    session = session_of_alice(title="one")
    catalog.write(lambda change: change.put(session, action="start"), by=ALICE)
    number, moment = catalog.snapshot(), datetime.now(UTC)
    time.sleep(0.01)
    catalog.write(lambda change: change.put(replace(session, title="two"), action="edit"), by=ALICE)
    for as_of in (number, moment):
        assert catalog.view(ALICE, as_of=as_of).session(session.id).title == "one"
    assert catalog.view(ALICE, as_of=catalog.snapshot()).session(session.id).title == "two"
    assert catalog.view(ALICE).session(session.id).title == "two"
    with pytest.raises(NoSuchThing):
        catalog.view(ALICE, as_of=number - 1).session(session.id)
    for never in (-1, number + 100, moment - timedelta(days=999)):
        with pytest.raises(Invalid):
            catalog.view(ALICE, as_of=never)


def test_sessions_near_a_moment_come_first(catalog: Catalog) -> None:
    """By the hours between: 24 before the moment, it lies inside, 2 after it, 0 in one that has not ended."""
    day, hour = timedelta(days=1), timedelta(hours=1)
    spans = {"before": (-day - hour, -day), "around": (-hour, hour), "after": (2 * hour, 3 * hour)}
    spans |= {"open": (-2 * day, None)}
    for title, (start, end) in spans.items():
        session = replace(session_of_alice(title=title), start=BEGIN + start, end=end and BEGIN + end)
        catalog.write(lambda change, one=session: change.put(one, action="start"), by=ALICE)
    view = catalog.view(ALICE)
    assert [one.title for one in view.sessions(near=BEGIN)] == ["around", "open", "after", "before"]
    assert [one.title for one in view.sessions(near=BEGIN + 3 * hour, limit=2)] == ["after", "open"]
    assert [one.title for one in view.sessions()] == ["after", "around", "before", "open"]


def test_many_threads_read_whole_commits_while_one_writes(catalog: Catalog) -> None:
    """Each commit adds a person and a project: whoever sees another number of them saw half a commit."""
    stop, wrong, reads = threading.Event(), [], []

    def read() -> None:
        view = catalog.view(SYSTEM)
        while not stop.is_set():
            projects, people = len(view.projects()), len(view.people())
            reads.append(1)
            if projects > people:
                wrong.append((projects, people))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(15):
        things = [Person(f"p{number}"), Project(f"j{number}")]
        catalog.write(lambda change, things=things: change.put_all(things, action="put"), by=SYSTEM)  # type: ignore[misc]
        assert len(catalog.view(SYSTEM).people()) == number + 1, "a writer must read what it wrote"
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(reads) > 15


def test_a_change_sees_what_it_has_done_and_rules_see_everything(catalog: Catalog) -> None:
    catalog.write(lambda change: change.put(session_of_alice(), action="start"), by=ALICE)

    def change(transaction: Transaction) -> tuple[int, int]:
        transaction.put(replace(session_of_alice(), user="bob", operator="bob"), action="start")
        return len(transaction.view.sessions()), len(transaction.unrestricted.sessions())

    assert catalog.write(change, by=BOB) == (1, 2)


def test_steps_are_the_harvests_own_and_leave_no_history(catalog: Catalog) -> None:
    file = dataset("a")
    states = [Step(file.id, "hash", "running", 1), Step(file.id, "hash", "failed", 1, "why", "1")]
    catalog.write(lambda change: change.put(file, action="put"), by=SYSTEM)
    for state in states:
        catalog.write(lambda change, state=state: change.put(state, action="step"), by=SYSTEM)  # type: ignore[misc]
    assert catalog.view(SYSTEM).steps(file.id) == states[1:]
    assert catalog.view(SYSTEM).failed_steps() == states[1:]
    assert len(catalog.view(SYSTEM).history(file.id)) == 1


def test_keys_of_a_prefix_come_with_their_companions(catalog: Catalog) -> None:
    file = dataset("Titan_TEM/scan.emi", companions=("Titan_TEM/scan_1.ser", "Titan_TEM/\udcff.ser"))
    catalog.write(lambda change: change.put_all([file, dataset("FIB/x.tif")], action="put"), by=SYSTEM)
    found = catalog.view(SYSTEM).keys_in("raw", "Titan_TEM/")
    assert found == dict.fromkeys((file.key, *file.companions), (file.id, 1000, BEGIN, ""))
    assert catalog.view(SYSTEM).dataset_at("raw", "Titan_TEM/\udcff.ser") == file
    assert catalog.view(SYSTEM).dataset_at("raw", "nosuch") is None
