from datetime import UTC, datetime, timedelta, timezone

import pytest

from lims.errors import Invalid
from lims.logbook.times import check_not_future, moment_of

NEW_YORK = "America/New_York"
NOW = datetime(2018, 11, 13, 23, 0, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2018-11-13 12:30", utc(2018, 11, 13, 17, 30)),  # New York is at -05:00 in November
        ("2018-07-13T12:30", utc(2018, 7, 13, 16, 30)),  # and at -04:00 in July
        ("2018-11-13T17:30Z", utc(2018, 11, 13, 17, 30)),
        ("2018-11-13T18:30+01:00", utc(2018, 11, 13, 17, 30)),
        ("12:30", utc(2018, 11, 13, 17, 30)),
        (" 12:30:15 ", utc(2018, 11, 13, 17, 30, 15)),
    ],
)
def test_a_time_without_offset_is_the_instruments_wall_clock(said: str, meant: datetime) -> None:
    assert moment_of(said, NEW_YORK, NOW) == meant


def test_today_is_todays_date_where_the_instrument_stands() -> None:
    late = utc(2018, 11, 14, 3, 0)  # still the 13th in New York
    assert moment_of("18:30", NEW_YORK, late) == utc(2018, 11, 13, 23, 30)


def test_a_datetime_without_zone_is_read_like_text() -> None:
    assert moment_of(datetime(2018, 11, 13, 12, 30), NEW_YORK) == utc(2018, 11, 13, 17, 30)
    there = datetime(2018, 11, 13, 12, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert moment_of(there, NEW_YORK) == utc(2018, 11, 13, 17, 30)


def test_an_hour_that_happened_twice_is_refused_with_both_choices() -> None:
    with pytest.raises(Invalid, match="twice") as refused:
        moment_of("2018-11-04 01:30", NEW_YORK)
    assert "2018-11-04T01:30-04:00 or 2018-11-04T01:30-05:00" in refused.value.hint
    assert moment_of("2018-11-04T01:30-04:00", NEW_YORK) == utc(2018, 11, 4, 5, 30)


def test_an_hour_that_never_happened_is_refused() -> None:
    with pytest.raises(Invalid, match="never happened"):
        moment_of("2018-03-11 02:30", NEW_YORK)


@pytest.mark.parametrize("said", ["", "noon", "25:00", "2018-11-13", "13.11.2018 12:30", "2018-11-13 12:30 EST"])
def test_what_is_no_time_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(Invalid, match="not a time") as refused:
        moment_of(said, NEW_YORK, NOW)
    assert "2018-11-13 18:30" in refused.value.hint


@pytest.mark.parametrize(("said", "zone"), [("0001-01-01 00:00", "Europe/Berlin"), ("9999-12-31T23:59-05:00", "UTC")])
def test_a_time_that_leaves_the_calendar_on_its_way_to_utc_is_refused(said: str, zone: str) -> None:
    with pytest.raises(Invalid, match="outside of the calendar"):
        moment_of(said, zone, NOW)


def test_five_minutes_ahead_is_a_clock_and_more_is_the_future() -> None:
    check_not_future(NOW + timedelta(minutes=5), NEW_YORK, NOW)
    with pytest.raises(Invalid, match="still to come"):
        check_not_future(NOW + timedelta(minutes=5, seconds=1), NEW_YORK, NOW)
