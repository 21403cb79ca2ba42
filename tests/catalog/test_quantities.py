import math
from datetime import UTC, datetime, timedelta

import pytest

from lims.catalog.search.grammar import BadQuery, Term
from lims.catalog.search.matching import Bounds
from lims.catalog.search.quantities import number_in
from lims.catalog.search.times import window_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


# The expected numbers are the definitions of the SI prefixes, of the degree and of the ångström.
@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("200kV", "V", 200e3),
        ("200 kV", "V", 200e3),
        ("2e5", "V", 2e5),
        ("10nm", "m", 1e-8),
        ("5Å", "m", 5e-10),
        ("5µm", "m", 5e-6),
        ("5μm", "m", 5e-6),
        ("20us", "s", 2e-5),
        ("30°", "rad", math.pi / 6),
        ("20mrad", "rad", 0.02),
        ("20degC", "K", 293.15),
        ("5kx", "", 5000),
        ("100x", "", 100),
        ("1MB", "B", 1e6),
        ("1MiB", "B", 2**20),
        ("50pA", "A", 5e-11),
        ("-.5mm", "m", -5e-4),
        ("3 e/Å**2", "e/m**2", 3e20),
        ("3 e/Å^2", "e/m**2", 3e20),
        ("2 1/nm", "1/m", 2e9),
        ("2 nm**-1", "1/m", 2e9),
        ("4 N*m", "J", 4),
        ("4 kg m**2/s**2", "J", 4),
    ],
)
def test_units(text: str, unit: str, expected: float) -> None:
    assert number_in(text, unit, field="f", at=0) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit", "position", "says"),
    [
        ("200nm", "V", 13, "does not fit"),
        ("200keV", "V", 13, "does not fit"),
        ("5nm", "", 11, "does not fit"),
        ("200foo", "V", 13, "not known"),
        ("200**", "V", 13, "not known"),
        ("5m**9**9**9**9", "m", 11, "not known"),
        ("5 m**(9**9**9)", "m", 12, "not known"),
        ("5m**999999999", "m", 11, "not known"),
        ("5" + "m " * 30, "m", 11, "not known"),
        ("high", "V", 10, "not a number"),
        ("1e999", "V", 10, "too large"),
        ("5__import__('os')", "V", 11, "not known"),
    ],
)
def test_what_does_not_fit_is_pointed_at(text: str, unit: str, position: int, says: str) -> None:
    with pytest.raises(BadQuery) as caught:
        number_in(text, unit, field="voltage", at=10)
    assert (caught.value.position, says in caught.value.message) == (position, True)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2018", datetime(2018, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)),
        ("2018-11", datetime(2018, 11, 1, tzinfo=UTC), datetime(2018, 12, 1, tzinfo=UTC)),
        ("2020-02", datetime(2020, 2, 1, tzinfo=UTC), datetime(2020, 3, 1, tzinfo=UTC)),
        ("2018-11-13", datetime(2018, 11, 13, tzinfo=UTC), datetime(2018, 11, 14, tzinfo=UTC)),
        ("2018-11-13T17:30", datetime(2018, 11, 13, 17, 30, tzinfo=UTC), datetime(2018, 11, 13, 17, 31, tzinfo=UTC)),
        ("2018-11-13T17:30-05:00", datetime(2018, 11, 13, 22, 30, tzinfo=UTC), None),
        ("today", datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)),
        ("7d", NOW - timedelta(days=7), NOW),
        ("3 days ago", NOW - timedelta(days=3), NOW),
        ("1 hour ago", NOW - timedelta(hours=1), NOW),
        ("2 months ago", NOW.replace(month=9), NOW),
        ("Last Monday", datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 17, tzinfo=UTC)),
        ("friday", datetime(2026, 11, 13, tzinfo=UTC), datetime(2026, 11, 14, tzinfo=UTC)),
        ("this week", datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        ("last week", datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)),
        ("last  month", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
        ("last year", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        ("Nov 2018", datetime(2018, 11, 1, tzinfo=UTC), datetime(2018, 12, 1, tzinfo=UTC)),
        ("13th november 2018", datetime(2018, 11, 13, tzinfo=UTC), datetime(2018, 11, 14, tzinfo=UTC)),
        ("december", datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        ("20 Nov", datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
        ("21. Nov", datetime(2025, 11, 21, tzinfo=UTC), datetime(2025, 11, 22, tzinfo=UTC)),
    ],
)
def test_times_are_windows(text: str, first: datetime, last: datetime | None) -> None:
    window = window_of(text, at=0, now=NOW)
    assert window[0] == first
    assert last is None or window[1] == last


@pytest.mark.parametrize(
    "text",
    [
        "2018-13", "2018-02-30", "soon", "0000", "9999999999", "18:30", "last moonday", "31 feb 2018", "next week",
        "0 nov", "99999 years ago",
    ],
)  # fmt: skip
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(BadQuery):
        window_of(text, at=3, now=NOW)


@pytest.mark.parametrize(
    ("upper", "unit", "expected"),
    [("300eV", "eV", (100.0, 300.0)), ("3e2 V", "V", (100.0, 300.0)), ("200nm", "m", (1e-7, 2e-7))],
)
def test_the_lower_end_of_a_range_takes_the_unit_of_the_upper(
    upper: str, unit: str, expected: tuple[float, float]
) -> None:
    bounds = Bounds.of(Term("energy", "..", "100", 0, 7, upper), unit)
    assert (bounds.lower, bounds.upper) == pytest.approx(expected, rel=1e-5)
