"""The demo as people find it: made once through the real logbook and harvest."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from lims.demo.cast import PEOPLE
from lims.demo.make import STAFF, Made, make_demo
from lims.demo.story import VISITS
from lims.facility.local import LocalFacility
from lims.model import Principal


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, make_demo(folder, date.today() - timedelta(days=1))


@pytest.fixture(scope="module")
def facility(made: tuple[Path, Made]) -> Iterator[LocalFacility]:
    with LocalFacility(made[0], STAFF) as opened:
        yield opened


def test_every_visit_has_a_record(made: tuple[Path, Made], facility: LocalFacility) -> None:
    records = facility.search_page("", kind="record", limit=100)
    assert made[1].sessions == records.total == len(VISITS)
    assert Counter(hit.state for hit in records.items) == {
        "complete": len(VISITS) - 2, "attention": 1, "open": 1,
    }


def test_high_voltage_finds_files_of_several_vendors(facility: LocalFacility) -> None:
    found = facility.search_page("voltage:>=200kV", kind="dataset", limit=200, facets=["format"])
    assert {facet.value for facet in found.facets["format"]} >= {"dm3", "emd-velox", "msa"}
    assert facility.search_page("voltage:<=20kV", kind="dataset").total > 20


def test_one_file_is_broken_and_says_why(facility: LocalFacility) -> None:
    (broken,) = [one for one in facility.attention() if one.kind == "failed"]
    assert "truncated" in broken.reason


def test_one_file_belongs_to_no_session(facility: LocalFacility) -> None:
    assert [one.title for one in facility.attention() if one.kind == "orphan"] == ["17-4-500C_001.tif"]


def test_one_session_was_never_ended(facility: LocalFacility) -> None:
    (forgotten,) = [one for one in facility.attention() if one.kind == "never-ended"]
    assert facility.session(forgotten.thing).session.instrument == "gemini"


def test_one_picture_is_blank_and_has_no_preview(facility: LocalFacility) -> None:
    (blank,) = facility.search_page("is:blank", kind="dataset").items
    assert (blank.name, blank.preview_size) == ("dark_0001.mrc", None)


def test_everything_else_has_a_preview(made: tuple[Path, Made], facility: LocalFacility) -> None:
    hits = facility.search_page("", kind="dataset", limit=500).items
    assert len(hits) == made[1].files
    assert sorted(hit.name for hit in hits if not hit.preview_size and not hit.blank) == [
        one.title for one in facility.attention() if one.kind == "failed"
    ]


def test_files_lie_in_the_session_of_the_person_who_wrote_them(facility: LocalFacility) -> None:
    hits = facility.search_page("user:m.keller", kind="dataset", limit=500).items
    operators = {facility.dataset(hit.id).normalised["operator"].value for hit in hits[:5]}
    assert operators == {"m.keller"}


def test_sessions_with_notes_bookings_and_company_are_there(facility: LocalFacility) -> None:
    sessions = facility.sessions(limit=100)
    assert any(one.people for one in sessions)
    assert any(one.reservation for one in sessions)
    assert any(one.reservation is None for one in sessions)
    assert facility.search_page('"beam unstable"', kind="record").total == 1


def test_today_has_bookings_to_start_from(facility: LocalFacility) -> None:
    now = datetime.now(UTC)
    assert facility.reservations("titan", after=now - timedelta(days=4), before=now + timedelta(days=4))


def test_everybody_of_the_cast_is_known(facility: LocalFacility) -> None:
    assert {one.id for one in PEOPLE} <= {one.id for one in facility.choices().people}


def test_a_person_sees_their_own_sessions_only(facility: LocalFacility) -> None:
    patel = Principal("s.patel")
    page = facility.run_as(patel, "search", {"kind": "record", "limit": 100})
    mine = [visit for visit in VISITS if "s.patel" in (visit.user, *visit.people)]
    assert page.total == len(mine) > 0


def test_a_note_lies_in_its_session(facility: LocalFacility) -> None:
    for session in facility.sessions(instrument="arm", limit=100):
        notes = [event for event in facility.session(session.id).events if event.kind == "note"]
        assert all(session.start <= note.at < (session.end or datetime.now(UTC)) for note in notes)
