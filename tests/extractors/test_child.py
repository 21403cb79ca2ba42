"""What a child may do, and what is said of it when it dies."""

import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lims.extractors import child
from lims.extractors.child import watch_over
from lims.extractors.outcome import Limits, Outcome
from lims.model import Extraction, Value

QUICK = Limits(data_bytes=1 << 30, rss_bytes=16 << 30, cpu_s=1, wall_s=60)


def die(number: int) -> Outcome:
    os.kill(os.getpid(), number)
    return Outcome(None)


def compute() -> Outcome:
    while True:
        pass


def sleep() -> Outcome:
    time.sleep(60)
    return Outcome(None)


def grow() -> Outcome:
    np.ones(3 << 30, np.uint8)
    return Outcome(None, blank="it got its memory")


def leave() -> Outcome:
    os._exit(3)


@pytest.mark.parametrize(
    ("job", "limits", "reason"),
    [
        (lambda: die(signal.SIGSEGV), QUICK, "the reader crashed (segmentation fault)"),
        (lambda: die(signal.SIGBUS), QUICK, "the reader crashed (bus error)"),
        (lambda: die(signal.SIGABRT), QUICK, "the reader crashed (it gave up on itself)"),
        (lambda: die(signal.SIGILL), QUICK, "the reader crashed (illegal instruction)"),
        (lambda: die(signal.SIGKILL), QUICK, "the reader was killed (SIGKILL)"),
        (compute, QUICK, "it was stopped after 1 s of computing"),
        (sleep, Limits(wall_s=0.5), "it was stopped after 0.5 s"),
        (grow, QUICK, "it needs more memory than a file may use"),
        (leave, QUICK, "the reader ended the process (exit code 3)"),
    ],
    ids=["segfault", "bus", "abort", "illegal", "kill", "cpu", "wall", "memory", "exit"],
)
def test_a_childs_death_becomes_a_sentence(job: Callable[[], Outcome], limits: Limits, reason: str) -> None:
    outcome = watch_over(job, limits)
    assert outcome.extraction is None
    assert [failure.reason for failure in outcome.failed] == [reason]


def test_a_child_has_the_limits_that_it_was_given_and_leaves_no_core_file() -> None:
    def tell() -> Outcome:
        known = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in ("CORE", "CPU", "DATA")}
        return Outcome(None, blank=json.dumps(known))

    before = child.data_bytes_now()
    known = json.loads(watch_over(tell, Limits(data_bytes=1 << 30, cpu_s=7)).blank)
    assert known["CORE"] == [0, 0]
    assert known["CPU"] == [7, 7 + child.GRACE_S]
    assert known["DATA"][0] == known["DATA"][1]
    assert 1 << 30 <= known["DATA"][0] < before + (1 << 30) + (64 << 20)


def test_what_a_child_has_cost_is_known_also_when_it_dies() -> None:
    died = watch_over(compute, QUICK)
    assert died.cost is not None
    assert 0.9 < died.cost.cpu_s < 2.5
    lived = watch_over(lambda: Outcome(None, blank=str(np.ones(200 << 20, np.uint8).size)), Limits())
    assert lived.cost is not None
    assert lived.cost.rss_bytes > 200 << 20


def test_resident_memory_is_watched_beside_what_the_kernel_counts() -> None:
    def take() -> Outcome:
        block = np.ones(300 << 20, np.uint8)
        time.sleep(5)
        return Outcome(None, blank=f"it kept {block.size}")

    outcome = watch_over(take, Limits(data_bytes=64 << 30, rss_bytes=200 << 20, wall_s=10))
    assert [failure.reason for failure in outcome.failed] == ["it needs more than 0.195 GiB of memory"]


def test_what_a_child_has_of_its_parent_is_not_counted() -> None:
    block = np.ones(300 << 20, np.uint8)
    outcome = watch_over(lambda: Outcome(None, blank="ü" * 100), Limits(data_bytes=100 << 20))
    assert (outcome.blank, block.size) == ("ü" * 100, 300 << 20)


def test_what_a_reader_prints_is_no_part_of_the_output(capfd: pytest.CaptureFixture[str]) -> None:
    def chatter() -> Outcome:
        os.write(1, b"Reading...")
        return Outcome(None, blank="done")

    assert watch_over(chatter, Limits()).blank == "done"
    assert capfd.readouterr() == ("", "Reading...")


def test_a_long_answer_arrives_whole() -> None:
    outcome = watch_over(lambda: Outcome(None, blank="ü" * 5_000_000), Limits())
    assert outcome.blank == "ü" * 5_000_000


def test_the_parent_is_not_touched_by_the_limits_of_the_child() -> None:
    before = signal.getsignal(signal.SIGINT)
    watch_over(lambda: Outcome(None), QUICK)
    assert signal.getsignal(signal.SIGINT) is before
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] != QUICK.cpu_s


def test_an_answer_that_cannot_be_handed_over_has_a_reason() -> None:
    found = Extraction("x", "mine", "1", normalised={"acceleration_voltage": Value(float("nan"), "V")})
    (failed,) = watch_over(lambda: Outcome(found), Limits()).failed
    assert failed.reason.startswith("what was read cannot be handed over: ")
    assert failed.version == "mine 1"


def test_a_child_has_no_cluster_to_look_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask imports `distributed` wherever it finds it, before each computation."""
    (tmp_path / "distributed").mkdir()
    (tmp_path / "distributed" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "distributed", raising=False)

    def job() -> Outcome:
        try:
            importlib.import_module("distributed")
        except ImportError:
            return Outcome(None, blank="no cluster")
        return Outcome(None)

    assert watch_over(job, Limits()).blank == "no cluster"
