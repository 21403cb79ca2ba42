"""The story's files: the same day gives the same files, with the times of the story."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

from lims.demo.microscopes import PREFIXES, ZONE, moment, working_day, write_orphan, write_visit
from lims.demo.recipes import RECIPES
from lims.demo.story import CUT, ORPHAN, VISITS

DAY = date(2026, 11, 20)
SHORT = next(visit for visit in VISITS if visit.days_ago == 95)


def hashes(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def test_same_day_gives_the_same_files(tmp_path: Path) -> None:
    for place in ("one", "two"):
        write_visit(tmp_path / place, DAY, SHORT)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two") != {}


def test_velox_files_are_the_same_too(tmp_path: Path) -> None:
    titan = next(visit for visit in VISITS if visit.days_ago == 19)
    for place in ("one", "two"):
        write_visit(tmp_path / place, DAY, titan)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two") != {}


def test_files_lie_in_the_session_by_their_own_clock(tmp_path: Path) -> None:
    start = moment(DAY, -SHORT.days_ago, SHORT.start)
    end = start.timestamp() + SHORT.hours * 3600
    times = [path.stat().st_mtime for path in write_visit(tmp_path, DAY, SHORT)]
    assert len(times) == 5
    assert all(start.timestamp() < at < end for at in times)
    assert times == sorted(times)


def test_working_days_leave_out_weekends() -> None:
    assert working_day(date(2026, 11, 23), -1) == date(2026, 11, 20)
    assert working_day(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert working_day(date(2026, 11, 22), 0) == date(2026, 11, 20)
    assert moment(date(2026, 7, 1), 0, SHORT.start) == datetime(2026, 7, 1, 11, 30, tzinfo=UTC)


def test_story_is_whole() -> None:
    assert {visit.instrument for visit in VISITS} == set(PREFIXES)
    assert len({visit.user for visit in VISITS} | {one for visit in VISITS for one in visit.people}) >= 8
    assert len(VISITS) >= 20
    assert [visit.instrument for visit in VISITS if not visit.hours] == ["gemini"]
    assert any(recipe == CUT[1] for visit in VISITS if visit.days_ago == CUT[0] for _, recipe, _ in visit.series)
    assert all(recipe in RECIPES for visit in VISITS for _, recipe, _ in visit.series)


def test_visits_of_an_instrument_never_overlap() -> None:
    for instrument in PREFIXES:
        days = [visit.days_ago for visit in VISITS if visit.instrument == instrument]
        assert len(days) == len(set(days))
        assert ORPHAN[0] not in days or instrument != ORPHAN[2]


def test_orphan_was_written_in_nobodys_time(tmp_path: Path) -> None:
    path = write_orphan(tmp_path, DAY)
    at = datetime.fromtimestamp(path.stat().st_mtime, ZONE)
    same_day = [visit for visit in VISITS if moment(DAY, -visit.days_ago, visit.start).date() == at.date()]
    assert at.date() == working_day(DAY, -ORPHAN[0])
    assert not any(visit.instrument == ORPHAN[2] for visit in same_day)
