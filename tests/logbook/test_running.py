from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lims.catalog import Catalog
from lims.errors import Conflict, Forbidden, Invalid, NotFound, SessionStillOpen
from lims.logbook import (
    cancel_session,
    end_session,
    note_session,
    pause_session,
    reopen_session,
    resume_session,
    start_session,
)
from lims.model import SYSTEM, Activity, Principal, Session, record_id_of
from tests.logbook.conftest import ADA, BOB, STAFF
from tests.logbook.test_starting import END, HOUR, START, file_at, past

ACTS: list[Callable[..., Session]] = [pause_session, resume_session, end_session, cancel_session, reopen_session]


def running(catalog: Catalog, who: Principal = ADA, **about: Any) -> Session:
    return start_session(catalog, who, instrument="titan", at=datetime.now(UTC) - HOUR, **about)


def state_of_record(catalog: Catalog, session: Session) -> str:
    return catalog.view(SYSTEM).record(record_id_of(session.id)).state


def kinds(catalog: Catalog, session: Session) -> list[str]:
    return [event.kind for event in catalog.view(SYSTEM).events(session.id)]


def test_the_record_goes_to_building_in_the_transaction_that_ends_the_session(catalog: Catalog) -> None:
    session = running(catalog)
    before = catalog.snapshot()
    ended = end_session(catalog, ADA, session.id)
    assert ended.state == "ended"
    for snapshot in range(before, catalog.snapshot() + 1):
        view = catalog.view(SYSTEM, snapshot)
        is_ended = view.session(session.id).end is not None
        assert is_ended == (view.record(record_id_of(session.id)).state == "building")


def test_a_double_end_is_refused_and_says_when_it_was(catalog: Catalog) -> None:
    session = running(catalog)
    end_session(catalog, ADA, session.id)
    with pytest.raises(Conflict, match="already ended"):
        end_session(catalog, ADA, session.id)
    assert kinds(catalog, session) == ["start", "end"]


def test_a_repeated_request_ends_once_and_gets_the_first_answer(catalog: Catalog) -> None:
    session = running(catalog)
    first = end_session(catalog, ADA, session.id, request_key="k")
    assert end_session(catalog, ADA, session.id, request_key="k") == first
    assert kinds(catalog, session) == ["start", "end"]


def test_an_end_without_a_start_is_not_found(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="ses-nothing"):
        end_session(catalog, ADA, "ses-nothing")


def test_an_end_before_the_start_or_in_the_future_is_refused(catalog: Catalog) -> None:
    session = running(catalog)
    with pytest.raises(Invalid, match="before it starts"):
        end_session(catalog, ADA, session.id, at=session.start - HOUR)
    with pytest.raises(Invalid, match="still to come"):
        end_session(catalog, ADA, session.id, at=datetime.now(UTC) + HOUR)
    assert catalog.view(ADA).session(session.id).is_open


def test_a_session_ends_at_its_last_file_which_is_then_inside(catalog: Catalog) -> None:
    session = running(catalog)
    last = datetime.now(UTC) - HOUR / 2
    file_at(catalog, session, last)
    ended = end_session(catalog, ADA, session.id, at="last-file")
    assert ended.end is not None
    assert last < ended.end <= last + timedelta(seconds=1)


def test_without_a_file_there_is_no_last_file(catalog: Catalog) -> None:
    with pytest.raises(Conflict, match="No file"):
        end_session(catalog, ADA, running(catalog).id, at="last-file")


def test_pause_and_resume_follow_each_other(catalog: Catalog) -> None:
    session = running(catalog)
    with pytest.raises(Conflict, match="not paused"):
        resume_session(catalog, ADA, session.id)
    assert pause_session(catalog, ADA, session.id).state == "paused"
    with pytest.raises(Conflict, match="not running"):
        pause_session(catalog, ADA, session.id)
    assert resume_session(catalog, ADA, session.id).state == "open"
    assert kinds(catalog, session) == ["start", "pause", "resume"]


def test_a_paused_session_still_holds_the_instrument_and_can_be_ended(catalog: Catalog) -> None:
    session = running(catalog)
    pause_session(catalog, ADA, session.id)
    with pytest.raises(SessionStillOpen):
        start_session(catalog, BOB, instrument="titan")
    assert end_session(catalog, ADA, session.id).state == "ended"


