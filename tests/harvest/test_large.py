"""Large files are hashed beside the passes. Here a file is large from a few bytes on, and its hash can be held up."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from lims.harvest import large, reading
from lims.harvest.large import LargeFiles, Waiting
from tests.harvest.conftest import MINUTE, START, Lab, until

LARGE = 1000


@pytest.fixture(autouse=True)
def few_bytes_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGE", LARGE)
    monkeypatch.setattr(large, "LARGE", LARGE)
    monkeypatch.setattr(reading, "CHUNK", 100)


class Gate:
    """Holds up the hash of some files after some of their bytes."""

    def __init__(self) -> None:
        self.closed: set[str] = set()
        self.reached = threading.Event()
        self.open = threading.Event()
        self.order: list[str] = []


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate, check = Gate(), LargeFiles._check

    def checked(self: LargeFiles, one: Waiting) -> None:
        if one.work.dataset.name in gate.closed and one.bytes_done >= 300:
            gate.reached.set()
            while not gate.open.wait(0.02):
                check(self, one)
        check(self, one)

    monkeypatch.setattr(LargeFiles, "_check", checked)
    yield gate
    gate.open.set()


@pytest.fixture
def background(lab: Lab) -> Iterator[Callable[..., Any]]:
    """A harvest in a thread of its own."""
    threads = []

    def begin(**what: Any) -> threading.Thread:
        thread = threading.Thread(target=lab.harvest, kwargs=what)
        thread.start()
        threads.append(thread)
        return thread

    yield begin
    lab.harvester.cancel()
    for thread in threads:
        thread.join(60)
    lab.harvester.large.close()


def big(size: int = 2000, letter: str = "x") -> str:
    return letter * size


def test_a_record_does_not_wait_for_a_checksum(lab: Lab, gate: Gate, background: Callable[..., Any]) -> None:
    lab.put("Titan_TEM/big.txt", big())
    lab.put("Titan_TEM/small.txt", at=START + 2 * MINUTE)
    session = lab.session()
    gate.closed = {"big.txt"}
    thread = background()
    assert gate.reached.wait(60)
    assert (lab.record(session).state, lab.record(session).datasets) == ("complete", 2)
    assert (lab.datasets()["big.txt"].status, lab.datasets()["big.txt"].sha256) == ("extracted", None)
    status = lab.harvester.status()
    (told,) = status["hashing"]
    assert (told["key"], told["bytes_done"], told["bytes"]) == ("Titan_TEM/big.txt", 300, 2000)
    assert (status["hash_pending"], status["running"]) == (1, False)
    gate.open.set()
    thread.join(60)
    assert lab.datasets()["big.txt"].sha256 == hashlib.sha256(big().encode()).hexdigest()
    assert lab.harvester.status()["hashing"] == []


def test_later_passes_do_not_wait_for_a_checksum(lab: Lab, gate: Gate, background: Callable[..., Any]) -> None:
    lab.put("Titan_TEM/big.txt", big())
    gate.closed = {"big.txt"}
    background()
    assert gate.reached.wait(60)
    lab.put("FIB-2/later.txt")
    assert lab.harvest(path="raw:FIB-2").extracted == 1
    assert lab.datasets()["later.txt"].sha256
    assert lab.datasets()["big.txt"].sha256 is None


def test_a_smaller_file_overtakes_a_larger_one(lab: Lab, gate: Gate, background: Callable[..., Any]) -> None:
    lab.put("Titan_TEM/huge.txt", big(50_000))
    gate.closed = {"huge.txt"}
    background()
    assert gate.reached.wait(60)
    lab.put("FIB-2/large.txt", big(1500))
    second = background(path="raw:FIB-2")
    until(lambda: len(lab.harvester.large.told()) == 2)
    threading.Timer(0.1, gate.open.set).start()
    second.join(60)
    until(lambda: not lab.harvester.large.told())
    steps = {name: lab.steps(name)["hash"] for name in ("huge.txt", "large.txt")}
    assert {one.state for one in steps.values()} == {"done"}
    assert steps["large.txt"].at < steps["huge.txt"].at


def test_a_cancelled_checksum_stays_pending_and_is_taken_up_again(
    lab: Lab, gate: Gate, background: Callable[..., Any]
) -> None:
    lab.put("Titan_TEM/big.txt", big())
    gate.closed = {"big.txt"}
    reports = []
    thread = threading.Thread(target=lambda: reports.append(lab.harvest(ticket="mine")))
    thread.start()
    assert gate.reached.wait(60)
    assert lab.harvester.cancel(ticket="mine") == 1
    thread.join(60)
    assert (reports[0].cancelled, reports[0].left, reports[0].extracted) == (True, 1, 1)
    until(lambda: not lab.harvester.large.told())
    assert lab.datasets()["big.txt"].sha256 is None
    gate.closed = set()
    assert not lab.harvest().cancelled
    assert lab.datasets()["big.txt"].sha256


def test_a_renamed_large_file_is_held_against_its_checksum_and_its_record_waits(
    lab: Lab, gate: Gate, background: Callable[..., Any]
) -> None:
    path = lab.put("Titan_TEM/big.txt", big(), START + timedelta(milliseconds=250))
    session = lab.session()
    lab.harvest()
    assert lab.record(session).state == "complete"
    path.rename(path.with_name("other.txt"))
    report = lab.harvest()
    assert (report.moved, report.extracted, report.failed) == (1, 1, ())
    assert (lab.datasets()["other.txt"].version, lab.datasets()["other.txt"].status) == (1, "extracted")
    assert lab.record(session).state == "complete"


def test_a_large_file_renamed_on_a_disk_with_whole_seconds_is_one_again_when_it_is_hashed(lab: Lab) -> None:
    path = lab.put("Titan_TEM/big.txt", big())
    lab.put("Titan_TEM/small.txt", "small\n")
    session = lab.session()
    lab.harvest()
    known = lab.datasets()["big.txt"]
    path.rename(path.with_name("other.txt"))
    lab.harvest()
    assert lab.datasets()["other.txt"].id == known.id
    assert (lab.record(session).state, lab.record(session).datasets) == ("complete", 2)


def test_a_large_file_that_changes_meanwhile_is_not_hashed(
    lab: Lab, gate: Gate, background: Callable[..., Any]
) -> None:
    lab.put("Titan_TEM/big.txt", big())
    gate.closed = {"big.txt"}
    thread = background()
    assert gate.reached.wait(60)
    lab.put("Titan_TEM/big.txt", big(letter="y"), START + 5 * MINUTE)
    gate.open.set()
    thread.join(60)
    assert lab.datasets()["big.txt"].sha256 is None
    lab.harvest()
    assert lab.datasets()["big.txt"].sha256 == hashlib.sha256(big(letter="y").encode()).hexdigest()


def test_the_background_hashes_large_files_too(lab: Lab) -> None:
    lab.put("Titan_TEM/big.txt", big())
    thread = threading.Thread(target=lab.harvester.run_forever, args=(lab.stop,))
    thread.start()
    try:
        until(lambda: "big.txt" in lab.datasets() and lab.datasets()["big.txt"].sha256 is not None)
    finally:
        lab.stop.set()
        thread.join(20)
