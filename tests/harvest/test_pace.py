import time

import pytest

from lims.harvest import pace
from lims.harvest.pace import FILE_AS_BYTES, Pace
from tests.harvest.works import work


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_rates_and_the_rest_follow_from_files_and_bytes(clock: list[float]) -> None:
    """Half of the files and a quarter of the bytes; a file counts as much as FILE_AS_BYTES of them."""
    works = [work("small", FILE_AS_BYTES), work("large", 3 * FILE_AS_BYTES)]
    counted = Pace(works)
    clock[0] += 2.0
    told = counted.after(works[0])
    assert (told.done, told.total, told.doing) == (1, 2, "Titan_TEM/small")
    assert (told.bytes_done, told.bytes_total) == (FILE_AS_BYTES, 4 * FILE_AS_BYTES)
    assert (told.files_per_s, told.bytes_per_s) == (0.5, FILE_AS_BYTES / 2)
    assert told.remaining_s == 4.0  # 2 of 6 units took 2 s
    clock[0] += 4.0
    assert counted.after(works[1]).remaining_s == 0.0


def test_what_is_not_hashed_has_no_bytes(clock: list[float]) -> None:
    works = [work("huge", 1 << 40, do_hash=False), work("a"), work("b")]
    counted = Pace(works)
    clock[0] += 1.0
    told = counted.after(works[0])
    assert told.bytes_total == 2
    assert told.remaining_s == pytest.approx(2.0, abs=0.1)


def test_a_moment_that_no_clock_has_seen_is_no_error(clock: list[float]) -> None:
    assert Pace([work()]).after(work()).remaining_s == 0.0
    assert pace.bytes_of(work(size=7)) == 7
