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


def is_quiet(settling: Settling, one: Found) -> bool:
    return settling.growing(one) is None


@pytest.fixture
def settling() -> Settling:
    return Settling(2.0)


def test_an_old_file_is_read_at_the_first_look(settling: Settling) -> None:
    assert is_quiet(settling, found(10, age_s=60))


def test_a_file_written_just_now_waits(settling: Settling) -> None:
    assert not is_quiet(settling, found(10, age_s=1))


def test_a_file_that_grew_between_two_looks_waits_though_its_time_is_old(settling: Settling) -> None:
    is_quiet(settling, found(10, age_s=60))
    assert not is_quiet(settling, found(20, age_s=60))


def test_a_file_from_the_future_is_read_when_it_was_seen_unchanged(
    settling: Settling, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = found(10, age_s=-3600)
    clock = [100.0]
    monkeypatch.setattr("lims.harvest.settling.time.monotonic", lambda: clock[0])
    assert not is_quiet(settling, ahead)
    clock[0] += 1.9
    assert not is_quiet(settling, ahead)
    clock[0] += 0.2
    assert is_quiet(settling, ahead)


def test_a_main_file_waits_for_its_growing_companion(settling: Settling) -> None:
    old, new = found(10, age_s=60).parts[0], found(10, age_s=0).parts[0]
    pair = Found(GROUND, "Titan_TEM/a.emi", (old, Entry("Titan_TEM/a_1.ser", 5, new.modified)))
    assert not is_quiet(settling, pair)


# --- pauses -----------------------------------------------------------------------------------------------------------


class Writer:
    """A file that is written to at given seconds, and a clock."""

    def __init__(self, settling: Settling, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settling, self.now, self.size, self.written = settling, 0.0, 0, 0.0
        self.start = datetime(2026, 1, 1, tzinfo=UTC)
        monkeypatch.setattr("lims.harvest.settling.time.monotonic", lambda: self.now)
        writer = self

        class Clock(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
                return writer.start + timedelta(seconds=writer.now)

        monkeypatch.setattr("lims.harvest.settling.datetime", Clock)

    def write(self, at: float) -> None:
        self.now, self.written, self.size = at, at, self.size + 10

    def is_quiet(self, at: float) -> bool:
        self.now = at
        entry = Entry("Titan_TEM/a.dm3", self.size, self.start + timedelta(seconds=self.written))
        return self.settling.growing(Found(GROUND, entry.key, (entry,))) is None


@pytest.fixture
def writer(settling: Settling, monkeypatch: pytest.MonkeyPatch) -> Writer:
    return Writer(settling, monkeypatch)


def test_after_a_pause_of_thirty_seconds_it_takes_sixty(writer: Writer) -> None:
    writer.write(0)
    assert writer.is_quiet(3)
    writer.write(30)
    assert not writer.is_quiet(31)
    assert not writer.is_quiet(59)
    writer.write(60)
    assert not writer.is_quiet(61)
    assert not writer.is_quiet(116)  # twice the 28 s that it was watched for
    assert writer.is_quiet(122)


def test_a_program_without_pauses_is_read_as_soon_as_it_has_settled(writer: Writer) -> None:
    for second in range(0, 60, 2):
        writer.write(second)
        assert not writer.is_quiet(second + 1)
    assert writer.is_quiet(61.1)


def test_a_file_that_is_written_anew_after_a_day_is_not_kept_waiting_for_a_day(writer: Writer) -> None:
    writer.write(0)
    assert writer.is_quiet(3)
    writer.write(86_400)
    assert not writer.is_quiet(86_401)
    assert writer.is_quiet(86_403.1)


def test_waiting_for_a_companion_is_no_pause_in_writing(settling: Settling, writer: Writer) -> None:
    emi = Entry("Titan_TEM/a.emi", 10, writer.start)
    ser = Entry("Titan_TEM/a_1.ser", 10, writer.start + timedelta(seconds=40))
    waiting = settling.growing(Found(GROUND, emi.key, (emi,)))
    writer.now = 39
    waiting = settling.growing(Found(GROUND, emi.key, (emi,)))
    assert waiting is not None
    assert waiting.why == "it waits for its .ser"
    writer.now = 40
    assert settling.growing(Found(GROUND, emi.key, (emi, ser))) is not None
    writer.now = 42.1
    assert settling.growing(Found(GROUND, emi.key, (emi, ser))) is None
