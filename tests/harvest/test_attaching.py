"""Which session held the instrument at a moment."""

from datetime import UTC, datetime, timedelta

import pytest

from lims.harvest.belonging import holding
from lims.model import Session

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
