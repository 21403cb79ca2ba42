"""What waits for a person is settled by one call, and taken back by another; in this process and at a service."""

from datetime import UTC, datetime

import pytest

from lims.catalog import Transaction
from lims.errors import Invalid, NotFound
from lims.facility.operations.attention import attention
from lims.facility.operations.settling import settle, settled, unsettle
from lims.facility.views import AttentionItem
from lims.logbook import cancel_session
from lims.model import SYSTEM, Person, Principal, Reservation
from tests.harvest.conftest import ADA, BOB, END, MINUTE, START, Lab
from tests.harvest.test_own_report import desk

STAFF = Principal("m.keller", is_staff=True)


def waiting(lab: Lab, kind: str = "orphan") -> list[AttentionItem]:
    return [one for one in attention(desk(lab), STAFF) if one.kind == kind]


def home_of(lab: Lab, name: str) -> str | None:
    return lab.datasets()[name].session


def test_files_written_after_a_session_are_proposed_to_it_put_there_and_taken_back(lab: Lab) -> None:
    session = lab.session()
    lab.put("Titan_TEM/a.txt", "in time\n")
    for minute in (5, 6, 7):
        lab.put(f"Titan_TEM/late_{minute}.txt", f"{minute}\n", END + minute * MINUTE)
    lab.harvest()
    [item] = waiting(lab)
    assert (item.files, item.session) == (3, session.id)
    assert "5 min after ada's session" in item.reason
    answer = settle(desk(lab), STAFF, item.thing)
    assert answer.files == 3
    assert home_of(lab, "late_6.txt") == session.id
    assert "put there by m.keller" in lab.datasets()["late_6.txt"].home_note
    assert (lab.record(session).datasets, lab.record(session).state) == (4, "complete")
    assert waiting(lab) == []
    lab.harvest()
    assert lab.record(session).datasets == 4
    [told] = settled(desk(lab), STAFF)
    assert (told.kind, told.files, told.undo) == ("orphan", 3, True)
    unsettle(desk(lab), STAFF, told.thing)
    assert lab.record(session).datasets == 1
    assert [one.files for one in waiting(lab)] == [3]
    assert settled(desk(lab), STAFF) == []
    words = [one.text for one in lab.catalog.view(ADA).builds(lab.record(session).id)]
    names = "(late_5.txt, late_6.txt, late_7.txt)"
    assert words == ["first built, with 1 file", f"3 files came {names}", f"3 files left {names}"]