def test_a_note_is_kept_with_its_time_also_after_the_end(catalog: Catalog) -> None:
    session = running(catalog)
    moment = session.start + timedelta(minutes=5)
    note_session(catalog, ADA, session.id, text=" beam unstable ", at=moment)
    end_session(catalog, ADA, session.id)
    note_session(catalog, ADA, session.id, text="forgot: new filament")
    notes = [event for event in catalog.view(ADA).events(session.id) if event.kind == "note"]
    assert [note.text for note in notes] == ["beam unstable", "forgot: new filament"]
    assert notes[0].at == moment


def test_an_empty_note_is_refused(catalog: Catalog) -> None:
    with pytest.raises(Invalid, match="empty"):
        note_session(catalog, ADA, running(catalog).id, text=" \n ")


def test_cancelling_frees_the_files_and_their_activities(catalog: Catalog) -> None:
    session = past(catalog)
    one = file_at(catalog, session, START + HOUR)
    activity = Activity("act-0000000001", session.id, 1, START, END, (one.id,))
    catalog.write(lambda change: change.put(activity, action="test"), by=SYSTEM)
    cancelled = cancel_session(catalog, ADA, session.id, reason="wrong microscope")
    view = catalog.view(SYSTEM)
    assert cancelled.state == "cancelled"
    assert (view.dataset(one.id).session, view.dataset(one.id).activity) == (None, None)
    assert view.activities(session.id) == []
    assert state_of_record(catalog, session) == "cancelled"
    assert view.events(session.id)[-1].text == "wrong microscope"


@pytest.mark.parametrize("act", [pause_session, resume_session, end_session, cancel_session])
def test_nothing_happens_to_a_cancelled_session_but_reopening(catalog: Catalog, act: Callable[..., Session]) -> None:
    session = running(catalog)
    cancel_session(catalog, ADA, session.id)
    with pytest.raises(Conflict, match="cancelled"):
        act(catalog, ADA, session.id)
    with pytest.raises(Conflict, match="cancelled"):
        note_session(catalog, ADA, session.id, text="x")
    assert reopen_session(catalog, ADA, session.id).state == "open"
    assert state_of_record(catalog, session) == "open"


def test_a_cancelled_session_leaves_the_instrument_free(catalog: Catalog) -> None:
    cancel_session(catalog, ADA, past(catalog).id)
    assert past(catalog, BOB).state == "ended"


def test_reopening_an_ended_session_opens_it_and_its_record(catalog: Catalog) -> None:
    session = running(catalog)
    end_session(catalog, ADA, session.id)
    again = reopen_session(catalog, ADA, session.id)
    assert (again.state, again.end) == ("open", None)
    assert state_of_record(catalog, session) == "open"
    with pytest.raises(Conflict, match="is open"):
        reopen_session(catalog, ADA, session.id)


def test_reopening_a_cancelled_past_session_brings_back_its_times(catalog: Catalog) -> None:
    session = past(catalog)
    cancel_session(catalog, ADA, session.id)
    again = reopen_session(catalog, ADA, session.id)
    assert (again.state, again.end) == ("ended", END)
    assert state_of_record(catalog, session) == "building"


def test_nobody_is_pushed_off_the_instrument_by_a_reopening(catalog: Catalog) -> None:
    session = running(catalog)
    end_session(catalog, ADA, session.id)
    now = start_session(catalog, BOB, instrument="titan")
    with pytest.raises(SessionStillOpen, match=now.id):
        reopen_session(catalog, ADA, session.id)
    end_session(catalog, BOB, now.id)
    with pytest.raises(Conflict):
        reopen_session(catalog, ADA, session.id)


@pytest.mark.parametrize("act", ACTS)
def test_a_stranger_finds_no_session_to_change(catalog: Catalog, act: Callable[..., Session]) -> None:
    session = running(catalog)
    with pytest.raises(NotFound):
        act(catalog, BOB, session.id)
    assert kinds(catalog, session) == ["start"]


def test_people_on_the_session_and_staff_may_end_it(catalog: Catalog) -> None:
    session = running(catalog, people=["bob"])
    note_session(catalog, BOB, session.id, text="hello")
    assert end_session(catalog, STAFF, session.id).state == "ended"
    with pytest.raises(Forbidden):
        start_session(catalog, BOB, instrument="fib", user="ada")
