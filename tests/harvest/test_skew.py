"""A clock that is off is measured against the logbook and against the files."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lims.harvest.skew import ClockCheck, check, chosen, most_covered
from lims.model import SYSTEM, Dataset, Value, new_id
from tests.harvest.conftest import BOB, END, MINUTE, START, Lab


def files(lab: Lab, offset_s: float, count: int = 10) -> None:
    """In the catalog, as a clock that is `offset_s` ahead would have made them; their own times are the server's."""
    rows = []
    for number in range(count):
        at = START + (5 + 15 * number) * MINUTE
        inside = (at + timedelta(seconds=offset_s)).isoformat()
        rows.append(
            Dataset(
                new_id("dataset"), "raw", "raw", f"Titan_TEM/{number}.dm3", 9, at + timedelta(seconds=4),
                normalised={"start_time": Value(inside)}, instrument="titan", status="extracted",
            )
        )
    lab.catalog.write(lambda change: change.put_all(rows, action="test"), by=SYSTEM)


def titan(lab: Lab) -> ClockCheck:
    grounds = lab.harvester.tools.all_grounds
    ground = next(one for one in grounds if one.instrument.id == "titan")
    return check(lab.catalog.view(SYSTEM), ground, grounds)


@pytest.mark.parametrize("offset_s", [3600, -3600, 5 * 3600])
def test_a_clock_that_is_whole_hours_off_is_found_from_the_logbook(lab: Lab, offset_s: float) -> None:
    lab.session()
    files(lab, offset_s)
    found = titan(lab)
    assert found.proposed_s == offset_s
    assert found.in_sessions_then == found.files == 10
    assert found.in_sessions < 10
    assert found.inside_minus_file_s == offset_s - 4
    assert found.spread_s == 0


def test_a_clock_that_is_right_is_left_alone(lab: Lab) -> None:
    lab.session()
    files(lab, 0)
    found = titan(lab)
    assert (found.proposed_s, found.in_sessions, found.inside_minus_file_s) == (None, 10, -4)


def test_a_few_files_propose_nothing(lab: Lab) -> None:
    lab.session()
    files(lab, 5 * 3600, count=2)
    assert titan(lab).proposed_s is None


def test_an_offset_that_is_taken_off_already_is_not_proposed_again(lab: Lab) -> None:
    lab.session()
    files(lab, 3600)
    grounds = lab.harvester.tools.all_grounds
    ground = next(one for one in grounds if one.instrument.id == "titan")
    source = replace(ground.source, clock_offset_s=3600)
    place = replace(ground.instrument, sources=(source,))
    right = replace(ground, source=source, instrument=place)
    found = check(lab.catalog.view(SYSTEM), right, (right,))
    assert (found.proposed_s, found.in_sessions) == (None, 10)


def test_nothing_is_said_without_files_or_sessions(lab: Lab) -> None:
    assert titan(lab).files == 0
    files(lab, 3600)
    assert titan(lab).proposed_s is None


def test_neighbours_sessions_do_not_hide_the_hour(lab: Lab) -> None:
    lab.session()
    lab.session(BOB, at=END + 90 * MINUTE, end=END + 120 * MINUTE)
    files(lab, 3600, count=12)
    assert titan(lab).proposed_s == 3600


def test_the_best_offset_is_the_one_that_most_intervals_hold() -> None:
    assert most_covered([(0, 10), (5, 20), (8, 30)], 0) == (3, 8)
    assert most_covered([], 0) is None


@pytest.mark.parametrize(
    ("low", "high", "near", "best"),
    [(-100, 100, 0, 0), (3000, 4000, 0, 3600), (-4000, -3000, 0, -3600), (50, 70, 0, 50)],
)
def test_of_a_stretch_of_offsets_the_present_one_or_a_half_hour_or_the_nearest(
    low: float, high: float, near: float, best: float
) -> None:
    assert chosen(low, high, near) == best


def test_the_year_3000_is_no_trouble(lab: Lab) -> None:
    lab.session()
    odd = Dataset(
        new_id("dataset"), "raw", "raw", "Titan_TEM/x.dm3", 9, datetime(2999, 1, 1, tzinfo=UTC),
        normalised={"start_time": Value("2999-01-01T00:00:00")}, instrument="titan", status="extracted",
    )
    lab.catalog.write(lambda change: change.put(odd, action="test"), by=SYSTEM)
    assert titan(lab).files == 1