def test_a_group_that_changes_while_it_is_settled_is_left_alone(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.put("Titan_TEM/a.txt", at=END + MINUTE)
    lab.harvest()
    placing = lab.harvester.placing
    told = iter([placing.waiting_files(), []])
    monkeypatch.setattr(placing, "waiting_files", lambda: next(told))
    with pytest.raises(NotFound, match="has changed"):
        settle(desk(lab), STAFF, lab.datasets()["a.txt"].id, "nobody")
    assert settled(desk(lab), STAFF) == []


def test_nobodys_files_stop_waiting_and_stay_known(lab: Lab) -> None:
    lab.put("Titan_TEM/alignment.txt", at=END + 600 * MINUTE)
    lab.harvest()
    [item] = waiting(lab)
    settle(desk(lab), STAFF, item.thing, "nobody", note="service day")
    assert waiting(lab) == []
    assert lab.harvest().orphans == 0
    assert lab.catalog.view(STAFF).search("is:orphan", kind="dataset").total == 0
    session = lab.session(at=END + 590 * MINUTE, end=END + 610 * MINUTE)
    lab.harvest()
    assert home_of(lab, "alignment.txt") is None
    unsettle(desk(lab), STAFF, item.thing)
    assert home_of(lab, "alignment.txt") == session.id


def test_where_nobody_logged_anything_a_session_is_logged_for_the_owner_of_the_folder(lab: Lab) -> None:
    lab.put("Titan_TEM/x/a.txt", "1\n", END + 900 * MINUTE)
    lab.put("Titan_TEM/x/b.txt", "2\n", END + 910 * MINUTE)
    lab.harvest()
    [item] = waiting(lab)
    assert [one.decision for one in item.actions] == ["nobody"]
    with pytest.raises(Invalid, match="whose"):
        settle(desk(lab), STAFF, item.thing)
    answer = settle(desk(lab), STAFF, item.thing, user="ada")
    assert not answer.undo
    assert answer.hint.startswith("lims session cancel ses-")
    home = home_of(lab, "a.txt")
    assert home is not None
    assert home == home_of(lab, "b.txt")
    assert lab.catalog.view(ADA).session(home).user == "ada"
    cancel_session(lab.catalog, STAFF, home)
    lab.harvest()
    assert [one.files for one in waiting(lab)] == [2]


def test_a_session_for_whom_is_named_is_logged_whatever_is_proposed(lab: Lab) -> None:
    adas = lab.session()
    lab.put("Titan_TEM/a.txt", at=END + MINUTE)
    lab.harvest()
    [item] = waiting(lab)
    assert item.session == adas.id
    settle(desk(lab), STAFF, item.thing, user="bob")
    home = home_of(lab, "a.txt")
    assert home not in (None, adas.id)
    assert lab.catalog.view(SYSTEM).session(home or "").user == "bob"
    with pytest.raises(NotFound, match="Nothing waits"):
        settle(desk(lab), STAFF, item.thing, "session", session=adas.id)


def test_another_session_than_proposed_can_be_named(lab: Lab) -> None:
    lab.session()
    his = lab.session(BOB, at=END + 300 * MINUTE, end=END + 360 * MINUTE)
    lab.put("Titan_TEM/a.txt", at=END + MINUTE)
    lab.harvest()
    [item] = waiting(lab)
    settle(desk(lab), STAFF, item.thing, "session", session=his.id)
    assert home_of(lab, "a.txt") == his.id
    assert lab.record(his).datasets == 1


def test_a_file_put_into_a_session_that_is_cancelled_is_free_again(lab: Lab) -> None:
    session = lab.session()
    lab.put("Titan_TEM/a.txt", at=END + MINUTE)
    lab.harvest()
    settle(desk(lab), STAFF, waiting(lab)[0].thing)
    cancel_session(lab.catalog, STAFF, session.id)
    lab.harvest()
    assert home_of(lab, "a.txt") is None


def test_a_broken_file_can_be_left_until_it_fails_anew(lab: Lab) -> None:
    lab.session()
    lab.put("Titan_TEM/broken.dm3", b"not a dm3")
    lab.harvest()
    [item] = waiting(lab, "failed")
    settle(desk(lab), STAFF, item.thing, "dismiss")
    assert waiting(lab, "failed") == []
    lab.put("Titan_TEM/broken.dm3", b"still not a dm3", START + 3 * MINUTE)
    lab.harvest()
    assert len(waiting(lab, "failed")) == 1


def test_missing_files_and_unused_bookings_can_be_dismissed_and_come_back(lab: Lab) -> None:
    now = datetime.now(UTC)
    booking = Reservation("rsv-0000000001", "titan", "ada", "EELS", now - 5 * 60 * MINUTE, now - 60 * MINUTE)

    def book(change: Transaction) -> None:
        change.put_all([Person("ada"), booking], action="test")

    lab.catalog.write(book, by=SYSTEM)
    gone = lab.put("Titan_TEM/gone.txt", "gone\n")
    lab.put("Titan_TEM/stays.txt", "stays\n")
    lab.session()
    lab.harvest()
    gone.unlink()
    lab.harvest()
    for kind in ("missing", "booking"):
        [item] = waiting(lab, kind)
        settle(desk(lab), STAFF, item.thing, "dismiss", kind=kind)
        assert waiting(lab, kind) == []
        unsettle(desk(lab), STAFF, item.thing, kind)
        assert len(waiting(lab, kind)) == 1


@pytest.mark.parametrize("back", ["gone.txt", "renamed.txt"])
def test_a_file_that_came_back_after_it_was_dismissed_waits_when_it_is_gone_again(lab: Lab, back: str) -> None:
    lab.put("Titan_TEM/stays.txt", "stays\n")
    for name in ("gone.txt", back):
        path = lab.put(f"Titan_TEM/{name}", "gone\n")
        lab.harvest()
        assert waiting(lab, "missing") == []
        path.unlink()
        lab.harvest()
        [item] = waiting(lab, "missing")
        settle(desk(lab), STAFF, item.thing, "dismiss")
        lab.harvest()
        assert waiting(lab, "missing") == []


def test_a_booking_that_somebody_used_does_not_wait(lab: Lab) -> None:
    now = datetime.now(UTC)
    booking = Reservation("rsv-0000000001", "titan", "ada", "EELS", now - 5 * 60 * MINUTE, now - 60 * MINUTE)
    lab.catalog.write(lambda change: change.put(booking, action="test"), by=SYSTEM)
    lab.session(at=now - 4 * 60 * MINUTE, end=now - 2 * 60 * MINUTE)
    assert waiting(lab, "booking") == []


def test_others_hear_nothing_of_orphans_and_settle_none(lab: Lab) -> None:
    lab.session()
    lab.put("Titan_TEM/a.txt", at=END + MINUTE)
    lab.harvest()
    [item] = waiting(lab)
    assert attention(desk(lab), ADA) == []
    with pytest.raises(NotFound):
        settle(desk(lab), ADA, item.thing)
    settle(desk(lab), STAFF, item.thing)
    with pytest.raises(NotFound):
        unsettle(desk(lab), BOB, item.thing)
    assert settled(desk(lab), BOB) == []
    assert [one.by for one in settled(desk(lab), ADA)] == ["m.keller"]
    unsettle(desk(lab), ADA, item.thing)  # it is her session


@pytest.mark.parametrize("decision", ["dismiss", "session"])
def test_what_makes_no_sense_is_refused_in_a_sentence(lab: Lab, decision: str) -> None:
    lab.put("Titan_TEM/a.txt", at=END + 9000 * MINUTE)
    lab.harvest()
    with pytest.raises(Invalid):
        settle(desk(lab), STAFF, waiting(lab)[0].thing, decision)  # type: ignore[arg-type]
    with pytest.raises(NotFound, match="Nothing waits"):
        settle(desk(lab), STAFF, "dat-0000000000")
    with pytest.raises(NotFound, match="Nothing was settled"):
        unsettle(desk(lab), STAFF, "dat-0000000000")


def test_of_two_who_settle_the_same_the_second_hears_that_it_is_done(lab: Lab) -> None:
    lab.session()
    lab.put("Titan_TEM/a.txt", at=END + MINUTE)
    lab.harvest()
    thing = waiting(lab)[0].thing
    settle(desk(lab), STAFF, thing)
    with pytest.raises(NotFound):
        settle(desk(lab), STAFF, thing, "nobody")
