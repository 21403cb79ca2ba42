from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lims.harvest.clocks import Placing, clocks_in_words
from lims.harvest.clocks import place as place_by
from lims.model import Dataset, Source, Value

NEW_YORK = "America/New_York"
WRITTEN = datetime(2018, 11, 13, 18, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def dataset(start: object = None, modified: datetime = WRITTEN, **fields: str) -> Dataset:
    normalised = {name: Value(value) for name, value in fields.items()}
    if start is not None:
        normalised["start_time"] = Value(start)
    return Dataset("dat-0000000001", "raw", "raw", "a.dm3", 1, modified, normalised=normalised)


def place(one: Dataset, zone: str, offset_s: float = 0, **more: Any) -> Placing:
    return place_by(one, zone, Source("raw", "", clock_offset_s=offset_s), **more)


def test_the_time_inside_outranks_the_files_own() -> None:
    placing = place(dataset("2018-11-13T17:49:32+00:00"), NEW_YORK)
    assert (placing.at, placing.clock, placing.note) == (datetime(2018, 11, 13, 17, 49, 32, tzinfo=UTC), "inner", "")


def test_a_time_inside_without_zone_is_the_instruments_and_says_so() -> None:
    placing = place(dataset("2018-11-13T15:04:44", WRITTEN + 2 * HOUR), NEW_YORK)
    assert placing.at == datetime(2018, 11, 13, 20, 4, 44, tzinfo=UTC)
    assert placing.clock == "inner"
    assert NEW_YORK in placing.note


def test_another_instruments_clock_is_flagged_and_not_obeyed() -> None:
    placing = place(dataset("2025-12-03T12:20:00-05:00"), NEW_YORK)
    assert (placing.at, placing.clock) == (WRITTEN, "file")
    assert placing.note.startswith("another instrument's clock: the time inside, 2025-12-03 17:20 UTC, is 2,577 days")
    assert placing.note.endswith("not obeyed")


def test_a_file_that_is_much_younger_than_its_time_inside_needs_a_witness() -> None:
    late = dataset("2018-11-13T17:49:32+00:00", WRITTEN + 24 * 7 * HOUR)
    assert place(late, NEW_YORK).clock == "file"
    assert "late copy" in place(late, NEW_YORK).note
    believed = place(late, NEW_YORK, is_kin=True)
    assert (believed.at, believed.clock) == (datetime(2018, 11, 13, 17, 49, 32, tzinfo=UTC), "inner")
    assert "copied later" in believed.note


def test_no_witness_helps_a_time_inside_that_had_not_come_when_the_file_was_written() -> None:
    assert place(dataset("2018-11-20T17:49:32+00:00"), NEW_YORK, is_kin=True).clock == "file"


@pytest.mark.parametrize(("hours", "clock"), [(35.9, "inner"), (36.1, "file")])
def test_a_day_and_a_night_is_near(hours: float, clock: str) -> None:
    assert place(dataset((WRITTEN - hours * HOUR).isoformat()), NEW_YORK).clock == clock


def test_a_file_without_a_time_inside_has_its_own() -> None:
    placing = place(dataset(), NEW_YORK)
    assert (placing.at, placing.clock) == (WRITTEN, "file")
    assert placing.note == "there is no time inside the file"


@pytest.mark.parametrize("nonsense", ["", "yesterday", "0000-00-00", "9999-12-31T23:59:59", 17, "2018-11-13T25:00"])
def test_nonsense_inside_is_no_time(nonsense: Any) -> None:
    placing = place(dataset(nonsense), NEW_YORK)
    assert placing.at == WRITTEN


def test_of_an_hour_that_happened_twice_the_one_near_the_file_is_meant() -> None:
    for written in (datetime(2018, 11, 4, 5, 30, tzinfo=UTC), datetime(2018, 11, 4, 6, 30, tzinfo=UTC)):
        assert place(dataset("2018-11-04T01:30:00", written), NEW_YORK).at == written


def test_a_clock_that_is_ahead_is_set_back() -> None:
    placing = place(dataset("2018-11-13T18:00:00+00:00"), NEW_YORK, 3600)
    assert placing.at == datetime(2018, 11, 13, 17, 0, tzinfo=UTC)


def test_what_says_that_it_is_another_instruments_is_not_obeyed_however_near() -> None:
    placing = place(dataset("2018-11-13T17:49:32+00:00"), NEW_YORK, stranger="FIB 2")
    assert (placing.at, placing.clock) == (WRITTEN, "file")
    assert "FIB 2" in placing.note
    assert placing.note.endswith("not obeyed")


def test_file_times_of_a_clock_that_is_ahead_are_set_back_too() -> None:
    copied = Source("raw", "", clock_offset_s=3600, file_offset_s=3600)
    assert place_by(dataset(), NEW_YORK, copied).at == WRITTEN - HOUR


def test_the_record_says_which_clocks_placed_its_files() -> None:
    own = dataset()
    inner = replace(own, clock="inner")
    flagged = replace(own, clock_note="another instrument's clock: …; not obeyed")
    assert clocks_in_words([inner, inner, own, flagged]) == (
        "2 by the time inside the file, 2 by the file's own time, 1 with another instrument's clock inside, not obeyed"
    )
    assert clocks_in_words([]) == ""
