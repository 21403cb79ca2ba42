"""Writing: what is acknowledged is there, whole, once; what fails leaves nothing and harms nobody."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from lims.catalog import Catalog, Transaction
from lims.errors import Conflict, Invalid, NoSuchThing, Unavailable
from lims.model import SYSTEM, Extraction, Person, Project, Record, Session, Step, Value, new_id, record_id_of
from tests.catalog.world import ALICE, BEGIN, BOB, dataset


def session_of_alice(**more: object) -> Session:
    return Session(new_id("session"), "titan", "alice", "alice", BEGIN, **more)  # type: ignore[arg-type]


def test_what_was_written_is_there_after_a_restart(folder: Path, extensions: Path) -> None:
    session, file = session_of_alice(title="Ünï"), dataset("a/b.dm3", owner="alice")

    def change(transaction: Transaction) -> str:
        transaction.put_all([session, Record(record_id_of(session.id), session.id, "open", "x"), file], action="put")
        transaction.put_extraction(file.id, Extraction("dm3", "r", "1", metadata={"a": {"b": (1, None, "ü")}}))
        transaction.tag(file.id, "good")
        return session.id

    with Catalog.open(folder, extensions=extensions) as first:
        assert first.write(change, by=ALICE) == session.id
        snapshot = first.snapshot()
    with Catalog.open(folder, extensions=extensions) as again:
        view = again.view(ALICE)
        assert (view.session(session.id), view.dataset(file.id)) == (session, file)
        assert view.document(file.id) == {"a": {"b": (1, None, "ü")}}
        assert (view.tags(file.id), again.snapshot()) == (["good"], snapshot)


def test_a_failing_change_leaves_nothing(catalog: Catalog) -> None:
    before = catalog.snapshot()

    def change(transaction: Transaction) -> None:
        transaction.put(Person("eve"), action="put")
        assert [one.id for one in transaction.view.people()] == ["eve"]
        raise Invalid("No.")

    with pytest.raises(Invalid, match="No"):
        catalog.write(change, by=SYSTEM)
    assert (catalog.view(SYSTEM).people(), catalog.snapshot()) == ([], before)


@pytest.mark.parametrize("has_written", [True, False])
def test_a_change_that_fails_in_a_group_takes_nobody_down(catalog: Catalog, has_written: bool) -> None:
    """The first change holds the committer until all others wait: they are one group then."""
    is_held, others_wait, runs = threading.Event(), threading.Event(), []

    def hold(transaction: Transaction) -> None:
        is_held.set()
        others_wait.wait(30)

    def change(number: int) -> object:
        def put(transaction: Transaction) -> int:
            runs.append(number)
            transaction.put(Person(f"p{number:02}"), action="put")
            if number % 5 == 3:
                _ = transaction.view if has_written else None
                raise Conflict(f"{number}")
            return number

        try:
            return catalog.write(put, by=SYSTEM)
        except Conflict as error:
            return str(error)

    with ThreadPoolExecutor(21) as pool:
        held = pool.submit(catalog.write, hold, by=SYSTEM)
        assert is_held.wait(30)
        waiting = [pool.submit(change, number) for number in range(20)]
        while catalog.status()["waiting"] != 20:
            time.sleep(0.01)
        commits = catalog.status()["commits"]
        others_wait.set()
        answers = [one.result() for one in waiting]
        held.result()
    assert answers == [str(n) if n % 5 == 3 else n for n in range(20)]
    assert sorted(runs) == list(range(20)), "a change ran twice"
    assert [one.id for one in catalog.view(SYSTEM).people()] == [f"p{n:02}" for n in range(20) if n % 5 != 3]
    assert catalog.status()["commits"] == commits + 2, "they were not one group"  # type: ignore[operator]


def test_a_change_that_swallows_a_conflict_still_fails(catalog: Catalog) -> None:
    catalog.write(lambda change: change.put(dataset("a"), action="put"), by=SYSTEM)

    def change(transaction: Transaction) -> None:
        transaction.put_all([Person("eve"), dataset("a")], action="put")
        with pytest.raises(Conflict):
            transaction.flush()

    with pytest.raises(Conflict):
        catalog.write(change, by=SYSTEM)
    assert catalog.view(SYSTEM).people() == []


def test_two_datasets_cannot_be_the_same_version_of_one_key(catalog: Catalog) -> None:
    one = dataset("a/b.dm3")
    catalog.write(lambda change: change.put(one, action="put"), by=SYSTEM)
    with pytest.raises(Conflict):
        catalog.write(lambda change: change.put(dataset("a/b.dm3"), action="put"), by=SYSTEM)
    with pytest.raises(Conflict):
        catalog.write(lambda change: change.put_all([dataset("c"), dataset("c")], action="put"), by=SYSTEM)
    second = dataset("a/b.dm3", version=2)
    catalog.write(lambda change: change.put_all([replace(one, bytes=7), second], action="put"), by=SYSTEM)
    assert catalog.view(SYSTEM).dataset_at("raw", "a/b.dm3") == second


def test_a_session_has_one_record(catalog: Catalog) -> None:
    session = session_of_alice()
    catalog.write(
        lambda change: change.put(Record(record_id_of(session.id), session.id, "open", ""), action="x"), by=SYSTEM
    )
    with pytest.raises(Conflict):
        catalog.write(
            lambda change: change.put(Record(new_id("record"), session.id, "open", ""), action="x"), by=SYSTEM
        )


def test_two_keys_may_change_places(catalog: Catalog) -> None:
    one, two = dataset("a"), dataset("b")
    catalog.write(lambda change: change.put_all([one, two], action="put"), by=SYSTEM)
    catalog.write(lambda c: c.put_all([replace(one, key="b"), replace(two, key="a")], action="swap"), by=SYSTEM)
    assert catalog.view(SYSTEM).dataset(one.id).key == "b"


# --- requests that are repeated ---------------------------------------------------------------------------------------


def test_a_repeated_request_gets_the_first_answer_also_after_a_restart(folder: Path, extensions: Path) -> None:
    def start(transaction: Transaction) -> Session:
        session = session_of_alice(people=("carol",))
        transaction.put(session, action="start")
        return session

    with Catalog.open(folder, extensions=extensions) as catalog:
        first = catalog.write(start, by=ALICE, request_key="k1")
        assert catalog.write(start, by=ALICE, request_key="k1") == first
        assert catalog.write(start, by=BOB, request_key="k1") != first, "a key belongs to its principal"
    with Catalog.open(folder, extensions=extensions) as catalog:
        assert catalog.write(start, by=ALICE, request_key="k1") == first
        assert len(catalog.view(SYSTEM).sessions()) == 2


def test_the_same_request_at_the_same_time_is_done_once(catalog: Catalog) -> None:
    def start(transaction: Transaction) -> Session:
        session = session_of_alice()
        transaction.put(session, action="start")
        return session

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: catalog.write(start, by=ALICE, request_key="k"), range(16)))
    assert len(set(answers)) == 1
    assert catalog.view(ALICE).sessions() == answers[:1]


def test_a_request_that_failed_may_be_tried_again(catalog: Catalog) -> None:
    def fail(transaction: Transaction) -> int:
        raise Conflict("Not now.")

    with pytest.raises(Conflict):
        catalog.write(fail, by=ALICE, request_key="k")
    assert catalog.write(lambda _: 5, by=ALICE, request_key="k") == 5
    assert catalog.write(fail, by=ALICE, request_key="k") == 5


# --- the history ------------------------------------------------------------------------------------------------------


def test_every_change_leaves_who_what_before_and_after(catalog: Catalog) -> None:
    session = session_of_alice(title="one")
    catalog.write(lambda change: change.put(session, action="session.start"), by=ALICE, request_key="k")
    catalog.write(lambda change: change.put(replace(session, title="two", people=("bob",)), action="edit"), by=BOB)
    catalog.write(lambda change: change.remove(session, action="forget"), by=SYSTEM)
    start, edit, forget = catalog.view(SYSTEM).history(session.id)
    assert (start.by, start.action, start.kind, start.request) == ("alice", "session.start", "session", "k")
    assert start.before is None
    assert start.after is not None
    assert start.after["title"] == "one"
    assert (edit.by, edit.before, edit.after) == (
        "bob",
        {"title": "one", "people": []},
        {"title": "two", "people": ["bob"]},
    )
    assert (forget.by, forget.after) == ("lims", None)
    assert start.at < edit.at < forget.at


def test_one_change_of_several_steps_keeps_each(catalog: Catalog) -> None:
    def change(transaction: Transaction) -> None:
        for title in ("a", "b", "b", "c"):
            transaction.put(Project("p", title), action=f"to {title}")

    catalog.write(change, by=SYSTEM)
    assert [entry.action for entry in catalog.view(SYSTEM).history("p")] == ["to a", "to b", "to c"]
    assert catalog.view(SYSTEM).projects() == [Project("p", "c")]


def test_what_changes_nothing_writes_nothing(catalog: Catalog) -> None:
    file = dataset("a", owner="alice")
    catalog.write(lambda change: change.put(file, action="put"), by=ALICE)
    before = catalog.snapshot()
    catalog.write(lambda change: change.put(file, action="put"), by=ALICE)
    catalog.write(lambda change: change.remove(dataset("b"), action="remove"), by=ALICE)
    assert (len(catalog.view(ALICE).history(file.id)), catalog.snapshot()) == (1, before)


def test_tags_are_put_on_once_and_taken_off_with_history(catalog: Catalog) -> None:
    file = dataset("a", owner="alice")
    catalog.write(lambda change: change.put(file, action="put"), by=ALICE)
    assert catalog.write(lambda change: change.tag(file.id, "größe"), by=ALICE) == ["größe"]
    assert catalog.write(lambda change: change.tag(file.id, "größe"), by=ALICE) == ["größe"]
    assert catalog.write(lambda change: change.tag(file.id, "b"), by=ALICE) == ["b", "größe"]
    assert catalog.write(lambda change: change.untag(file.id, "b"), by=ALICE) == ["größe"]
    assert catalog.write(lambda change: change.untag(file.id, "b"), by=ALICE) == ["größe"]
    assert [entry.action for entry in catalog.view(ALICE).history(file.id)] == ["put", "tag", "tag", "untag"]
    with pytest.raises(NoSuchThing):
        catalog.write(lambda change: change.tag(file.id, "mine"), by=BOB)
    for bad in ("", "  ", "a\nb", "x" * 101):
        with pytest.raises(Invalid):
            catalog.write(lambda change, bad=bad: change.tag(file.id, bad), by=ALICE)  # type: ignore[misc]


def test_an_extraction_replaces_the_earlier_one(catalog: Catalog) -> None:
    file = dataset("a", owner="alice")
    catalog.write(lambda change: change.put(file, action="put"), by=ALICE)
    for version, word in (("1", "oldword"), ("2", "newword")):
        extraction = Extraction("dm3", "r", version, metadata={"k": word}, warnings=(f"w{version}",))
        catalog.write(lambda change, e=extraction: change.put_extraction(file.id, e), by=SYSTEM)  # type: ignore[misc]
    view = catalog.view(ALICE)
    found = view.extraction(file.id)
    assert found is not None
    assert (found.extractor_version, found.warnings, found.metadata) == ("2", ("w2",), {"k": "newword"})
    assert [view.search(word).total for word in ("oldword", "newword", "k:newword")] == [0, 1, 1]


def test_two_extractions_in_one_change_leave_the_last(catalog: Catalog) -> None:
    file = dataset("a", owner="alice")

    def change(transaction: Transaction) -> list[str | None]:
        transaction.put(file, action="put")
        seen = []
        for word in ("first", "second"):
            transaction.put_extraction(file.id, Extraction("dm3", "r", "1", metadata={"k": word}))
            found = transaction.view.extraction(file.id)
            seen.append(found and found.metadata["k"])
        return seen

    assert catalog.write(change, by=ALICE) == ["first", "second"]
    assert catalog.view(ALICE).document(file.id) == {"k": "second"}
    assert [catalog.view(ALICE).search(word).total for word in ("first", "second")] == [0, 1]


def test_a_large_change_is_kept_like_a_small_one(catalog: Catalog) -> None:
    """Many rows go another way into the tables than few."""
    values = [{"acceleration_voltage": Value(1e3 * number, "V")} for number in range(700)]
    files = [dataset(f"ü{number}.dm3", normalised=one) for number, one in enumerate(values)]

    def read(number: int, version: str) -> Extraction:
        return Extraction("dm3", "r", version, metadata={"Scan": {"Number": number, "Mode": f"µ{number % 3}"}})

    def put(transaction: Transaction) -> object:
        transaction.put_all(files, action="put")
        transaction.put_all([Step(file.id, "extract", "done") for file in files], action="put")
        for number, file in enumerate(files):
            transaction.put_extraction(file.id, read(number, "1"))
        return transaction.view.document(files[-1].id)

    def put_again(transaction: Transaction) -> None:
        for number, file in enumerate(files):
            transaction.put_extraction(file.id, read(-number, "2"))

    assert catalog.write(put, by=SYSTEM) == {"Scan": {"Number": 699, "Mode": "µ0"}}
    before = catalog.snapshot()
    catalog.write(lambda change: change.put_all(files, action="put"), by=SYSTEM)
    assert catalog.snapshot() == before, "what is there already was written again"
    catalog.write(put_again, by=SYSTEM)
    view = catalog.view(SYSTEM)
    assert {one.id: one for one in view.datasets()} == {file.id: file for file in files}
    assert [view.search(asked, kind="dataset").total for asked in ("Scan.Number:-5", "Scan.Number:>0")] == [1, 0]
    assert [view.search(asked, kind="dataset").total for asked in ("voltage:>690kV", "Scan.Mode:µ1")] == [9, 233]
    put_first, extracted, again = view.history(files[5].id)
    assert (put_first.action, put_first.before, put_first.after and put_first.after["key"]) == ("put", None, "ü5.dm3")
    assert (extracted.before, again.before) == (None, {"extractor": "r", "extractor_version": "1"})
    assert view.dataset(files[5].id).normalised == values[5]


# --- what must not be done --------------------------------------------------------------------------------------------


def test_a_closed_catalog_says_so(folder: Path, extensions: Path) -> None:
    catalog = Catalog.open(folder, extensions=extensions)
    catalog.close()
    catalog.close()
    with pytest.raises(Unavailable):
        catalog.write(lambda _: None, by=SYSTEM)
    with pytest.raises(Unavailable):
        catalog.view(SYSTEM).people()


def test_a_commit_that_the_disk_refuses_is_told_to_all_who_wait_and_the_next_works(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operating system's fsync fails, as on a full disk, for as long as the patch is there."""

    def full(self: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.lake.DataFiles.sync_new", full)
        with pytest.raises(Unavailable, match="No space left"):
            catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
    assert catalog.view(SYSTEM).people() == []
    catalog.write(lambda change: change.put(Person("bob"), action="put"), by=SYSTEM)
    assert catalog.view(SYSTEM).people() == [Person("bob")]


def test_an_error_inside_duckdb_is_the_changes_own_and_the_next_works(catalog: Catalog) -> None:
    def broken(transaction: Transaction) -> None:
        transaction.put(Person("ada"), action="put")
        transaction.view._ask("SELECT CAST('x' AS BIGINT)")

    with pytest.raises(duckdb.Error):
        catalog.write(broken, by=SYSTEM)
    catalog.write(lambda change: change.put(Person("bob"), action="put"), by=SYSTEM)
    assert catalog.view(SYSTEM).people() == [Person("bob")]


def test_a_write_inside_a_change_is_refused_instead_of_waiting_for_itself(catalog: Catalog) -> None:
    with pytest.raises(RuntimeError, match="inside a change"):
        catalog.write(lambda _: catalog.write(lambda _: None, by=SYSTEM), by=SYSTEM)
