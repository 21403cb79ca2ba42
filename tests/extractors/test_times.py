from lims.extractors.normalise.times import (
    DATES_DAY_FIRST,
    DATES_MONTH_FIRST,
    from_date_and_time,
    from_epoch,
    from_epoch_ms,
    from_filetime,
    from_iso,
    from_words,
    zoned,
)


def test_clocks_that_count_from_an_epoch_are_utc() -> None:
    # `date -u -d @1542131372` says Tue Nov 13 17:49:32 UTC 2018
    assert from_epoch_ms(1542131372000.0) == "2018-11-13T17:49:32+00:00"
    assert from_epoch("1596041374") == "2020-07-29T16:49:34+00:00"
    assert from_filetime(131151435970000824) == "2016-08-08T15:26:37.000082+00:00"


def test_an_empty_clock_says_nothing() -> None:
    assert from_epoch(0) is None
    assert from_epoch("-5") is None


def test_the_order_of_day_and_month_is_the_callers_knowledge() -> None:
    assert from_date_and_time("11/13/2018", "12:49:45 PM", DATES_MONTH_FIRST) == "2018-11-13T12:49:45"
    assert from_date_and_time("27/08/2016", "08:55:59 p.m.", DATES_DAY_FIRST) == "2016-08-27T20:55:59"
    assert from_date_and_time("27.08.2016", "20:54:33", DATES_DAY_FIRST) == "2016-08-27T20:54:33"
    assert from_date_and_time("25 Sep 2018", "8:20:42", DATES_DAY_FIRST) == "2018-09-25T08:20:42"
    assert from_date_and_time("soon", "later", DATES_DAY_FIRST) is None


def test_iso_keeps_its_offset_and_loses_only_digits_beyond_a_microsecond() -> None:
    assert from_iso("2019-11-27T16:11:26.6205405+09:00") == "2019-11-27T16:11:26.620540+09:00"
    assert from_iso("0001-01-01T00:00:00") is None


def test_words_of_the_c_library_and_of_tiff() -> None:
    assert from_words("Tue Nov 13 15:04:44 2018") == "2018-11-13T15:04:44"
    assert from_words("2025:12:03 12:20:37") == "2025-12-03T12:20:37"


def test_a_local_clock_beside_a_utc_clock_proves_the_zone() -> None:
    assert zoned("2011-10-18T18:18:46", "2011-10-19T01:18:46+00:00") == "2011-10-18T18:18:46-07:00"
    assert zoned("2011-10-18T18:18:46", "2011-10-19T01:40:00+00:00") is None
    assert zoned("2011-10-18T18:18:46", "2011-11-19T01:18:46+00:00") is None
