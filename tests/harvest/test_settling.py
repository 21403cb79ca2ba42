from datetime import UTC, datetime, timedelta

import pytest

from lims.harvest.finding import Found
from lims.harvest.scope import Ground
from lims.harvest.settling import Settling
from lims.model import Instrument, Source
from lims.stores import Entry

SOURCE = Source("raw", "Titan_TEM/")
GROUND = Ground(Instrument("titan", "Titan", "UTC", (SOURCE,)), SOURCE, "Titan_TEM/")


def found(size: int, age_s: float) -> Found:
    entry = Entry("Titan_TEM/a.dm3", size, datetime.now(UTC) - timedelta(seconds=age_s))
    return Found(GROUND, entry.key, (entry,))


@pytest.fixture
def settling() -> Settling:
    return Settling(2.0)


def test_an_old_file_is_read_at_the_first_look(settling: Settling) -> None:
    assert settling.is_quiet(found(10, age_s=60))


def test_a_file_written_just_now_waits(settling: Settling) -> None:
    assert not settling.is_quiet(found(10, age_s=1))


def test_a_file_that_grew_between_two_looks_waits_though_its_time_is_old(settling: Settling) -> None:
    settling.is_quiet(found(10, age_s=60))
    assert not settling.is_quiet(found(20, age_s=60))


def test_a_file_from_the_future_is_read_when_it_was_seen_unchanged(
    settling: Settling, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = found(10, age_s=-3600)
    clock = [100.0]
    monkeypatch.setattr("lims.harvest.settling.time.monotonic", lambda: clock[0])
    assert not settling.is_quiet(ahead)
    clock[0] += 1.9
    assert not settling.is_quiet(ahead)
    clock[0] += 0.2
    assert settling.is_quiet(ahead)


def test_a_main_file_waits_for_its_growing_companion(settling: Settling) -> None:
    old, new = found(10, age_s=60).parts[0], found(10, age_s=0).parts[0]
    pair = Found(GROUND, "Titan_TEM/a.emi", (old, Entry("Titan_TEM/a_1.ser", 5, new.modified)))
    assert not settling.is_quiet(pair)
