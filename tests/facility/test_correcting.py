"""Whose corrections move which files: Ada's and Bob's sessions on one microscope, a day of UTC-5 at the instrument."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lims.errors import Forbidden, Invalid
from lims.facility.local import LocalFacility
from lims.logbook import start_session
from lims.model import Principal, record_id_of

ADA, BOB, STAFF = Principal("ada"), Principal("bob"), Principal("m.keller", is_staff=True)
NOON = datetime(2018, 11, 13, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def facility(folder: Path) -> Iterator[LocalFacility]:
    """Ada has 12:00 to 14:00 and 16:00 to 17:00 of the instrument's clock, Bob 14:00 to 15:00; a.txt is of 12:30."""
    path = folder / "store" / "Titan_TEM" / "a.txt"
    path.write_text("a note\n")
    at = (NOON + HOUR / 2).timestamp()
    os.utime(path, (at, at))
    with LocalFacility(folder) as opened:
        for who, start, end in ((ADA, 0, 2), (BOB, 2, 3), (ADA, 4, 5)):
            start_session(
                opened.desk.catalog, who, instrument="titan", at=NOON + start * HOUR, end=NOON + end * HOUR
            )
        opened.run_as(STAFF, "harvest", {"all": True})
        yield opened


def correct(facility: LocalFacility, who: Principal, value: str, field: str = "start_time") -> None:
    (one,) = facility.desk.catalog.view(STAFF).datasets()
    facility.run_as(who, "correct_value", {"dataset": one.id, "field": field, "value": value})


def holder(facility: LocalFacility) -> tuple[str, datetime | None]:
    """(whose session the file is in, since when)."""
    view = facility.desk.catalog.view(STAFF)
    (one,) = view.datasets()
    session = view.session(one.session) if one.session else None
    return (session.user, session.start) if session else ("", None)


def test_a_corrected_time_takes_a_file_to_the_session_of_that_time(facility: LocalFacility) -> None:
    assert holder(facility) == ("ada", NOON)
    correct(facility, ADA, "2018-11-13 16:30")
    assert holder(facility) == ("ada", NOON + 4 * HOUR)
    view = facility.desk.catalog.view(STAFF)
    assert [view.record(record_id_of(one.id)).datasets for one in view.sessions(user="ada")] == [1, 0]


@pytest.mark.parametrize("value", ["2018-11-13 14:30", "2018-11-13 23:30"])
def test_nobody_moves_a_file_into_anothers_session_or_out_of_all(facility: LocalFacility, value: str) -> None:
    with pytest.raises(Forbidden):
        correct(facility, ADA, value)
    assert holder(facility) == ("ada", NOON)
    assert "start_time" not in facility.desk.catalog.view(STAFF).datasets()[0].normalised
    correct(facility, STAFF, value)
    assert holder(facility)[0] == ("bob" if "14:30" in value else "")


@pytest.mark.parametrize("value", ["yesterday", "2018-11-13", "13.11.2018 12:00", "0001-01-01T00:00"])
def test_a_time_that_cannot_be_read_is_refused(facility: LocalFacility, value: str) -> None:
    with pytest.raises(Invalid, match="no date with a time of day"):
        correct(facility, ADA, value)
