"""What a child may do, and what is said of it when it dies."""

import errno
import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from lims.extractors import allowance, child
from lims.extractors.child import watch_over
from lims.extractors.outcome import Limits, Outcome, StepFailure
from lims.model import Extraction, Value
from tests.extractors.one_child import answered

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

    before = allowance.data_bytes(allowance.statm())
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


def told_by(reads: Sequence[Callable[[], Outcome]], limits: Limits = Limits()) -> tuple[list[str], str]:  # noqa: B008
    """What one child says of files that it reads one after the other, and how it ended."""
    outcomes, end = answered(reads, limits)
    return [outcome.blank for outcome in outcomes], end


def say(word: str) -> Outcome:
    return Outcome(None, blank=word)


def fail() -> Outcome:
    return Outcome(None, (StepFailure("extract", "it is odd", "mine 1"),), blank="failed")


def leave_a_thread() -> Outcome:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return say("left a thread")


def take_much() -> Outcome:
    return say(f"took {np.ones(child.WORN_BYTES, np.uint8).size >> 20}")


def test_a_child_reads_one_file_after_the_other_each_in_a_thread_of_its_own() -> None:
    def who() -> Outcome:
        is_first = threading.current_thread() is threading.main_thread()
        return say(f"{os.getpid()} {is_first} {threading.active_count()}")

    told, end = told_by([who, who, who])
    assert len(told) == 3
    assert set(told) == {told[0]}
    assert told[0].endswith(" False 2")
    assert end == "the reader ended the process (exit code 0)"


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ([fail, lambda: say("next")], ["failed", "next"]),
        ([lambda: say("first"), fail, lambda: say("next")], ["first"]),
        ([lambda: say("first"), leave, lambda: say("next")], ["first"]),
        ([leave_a_thread, lambda: say("next")], ["left a thread"]),
        ([take_much, lambda: say("next")], ["took 256"]),
        ([lambda: say("first"), lambda: say("next")], ["first", "next"]),
    ],
    ids=["it fails first", "it fails later", "it ends", "a thread", "memory", "nothing"],
)
def test_a_file_that_others_may_have_harmed_is_not_answered(
    reads: Sequence[Callable[[], Outcome]], expected: list[str]
) -> None:
    """What a file leaves behind ends the child; a failure is a file's own where it was the first."""
    assert told_by(reads)[0] == expected


def test_each_file_has_the_whole_time() -> None:
    def spend() -> Outcome:
        time.sleep(0.3)
        return say("slept")

    assert told_by([spend] * 3, Limits(wall_s=0.6))[0] == ["slept"] * 3
    told, end = told_by([spend, sleep, spend], Limits(wall_s=0.6))
    assert (told, end) == (["slept"], "it was stopped after 0.6 s")

    def toil() -> Outcome:
        begin = time.thread_time()
        while time.thread_time() - begin < 1.2:
            pass
        return say("toiled")

    assert told_by([toil] * 3, Limits(cpu_s=2))[0] == ["toiled"] * 3


def test_what_one_file_did_to_its_limits_is_undone_for_the_next() -> None:
    kept: list[object] = []

    def grasp() -> Outcome:
        allowance.LIBC.signal(signal.SIGALRM, signal.SIG_IGN)
        allowance.LIBC.signal(signal.SIGXCPU, signal.SIG_IGN)
        kept.append(np.empty(700 << 20, np.uint8))  # which nobody touches, so it is not there
        return say("grasped")

    def need() -> Outcome:
        return say(f"{np.empty(700 << 20, np.uint8).size >> 20} MB more")

    limits = Limits(data_bytes=1 << 30, cpu_s=1, wall_s=5)
    assert told_by([grasp, need], limits)[0] == ["grasped", "700 MB more"]
    assert told_by([grasp, compute], limits) == (["grasped"], "it was stopped after 1 s of computing")
    assert told_by([grasp, sleep], Limits(wall_s=0.5)) == (["grasped"], "it was stopped after 0.5 s")


def test_a_system_without_threads_is_no_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    (failure,) = watch_over(lambda: say("read"), Limits()).failed
    assert (failure.errno, failure.version) == (errno.EAGAIN, "")


def test_a_child_that_does_not_hear_its_alarm_is_killed_by_who_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf() -> Outcome:
        allowance.LIBC.signal(signal.SIGALRM, signal.SIG_IGN)
        return sleep()

    monkeypatch.setattr(child, "GRACE_S", 1)
    outcome = watch_over(deaf, Limits(wall_s=0.2, cpu_s=1))
    assert [failure.reason for failure in outcome.failed] == ["it was stopped after 0.2 s"]
