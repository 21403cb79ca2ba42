"""Which session held the instrument at a moment, and whose clock a file's time is by."""

from datetime import UTC, datetime, timedelta

import pytest

from lims.harvest.attaching import ground_of
from lims.harvest.belonging import holding
from lims.harvest.scope import grounds_of
from lims.model import Dataset, Instrument, Session, Source

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def session(name: str, start_s: float, end_s: float | None) -> Session:
    end = None if end_s is None else NOON + timedelta(seconds=end_s)
    return Session(name, "titan", "ada", "ada", NOON + timedelta(seconds=start_s), end=end)


@pytest.mark.parametrize(
    ("moment_s", "held"),
    [
        (-1, "first"),
        (0, "first"),  # both held it within this second, the first as it began
        (0.4, "second"),
        (1, "second"),
        (9, "second"),
        (10, None),  # half-open
        (19, "third"),  # started within this second
        (19.1, None),  # a finer clock is taken at its word
        (20, "third"),
        (18, None),
    ],
)
def test_files_count_whole_seconds_and_people_start_within_one(moment_s: float, held: str | None) -> None:
    sessions = [session("third", 19.2, None), session("second", 0.3, 10), session("first", -60, 0.3)]
    found = holding(sessions, NOON + timedelta(seconds=moment_s))
    assert [one.id for one in found] == ([held] if held else [])


@pytest.mark.parametrize(("moment_s", "offset_s"), [(-1, 3600), (0, 0), (1, 0)])
def test_of_two_periods_of_one_folder_the_clock_of_the_files_time_holds(moment_s: float, offset_s: float) -> None:
    until = Source("raw", "Titan/", valid_to=NOON, clock_offset_s=3600)
    since = Source("raw", "Titan/", valid_from=NOON)
    written = NOON + timedelta(seconds=moment_s)
    one = Dataset("dat-0000000001", "raw", "raw", "Titan/a.dm3", 1, written, instrument="titan")
    for sources in ((until, since), (since, until)):
        ground = ground_of(grounds_of([Instrument("titan", "Titan", "UTC", sources)]), one)
        assert ground is not None
        assert ground.source.clock_offset_s == offset_s
