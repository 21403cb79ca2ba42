from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lims.catalog import Catalog
from lims.errors import Conflict, Forbidden, Invalid, NotFound, SessionStillOpen
from lims.logbook import end_session, start_session
from lims.model import SYSTEM, Dataset, Person, Project, Reservation, Sample, Session, record_id_of
from tests.logbook.conftest import ADA, BOB, STAFF

START = datetime(2018, 11, 13, 17, 30, tzinfo=UTC)
END = datetime(2018, 11, 13, 20, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def past(catalog: Catalog, who=ADA, **about) -> Session:  # type: ignore[no-untyped-def]
    return start_session(catalog, who, **{"instrument": "titan", "at": START, "end": END, **about})


def file_at(catalog: Catalog, session: Session, moment: datetime) -> Dataset:
    one = Dataset(
        "dat-0000000001", "raw", "raw", "Titan_TEM/a.dm3", 1, moment, instrument=session.instrument, session=session.id,
        acquired=moment, status="extracted",
    )
    catalog.write(lambda change: change.put(one, action="test"), by=SYSTEM)
    return one


def test_a_session_has_its_record_and_its_event_from_the_first_moment(catalog: Catalog) -> None:
    session = start_session(catalog, ADA, instrument="titan", title="Grain boundaries", notes="cold")
    view = catalog.view(ADA)
    assert view.session(session.id) == session
    assert (session.user, session.operator, session.state, session.end) == ("ada", "ada", "open", None)
    assert view.record(record_id_of(session.id)).state == "open"
    assert view.record(record_id_of(session.id)).title == "Grain boundaries"
    assert [(event.kind, event.by) for event in view.events(session.id)] == [("start", "ada")]
    assert {entry.by for entry in view.history(session.id)} == {"ada"}


def test_a_session_that_already_happened_owes_its_record(catalog: Catalog) -> None:
    session = past(catalog)
    assert (session.start, session.end, session.state) == (START, END, "ended")
    record = catalog.view(ADA).record(record_id_of(session.id))
    assert (record.state, record.title) == ("building", "Titan TEM, 2018-11-13")
    assert [event.kind for event in catalog.view(ADA).events(session.id)] == ["start", "end"]


def test_people_project_and_sample_exist_from_their_first_use(catalog: Catalog) -> None:
    past(catalog, project="AM-12", sample="17-4-500C", people=["bob", "bob", "cy"])
    view = catalog.view(SYSTEM)
    assert {"ada", "bob", "cy"} == {one.id for one in view.people()}
    assert view.projects() == [Project("AM-12")]
    assert view.samples() == [Sample("17-4-500C", project="AM-12")]


def test_first_use_does_not_overwrite_what_is_known(catalog: Catalog) -> None:
    known = Person("ada", "Ada Lovelace")
    catalog.write(lambda change: change.put(known, action="test"), by=SYSTEM)
    past(catalog)
    assert known in catalog.view(SYSTEM).people()


@pytest.mark.parametrize("said", ["titan", "Titan TEM", "tit", "TITAN", "Titan T"])
def test_an_instrument_is_found_by_id_name_or_beginning(catalog: Catalog, said: str) -> None:
    assert past(catalog, instrument=said).instrument == "titan"


def test_an_unknown_instrument_is_refused_with_the_known_ones(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="Nion") as refused:
        past(catalog, instrument="Nion")
    assert "fib, titan" in refused.value.hint


def test_the_second_start_is_refused_and_names_the_first(catalog: Catalog) -> None:
    first = start_session(catalog, ADA, instrument="titan")
    with pytest.raises(SessionStillOpen, match=first.id) as refused:
        start_session(catalog, BOB, instrument="titan")
    assert "ada" in refused.value.message
    assert start_session(catalog, BOB, instrument="fib").is_open
    assert [one.id for one in catalog.view(SYSTEM).sessions(instrument="titan")] == [first.id]


def test_a_repeated_request_starts_one_session(catalog: Catalog) -> None:
    first = start_session(catalog, ADA, instrument="titan", request_key="k1")
    assert start_session(catalog, ADA, instrument="titan", request_key="k1") == first
    assert len(catalog.view(SYSTEM).sessions()) == 1
    assert len(catalog.view(SYSTEM).events(first.id)) == 1


def test_a_file_that_was_found_and_not_read_yet_is_the_last_file_too(catalog: Catalog) -> None:
    theirs = start_session(catalog, ADA, instrument="titan", at=datetime.now(UTC) - 3 * HOUR)
    read = file_at(catalog, theirs, datetime.now(UTC) - 2 * HOUR)
    found = replace(
        read, id="dat-0000000002", key="Titan_TEM/b.dm3", session=None, acquired=None, status="registered",
        modified=datetime.now(UTC) - HOUR,
    )
    catalog.write(lambda change: change.put(found, action="test"), by=SYSTEM)
    start_session(catalog, BOB, instrument="titan", end_other=True)
    ended = catalog.view(SYSTEM).session(theirs.id)
    assert ended.end is not None
    assert timedelta(0) < ended.end - found.modified <= timedelta(seconds=1)


def test_somebody_elses_forgotten_session_is_ended_at_its_last_file(catalog: Catalog) -> None:
    theirs = start_session(
        catalog, ADA, instrument="titan", at=datetime.now(UTC) - 3 * HOUR, title="Maps", notes="secret", project="P"
    )
    last = datetime.now(UTC) - 2 * HOUR
    file_at(catalog, theirs, last)
    mine = start_session(catalog, BOB, instrument="titan", end_other=True)
    ended = catalog.view(SYSTEM).session(theirs.id)
    assert mine.is_open
    assert ended.end is not None
    assert timedelta(0) < ended.end - last <= timedelta(seconds=1)
    assert (ended.state, ended.title, ended.notes, ended.project) == ("ended", "Maps", "secret", "P")
    assert catalog.view(SYSTEM).record(record_id_of(theirs.id)).state == "building"
    event = catalog.view(SYSTEM).events(theirs.id)[-1]
    assert (event.kind, event.by) == ("end", "bob")
    assert catalog.view(SYSTEM).history(theirs.id)[-1].by == "bob"


def test_a_forgotten_session_without_files_ends_when_the_next_begins(catalog: Catalog) -> None:
    theirs = start_session(catalog, ADA, instrument="titan", at=datetime.now(UTC) - HOUR)
    mine = start_session(catalog, BOB, instrument="titan", end_other=True)
    assert catalog.view(SYSTEM).session(theirs.id).end == mine.start


def test_nobody_cuts_anothers_session_short_by_starting_in_the_past(catalog: Catalog) -> None:
    begin = datetime.now(UTC) - 3 * HOUR
    theirs = start_session(catalog, ADA, instrument="titan", at=begin)
    file_at(catalog, theirs, begin + HOUR)
    for end in (None, begin + 2 * HOUR):
        with pytest.raises(Forbidden, match="ask the staff"):
            start_session(catalog, BOB, instrument="titan", at=begin + timedelta(seconds=1), end=end, end_other=True)
    assert catalog.view(SYSTEM).session(theirs.id).is_open
    start_session(catalog, STAFF, instrument="titan", at=begin + 2 * HOUR, end_other=True)
    assert not catalog.view(SYSTEM).session(theirs.id).is_open


def test_who_ends_another_session_does_not_get_to_see_it(catalog: Catalog) -> None:
    theirs = start_session(catalog, ADA, instrument="titan", at=datetime.now(UTC) - HOUR)
    start_session(catalog, BOB, instrument="titan", end_other=True)
    with pytest.raises(NotFound):
        catalog.view(BOB).session(theirs.id)


def test_sessions_on_one_instrument_never_overlap(catalog: Catalog) -> None:
    first = past(catalog)
    for start, end in ((START - HOUR, START + HOUR), (START + HOUR, END - HOUR), (START - HOUR, END + HOUR)):
        with pytest.raises(Conflict, match=first.id):
            past(catalog, at=start, end=end)
    assert past(catalog, at=END, end=END + HOUR).start == END
    assert past(catalog, at=START - HOUR, end=START).end == START
    assert past(catalog, instrument="fib").instrument == "fib"


def test_an_overlap_with_a_session_one_may_not_see_names_nobody(catalog: Catalog) -> None:
    first = past(catalog, title="secret project")
    with pytest.raises(Conflict) as refused:
        past(catalog, BOB)
    assert not {first.id, "ada", "secret", "17:30", "12:30"} & set(str(refused.value).split())
    assert "Somebody else's session" in refused.value.message


def test_a_session_may_not_reach_into_one_that_is_open(catalog: Catalog) -> None:
    now = datetime.now(UTC)
    start_session(catalog, ADA, instrument="titan", at=now - HOUR)
    with pytest.raises(Conflict):
        past(catalog, ADA, at=now - 2 * HOUR, end=now - HOUR / 2)


def test_times_that_cannot_be_are_refused(catalog: Catalog) -> None:
    with pytest.raises(Invalid, match="before it starts"):
        past(catalog, at=END, end=START)
    with pytest.raises(Invalid, match="before it starts"):
        past(catalog, at=START, end=START)
    with pytest.raises(Invalid, match="still to come"):
        start_session(catalog, ADA, instrument="titan", at=datetime.now(UTC) + HOUR)
    with pytest.raises(Invalid, match="still to come"):
        past(catalog, at=START, end=datetime.now(UTC) + HOUR)
    assert catalog.view(SYSTEM).sessions() == []


def test_a_time_without_zone_is_the_instruments(catalog: Catalog) -> None:
    session = past(catalog, at=datetime(2018, 11, 13, 12, 30), end=datetime(2018, 11, 13, 15, 30))
    assert (session.start, session.end) == (START, END)


def test_only_staff_log_in_somebody_elses_name(catalog: Catalog) -> None:
    with pytest.raises(Forbidden, match="ada"):
        past(catalog, BOB, user="ada")
    session = past(catalog, STAFF, user="ada")
    assert (session.user, session.operator) == ("ada", "m.keller")
    assert catalog.view(ADA).session(session.id) == session


def booking(user: str, title: str) -> Reservation:
    return Reservation(f"rsv-000000000{len(title)}", "titan", user, title, START - HOUR, END, project="AM-12")


def test_a_session_takes_the_booking_of_its_user_and_what_that_says(catalog: Catalog) -> None:
    mine, other = booking("ada", "Maps"), booking("bob", "Not mine")
    catalog.write(lambda change: change.put_all([mine, other], action="test"), by=SYSTEM)
    session = past(catalog)
    assert (session.reservation, session.title, session.project) == (mine.id, "Maps", "AM-12")


def test_what_was_typed_outranks_the_booking(catalog: Catalog) -> None:
    mine = booking("ada", "Maps")
    catalog.write(lambda change: change.put(mine, action="test"), by=SYSTEM)
    session = past(catalog, title="Other", project="P2", at=datetime(2018, 11, 13, 19, 0, tzinfo=UTC))
    assert (session.reservation, session.title, session.project) == (mine.id, "Other", "P2")


def test_a_session_elsewhere_or_later_takes_no_booking(catalog: Catalog) -> None:
    catalog.write(lambda change: change.put(booking("ada", "Maps"), action="test"), by=SYSTEM)
    assert past(catalog, instrument="fib").reservation is None
    assert past(catalog, at=END, end=END + HOUR).reservation is None


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_names_that_fit_on_no_line_are_refused(catalog: Catalog, name: str) -> None:
    with pytest.raises(Invalid):
        past(catalog, people=[name])


def test_the_next_session_may_start_when_the_last_has_ended(catalog: Catalog) -> None:
    first = start_session(catalog, ADA, instrument="titan")
    end_session(catalog, ADA, first.id)
    assert start_session(catalog, BOB, instrument="titan").is_open


def test_a_start_before_there_were_microscopes_is_refused(catalog: Catalog) -> None:
    with pytest.raises(Invalid, match="0001-01-01"):
        start_session(catalog, ADA, instrument="titan", at=datetime(1, 1, 1, 10, tzinfo=UTC))
