from datetime import UTC, datetime

import pytest

from lims.catalog import Catalog
from lims.errors import Conflict, Forbidden, Invalid, NotFound
from lims.logbook import cancel_session, edit_note, edit_session, note_session, start_session
from lims.model import SYSTEM, record_id_of
from tests.logbook.conftest import ADA, BOB, STAFF
from tests.logbook.test_starting import END, HOUR, START, file_at, past


def test_an_edit_keeps_what_was_there_before(catalog: Catalog) -> None:
    session = past(catalog, title="Mpas", project="AM-12")
    after = edit_session(catalog, ADA, session.id, changes={"title": "Maps", "project": None, "people": ["cy"]})
    assert (after.title, after.project, after.people) == ("Maps", None, ("cy",))
    event = catalog.view(ADA).events(session.id)[-1]
    assert event.kind == "edit"
    assert event.detail == {"title": ["Mpas", "Maps"], "project": ["AM-12", None], "people": [[], ["cy"]]}
    assert catalog.view(ADA).record(record_id_of(session.id)).title == "Maps"


def test_an_edit_of_words_does_not_rebuild_the_record(catalog: Catalog) -> None:
    session = past(catalog)
    record = record_id_of(session.id)
    done = catalog.view(SYSTEM).record(record)
    complete = type(done)(**{**done.__dict__, "state": "complete"})
    catalog.write(lambda change: change.put(complete, action="test"), by=SYSTEM)
    edit_session(catalog, ADA, session.id, changes={"notes": "cold"})
    assert catalog.view(SYSTEM).record(record).state == "complete"
    edit_session(catalog, ADA, session.id, changes={"end": END - HOUR})
    assert catalog.view(SYSTEM).record(record).state == "building"


def test_edited_times_are_read_in_the_instruments_zone(catalog: Catalog) -> None:
    session = past(catalog)
    after = edit_session(catalog, ADA, session.id, changes={"start": "2018-11-13 12:00", "end": "2018-11-13T21:00Z"})
    assert after.start == datetime(2018, 11, 13, 17, 0, tzinfo=UTC)
    assert after.end == datetime(2018, 11, 13, 21, 0, tzinfo=UTC)


def test_edited_times_obey_the_rules_of_logged_ones(catalog: Catalog) -> None:
    first, second = past(catalog), past(catalog, at=END, end=END + HOUR)
    with pytest.raises(Conflict, match=first.id):
        edit_session(catalog, ADA, second.id, changes={"start": END - HOUR})
    with pytest.raises(Invalid, match="before it starts"):
        edit_session(catalog, ADA, second.id, changes={"end": START})
    with pytest.raises(Invalid, match="twice"):
        edit_session(catalog, ADA, second.id, changes={"start": "2018-11-04 01:30"})
    assert catalog.view(ADA).session(second.id) == second


def test_moving_a_session_to_another_instrument_frees_its_files(catalog: Catalog) -> None:
    session = past(catalog)
    one = file_at(catalog, session, START)
    assert edit_session(catalog, ADA, session.id, changes={"instrument": "FIB-2"}).instrument == "fib"
    assert catalog.view(SYSTEM).dataset(one.id).session is None
    assert catalog.view(SYSTEM).record(record_id_of(session.id)).state == "building"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"id": "ses-x"},
        {"state": "open"},
        {"title": 3},
        {"people": "bob"},
        {"user": ""},
        {"start": 5},
        {"start": None},
    ],
)
def test_what_cannot_be_edited_is_refused(catalog: Catalog, changes: dict[str, object]) -> None:
    session = past(catalog)
    with pytest.raises(Invalid):
        edit_session(catalog, ADA, session.id, changes=changes)
    assert catalog.view(ADA).session(session.id) == session


def test_an_end_is_not_taken_away_by_an_edit(catalog: Catalog) -> None:
    with pytest.raises(Conflict, match="reopen"):
        edit_session(catalog, ADA, past(catalog).id, changes={"end": None})
    live = start_session(catalog, ADA, instrument="titan")
    with pytest.raises(Conflict, match="lims session end"):
        edit_session(catalog, ADA, live.id, changes={"end": datetime.now(UTC)})


def test_an_edit_that_changes_nothing_leaves_no_event(catalog: Catalog) -> None:
    session = past(catalog, title="Maps")
    assert edit_session(catalog, ADA, session.id, changes={"title": " Maps "}) == session
    assert [event.kind for event in catalog.view(ADA).events(session.id)] == ["start", "end"]


def test_only_staff_give_a_session_to_somebody_else(catalog: Catalog) -> None:
    session = past(catalog, STAFF, user="ada")
    with pytest.raises(Forbidden):
        edit_session(catalog, ADA, session.id, changes={"user": "bob"})
    assert edit_session(catalog, STAFF, session.id, changes={"user": "bob"}).user == "bob"
    with pytest.raises(NotFound):
        catalog.view(ADA).session(session.id)


def test_a_stranger_edits_nothing_and_learns_nothing(catalog: Catalog) -> None:
    session = past(catalog)
    with pytest.raises(NotFound):
        edit_session(catalog, BOB, session.id, changes={"title": "mine"})


def test_a_cancelled_session_is_not_edited(catalog: Catalog) -> None:
    session = past(catalog)
    cancel_session(catalog, ADA, session.id)
    with pytest.raises(Conflict, match="cancelled"):
        edit_session(catalog, ADA, session.id, changes={"title": "x"})


def test_a_corrected_note_keeps_its_old_wording(catalog: Catalog) -> None:
    session = past(catalog)
    note_session(catalog, ADA, session.id, text="beam unstalbe")
    note = catalog.view(ADA).events(session.id)[-1]
    edit_note(catalog, ADA, session.id, note.id, text="beam unstable")
    events = catalog.view(ADA).events(session.id)
    assert next(event for event in events if event.id == note.id).text == "beam unstable"
    assert events[-1].detail == {f"note {note.id}": ["beam unstalbe", "beam unstable"]}


def test_only_notes_are_corrected_as_notes(catalog: Catalog) -> None:
    session = past(catalog)
    start = catalog.view(ADA).events(session.id)[0]
    with pytest.raises(Invalid, match="not a note"):
        edit_note(catalog, ADA, session.id, start.id, text="x")
    with pytest.raises(NotFound):
        edit_note(catalog, ADA, session.id, "evt-nothing", text="x")


def test_who_was_only_there_may_correct_a_session_but_not_take_it(catalog: Catalog) -> None:
    """Who is on a session sees it: a companion could shut its owner out."""
    session = past(catalog)
    edit_session(catalog, ADA, session.id, changes={"people": ["bob", "cleo"]})
    for taken in ({"user": "bob"}, {"people": []}, {"people": ["bob", "cleo", "dan"]}):
        with pytest.raises(Forbidden, match="who is on"):
            edit_session(catalog, BOB, session.id, changes=taken)
    assert edit_session(catalog, BOB, session.id, changes={"title": "Maps"}).title == "Maps"
    assert edit_session(catalog, BOB, session.id, changes={"people": ["cleo"]}).people == ("cleo",)
    with pytest.raises(NotFound):
        catalog.view(BOB).session(session.id)
