"""Files that somebody has brought in: which of their times are believed, and whose sessions they are in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lims.catalog import Transaction
from lims.errors import Conflict
from lims.facility.operations.attention import attention
from lims.harvest.brought import are_of_one_copy, brought_ground, own_times_are_real, placed
from lims.logbook import cancel_session, edit_session, end_session, reopen_session, start_session
from lims.model import SYSTEM, Dataset, Instrument, Value, new_id
from lims.stores import Listing
from tests.harvest.conftest import ADA, BOB, END, MINUTE, START, Lab
from tests.harvest.test_own_report import STAFF, AlwaysGrowing, desk

COPIED = datetime(2026, 1, 5, 9, tzinfo=UTC)
TITAN = Instrument("titan", "Titan TEM", "America/New_York", ())


def file(modified: datetime, inside: str | None = None, **about: object) -> Dataset:
    said = {} if inside is None else {"start_time": Value(inside)}
    one = Dataset(new_id("dataset"), "raw", "imported", "P/a.dm3", 1, modified, normalised=said, owner="ada")
    return replace(one, **about)  # type: ignore[arg-type]


def zone(one: Dataset) -> str:
    return "UTC"


def test_times_within_a_minute_are_those_of_a_copy_and_so_are_impossible_ones() -> None:
    assert are_of_one_copy([COPIED, COPIED + timedelta(seconds=59)])
    assert not are_of_one_copy([COPIED, COPIED + timedelta(seconds=61)])
    assert are_of_one_copy([])
    nobody_wrote_then = [datetime(1980, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=3)]
    assert are_of_one_copy([*nobody_wrote_then, COPIED])


def test_most_files_that_know_better_decide() -> None:
    near = [file(START + number * MINUTE, (START + number * MINUTE).isoformat()) for number in range(3)]
    far = [file(COPIED + number * MINUTE, START.isoformat()) for number in range(4)]
    silent = [file(COPIED + number * timedelta(hours=1)) for number in range(9)]
    assert own_times_are_real([*near, *silent], zone)
    assert not own_times_are_real([*near, *far, *silent], zone)
    assert own_times_are_real(silent, zone)


@pytest.mark.parametrize(
    ("one", "is_real", "acquired", "clock", "note"),
    [
        (file(COPIED, "2018-11-13T18:00:00+00:00"), False, datetime(2018, 11, 13, 18, tzinfo=UTC), "inner", "copied"),
        (file(COPIED, "2018-11-13T13:00:00"), True, datetime(2018, 11, 13, 18, tzinfo=UTC), "inner", "has no zone"),
        (file(START, "2025-01-01T12:00:00"), True, START, "file", "not obeyed"),
        (file(START, "2025-01-01T12:00:00"), False, datetime(2025, 1, 1, 17, tzinfo=UTC), "inner", ""),
        (file(START, "1904-01-01T00:00:00"), True, START, "file", "cannot be"),
        (file(START, "2199-01-01T00:00:00"), False, None, "file", "that of a copy"),
        (file(START), True, START, "file", "no time inside"),
        (file(COPIED), False, None, "file", "that of a copy"),
        (file(datetime(1980, 1, 1, tzinfo=UTC)), True, None, "file", "that of a copy"),
    ],
)
def test_when_a_file_was_made(
    one: Dataset, is_real: bool, acquired: datetime | None, clock: str, note: str
) -> None:
    found = placed(one, "America/New_York", is_real=is_real)
    assert (found.acquired, found.clock) == (acquired, clock)
    assert note in found.clock_note


def bring(lab: Lab, *names: str, owner: str = "ada", instrument: Instrument | None = TITAN) -> None:
    """Files of the middle of the session, as an import has registered, read and placed them."""
    for name in names:
        path = lab.folder / "imported" / "P" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    lab.harvester.bring_in(brought_ground("imported", "P", owner, instrument))

    def put(change: Transaction) -> None:
        for one in lab.datasets().values():
            if one.owner:
                change.put(replace(one, acquired=START + 30 * MINUTE), action="test")

    lab.catalog.write(put, by=SYSTEM)


def test_what_is_brought_in_is_raw_hashed_read_and_its_owners(lab: Lab) -> None:
    bring(lab, "a.txt", instrument=None)
    one = lab.datasets()["a.txt"]
    assert (one.kind, one.store, one.key, one.owner, one.instrument) == ("raw", "imported", "P/a.txt", "ada", None)
    assert (one.status, len(one.sha256 or "")) == ("extracted", 64)
    assert [two.id for two in lab.catalog.view(ADA).datasets()] == [one.id]
    assert lab.catalog.view(BOB).datasets() == []


def test_it_goes_with_the_sessions_of_its_owner_through_every_correction_of_the_logbook(lab: Lab) -> None:
    session = lab.session()
    bring(lab, "a.txt")
    lab.harvester.build_records({session.id})
    assert lab.datasets()["a.txt"].session == session.id
    cancel_session(lab.catalog, ADA, session.id)
    assert lab.datasets()["a.txt"].session is None
    reopen_session(lab.catalog, ADA, session.id)
    lab.harvester.build_records({session.id})
    assert lab.datasets()["a.txt"].session == session.id
    edit_session(lab.catalog, ADA, session.id, changes={"start": START + 60 * MINUTE})
    lab.harvester.build_records({session.id})
    assert lab.datasets()["a.txt"].session is None


def test_it_never_goes_to_somebody_elses_session(lab: Lab) -> None:
    bring(lab, "a.txt")
    session = lab.session(BOB, at=START, end=END)
    lab.harvest()
    assert lab.datasets()["a.txt"].session is None
    assert lab.record(session).datasets == 0


def test_it_does_not_say_when_somebody_elses_session_ended(lab: Lab) -> None:
    bring(lab, "a.txt")
    session = start_session(lab.catalog, BOB, instrument="titan", at=START)
    with pytest.raises(Conflict, match="No file"):
        end_session(lab.catalog, BOB, session.id, at="last-file")


def test_a_harvest_leaves_it_alone_and_counts_no_orphan(lab: Lab) -> None:
    bring(lab, "a.txt")
    report = lab.harvest()
    assert (report.registered, report.missing, report.orphans) == (0, 0, 0)
    assert lab.datasets()["a.txt"].status == "extracted"


def test_what_somebody_has_brought_in_stays_theirs_when_the_original_is_tidied_away(lab: Lab) -> None:
    original = lab.put("Titan_TEM/a.txt", "a.txt")
    lab.put("Titan_TEM/other.txt", "other\n")
    session = lab.session()
    lab.harvest()
    bring(lab, "a.txt", owner="bob", instrument=None)
    (his,) = [one for one in lab.catalog.view(SYSTEM).datasets() if one.owner]
    (hers,) = [one for one in lab.catalog.view(SYSTEM).datasets(session=session.id) if one.name == "a.txt"]
    assert his.copy_of == hers.id
    original.unlink()
    report = lab.harvest()
    assert (report.missing, report.unavailable) == (1, ())
    now = {one.id: (one.store, one.status) for one in lab.catalog.view(SYSTEM).datasets() if one.name == "a.txt"}
    assert now == {hers.id: ("raw", "missing"), his.id: ("imported", "extracted")}
    assert lab.catalog.view(SYSTEM).dataset(his.id).copy_of is None


def test_nobody_is_troubled_for_ever_by_a_place_where_no_pass_comes_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = lab.harvester.tools.stores["imported"]
    look = store.look

    def partly(prefix: str = "") -> Listing:
        return replace(look(prefix), unreadable=((f"{prefix}locked", "permission denied"),))

    monkeypatch.setattr(store, "look", partly)
    monkeypatch.setattr("lims.harvest.harvester.ROUNDS", 0)
    lab.harvester.tools.settling = AlwaysGrowing(0.2)
    (lab.folder / "imported/P").mkdir(parents=True)
    (lab.folder / "imported/P/a.txt").write_text("a")
    tally = lab.harvester.bring_in(brought_ground("imported", "P", "ada", None))
    assert "P/locked" in str(tally.unavailable)
    assert attention(desk(lab), STAFF) == []
    assert (lab.harvester.background.restless(), lab.harvester.status()["growing"]) == (frozenset(), [])


def test_bringing_in_again_adds_nothing_and_what_has_grown_is_read_again(lab: Lab) -> None:
    bring(lab, "a.emi", "b.txt")
    first = lab.datasets()
    tally = lab.harvester.bring_in(brought_ground("imported", "P", "ada", None))
    assert (tally.registered, tally.changed, tally.extracted) == (set(), set(), set())
    bring(lab, "a_1.ser")
    second = lab.datasets()
    assert set(second) == set(first)
    assert second["a.emi"].id == first["a.emi"].id
    assert second["a.emi"].companions == ("P/a_1.ser",)
    assert second["a.emi"].instrument == "titan"


def test_what_a_killed_import_has_not_read_the_harvest_reads(lab: Lab) -> None:
    bring(lab, "a.txt", instrument=None)

    def forget(change: Transaction) -> None:
        change.put(replace(lab.datasets()["a.txt"], status="registered", sha256=None), action="test")

    lab.catalog.write(forget, by=SYSTEM)
    lab.harvest()
    assert lab.datasets()["a.txt"].status == "extracted"
    assert lab.datasets()["a.txt"].sha256
