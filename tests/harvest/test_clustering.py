from datetime import UTC, datetime, timedelta

import pytest

from lims.harvest.clustering import cut
from lims.model import Rhythm

DAY = datetime(2018, 11, 13, tzinfo=UTC)


def at(*clocks: str) -> list[datetime]:
    return [DAY + timedelta(hours=int(c[:2]), minutes=int(c[3:5]), seconds=int(c[6:8] or 0)) for c in clocks]


def sizes(moments: list[datetime], rhythm: Rhythm | None = None) -> list[int]:
    return [len(one.indices) for one in (cut(moments, rhythm) if rhythm else cut(moments))]


def every(seconds: float, count: int, start: datetime = DAY) -> list[datetime]:
    return [start + number * timedelta(seconds=seconds) for number in range(count)]


def test_the_session_of_2018_has_a_boundary_between_1808_and_1851_by_the_times_inside() -> None:
    early = at("17:49:32", "17:55:49", "18:08:21")
    inner = early + at("18:51:22", "19:14:04", "19:25:20", "19:34:26", "19:44:52", "20:04:44")
    assert 3 in {one.indices.start for one in cut(inner)}


def test_the_session_of_2018_has_a_boundary_between_1804_and_1930_by_the_times_of_the_files() -> None:
    early = at("18:01:00", "18:02:00", "18:03:00", "18:04:00")
    files = early + at("19:30:00", "19:31:00", "19:32:00", "19:33:00", "19:34:30")
    assert 4 in {one.indices.start for one in cut(files)}


@pytest.mark.parametrize("pause_s", [5, 60, 600])
def test_an_even_rhythm_is_one_activity_whatever_its_pace(pause_s: float) -> None:
    assert sizes(every(pause_s, 40)) == [40]


def test_a_long_pause_separates_in_a_fast_rhythm_and_not_in_a_slow_one() -> None:
    fast = every(5, 20)
    assert sizes(fast + every(5, 20, fast[-1] + timedelta(minutes=10))) == [20, 20]
    slow = every(600, 20)
    assert sizes(slow + every(600, 20, slow[-1] + timedelta(minutes=12))) == [40]


def test_a_short_pause_never_separates() -> None:
    burst = every(0.5, 50)
    assert sizes(burst + every(0.5, 50, burst[-1] + timedelta(seconds=100))) == [100]


def test_files_of_one_moment_say_nothing_about_the_rhythm() -> None:
    copies = [moment for moment in every(300, 8) for _ in range(4)]
    assert sizes(copies) == [32]


def test_with_few_files_half_an_hour_separates() -> None:
    assert sizes(at("10:00:00", "10:20:00", "11:00:00")) == [2, 1]
    assert sizes(at("10:00:00", "10:20:00", "11:00:00"), Rhythm(lone_s=3600)) == [3]


def test_none_and_one_are_no_trouble() -> None:
    assert cut([]) == []
    assert sizes(at("10:00:00")) == [1]


def test_every_file_is_in_exactly_one_activity() -> None:
    moments = at("10:00:00", "10:01:00", "12:00:00", "12:00:30", "17:00:00")
    assert [index for one in cut(moments) for index in one.indices] == list(range(5))


def test_an_activity_says_why_it_begins() -> None:
    reasons = [one.reason for one in cut(at("10:00:00", "10:20:00", "11:00:00"))]
    assert reasons == ["the first files", "after 40 min without a file; where files are few, 30 min separate"]
    quick = every(60, 10)
    later = cut(quick + every(60, 10, quick[-1] + timedelta(minutes=20)))[1]
    assert later.reason == "after 20 min without a file; up to 2 min is usual in this session"
