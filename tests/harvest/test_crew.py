import threading
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lims.errors import Unavailable
from lims.harvest import crew
from lims.harvest.crew import LocalCrew, batches_of_done
from lims.harvest.halting import Halt, Halts
from lims.harvest.reading import Done, Work
from lims.harvest.report import Progress
from lims.harvest.tools import Tools
from tests.harvest.conftest import Lab
from tests.harvest.works import done, work

WORKERS = 3


class Reader:
    """Stands in for reading, to see who is at work."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.started = self.at_once = self.most = 0
        self.seconds = 0.001

    def __call__(self, handful: Sequence[Work], *rest: Any) -> Generator[Done, None, None]:
        for one in handful:
            with self.lock:
                self.started += 1
                self.at_once += 1
                self.most = max(self.most, self.at_once)
            time.sleep(self.seconds)
            with self.lock:
                self.at_once -= 1
            yield done(one.dataset.name)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    monkeypatch.setattr(crew, "read_all", reader)
    return reader


@pytest.fixture
def tools(lab: Lab) -> Tools:
    return lab.harvester.tools


@pytest.fixture
def halt() -> Iterator[Halt]:
    with Halts(lambda: False).opened() as opened:
        yield opened


def works(count: int) -> list[Work]:
    return [work(f"{number}.txt") for number in range(count)]


def test_workers_have_one_file_each_and_do_all_of_them(reader: Reader, tools: Tools, halt: Halt) -> None:
    read = [one for one in LocalCrew(tools, WORKERS).read(works(50), halt) if one is not None]
    assert sorted(one.work.dataset.name for one in read) == sorted(one.dataset.name for one in works(50))
    assert reader.most == WORKERS


def test_a_slow_catalog_makes_workers_wait(
    reader: Reader, tools: Tools, halt: Halt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been read and is not kept yet is never more than the outbox holds."""
    monkeypatch.setattr(crew, "BATCH", 5)
    reading = LocalCrew(tools, WORKERS).read(works(100), halt)
    next(reading)  # and then nobody takes anything for a while
    time.sleep(0.5)
    assert reader.started <= 1 + 5 + WORKERS
    assert sum(one is not None for one in reading) == 99


def test_halted_workers_end_after_the_file_at_hand(reader: Reader, tools: Tools, halt: Halt) -> None:
    reading = LocalCrew(tools, WORKERS).read(works(1000), halt)
    next(reading)
    halt.cancel()
    read = 1 + sum(one is not None for one in reading)
    assert read == reader.started < 1000


def test_who_stops_listening_leaves_no_thread_behind(reader: Reader, tools: Tools, halt: Halt) -> None:
    reading = LocalCrew(tools, WORKERS).read(works(1000), halt)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert reader.started < 1000
    assert not [one for one in threading.enumerate() if one.name.startswith("harvest-")]


def test_what_no_file_can_survive_ends_all(tools: Tools, halt: Halt, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Generator[Done, None, None]:
        raise Unavailable("The disk is full.")
        yield

    monkeypatch.setattr(crew, "read_all", away)
    with pytest.raises(Unavailable, match="full"):
        list(LocalCrew(tools, WORKERS).read(works(10), halt))


class Instant:
    """A crew that has read everything already."""

    def __init__(self, read: Sequence[Done | None]) -> None:
        self.done = read

    def read(self, works: Sequence[Work], halt: Halt) -> Iterator[Done | None]:
        yield from self.done


def sizes(read: Sequence[Done | None], halt: Halt, keeping_s: float = 0.0) -> list[int]:
    heard: list[Progress] = []
    listed = []
    for batch in batches_of_done([one.work for one in read if one], Instant(read), heard.append, halt):
        listed.append(len(batch))
        time.sleep(keeping_s)
    assert [one.done for one in heard] == list(range(1, len(heard) + 1))
    return listed


def test_a_batch_is_bounded_in_files_and_bytes(halt: Halt, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sizes([done()] * 250, halt) == [100, 100, 50]
    monkeypatch.setattr(crew, "BATCH_BYTES", 10)
    assert sizes([done(told=4)] * 7, halt) == [3, 3, 1]


def test_batches_grow_where_keeping_takes_long(halt: Halt, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no pause each is a batch; after one that took 20 ms to keep, files are gathered for 80."""
    monkeypatch.setattr(crew, "FLUSH_S", 0.0)

    class Steady(Instant):
        def read(self, works: Sequence[Work], halt: Halt) -> Iterator[Done | None]:
            for one in self.done:
                time.sleep(0.01)
                yield one

    read = [done()] * 30
    batches = batches_of_done([one.work for one in read], Steady(read), lambda _: None, halt)
    assert len(next(batches)) == 1
    time.sleep(0.02)
    assert len(next(batches)) >= 4


def test_a_full_disk_is_noticed_before_reading(
    reader: Reader, tools: Tools, halt: Halt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(crew, "LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(Unavailable, match="MB left"):
        list(LocalCrew(tools, WORKERS).read(works(3), halt))
    assert reader.started == 0
