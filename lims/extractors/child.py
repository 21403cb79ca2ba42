"""A child process that reads a file, or a few, under limits, and what its death means."""

import contextlib
import errno
import io
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from lims.extractors.allowance import GRACE_S, Allowance, confine
from lims.extractors.fence.enclose import arm, enclose_all
from lims.extractors.fence.environment import forget_environment
from lims.extractors.outcome import (
    Cost,
    Job,
    Limits,
    Outcome,
    StepFailure,
    answers_in,
    from_json,
    to_json,
    written,
)
from lims.extractors.tree import clean_text

WORN_BYTES = 256 << 20
"""A child that took so much memory reads no more files: the next one shall have as much as any."""
TICK_S = 0.1
CRASHES = {
    signal.SIGSEGV: "segmentation fault",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "arithmetic error",
    signal.SIGABRT: "it gave up on itself",
    signal.SIGILL: "illegal instruction",
}
"""SIGABRT: a library has found its own memory damaged, or C++ has an exception that nobody catches."""


@dataclass
class Watched:
    """A running child: since when, for how many files, and why it was killed where it was."""

    pid: int
    limits: Limits
    files: int
    started: float
    scratch: Path
    verdict: str = ""

    def check(self) -> None:
        """Kill the child where it is over its memory, or its own alarm has not rung."""
        if self.verdict:
            return
        if time.monotonic() - self.started > self.files * self.limits.wall_s + GRACE_S:
            self.kill(f"it was stopped after {self.limits.wall_s:g} s")
        elif resident_bytes(self.pid) > self.limits.rss_bytes:
            self.kill(f"it needs more than {in_gib(self.limits.rss_bytes)} of memory")

    def kill(self, verdict: str) -> None:
        self.verdict = verdict
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def tidy(self) -> None:
        """Remove what the dead child has left in its scratch folder."""
        shutil.rmtree(self.scratch, ignore_errors=True)

    def reason(self, status: int) -> str:
        """Why there is no result, from the wait status of the dead child."""
        return self.verdict or death(status, self.limits)


def start(
    reads: Sequence[Callable[[], Outcome]],
    limits: Limits,
    result: int,
    close: tuple[int, ...] = (),
    jobs: Sequence[Job] = (),
) -> Watched:
    """Fork a child that reads one file after the other and writes answers to the descriptor `result`.

    It never returns in the child, and may answer fewer than it was asked for: see answers. Each file is read by a
    thread that can open no other: see fence/. close: descriptors that are not its business. jobs: the same as reads,
    where they are several.
    """
    scratch = Path(tempfile.mkdtemp(prefix="lims-"))
    pid = os.fork()
    if pid:
        return Watched(pid, limits, len(reads), time.monotonic(), scratch)
    code = 1
    try:
        for descriptor in close:
            os.close(descriptor)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)  # what a reader prints is no part of anybody's answer
        allowance = confine(limits, len(reads))
        have_no_cluster()
        forget_environment()
        if jobs and limits.asks_kernel and not enclosed(jobs, scratch):
            reads = reads[:1]
        with os.fdopen(result, "wb") as file:
            for answer in answers(reads, allowance, scratch):
                written(answer, file)
        code = 0
    finally:
        os._exit(code)  # no cleanup that belongs to the parent, and no traceback


def enclosed(jobs: Sequence[Job], scratch: Path) -> bool:
    """False where one of them cannot be fenced in: it is not the first one's fault, which has a fence of its own."""
    try:
        enclose_all(jobs, scratch)
    except OSError:
        return False
    return True


def answers(reads: Sequence[Callable[[], Outcome]], allowance: Allowance, scratch: Path) -> Iterator[bytes]:
    """What came of each, as JSON. Ends early where what a file left behind could change what is said of the next.

    One that fails and is not the first is not answered: the failure may be another's.
    """
    least = peak_bytes()
    for number, read in enumerate(reads):
        allowance.renew()
        arm(scratch / str(number), allowance.limits.asks_kernel)
        begun = time.process_time()
        outcome = apart(read)
        if number and outcome.failed:
            return
        yield handed_over(replace(outcome, cost=Cost(time.process_time() - begun, peak_bytes())))
        if threading.active_count() > 1 or peak_bytes() > least + WORN_BYTES:
            return


def apart(read: Callable[[], Outcome]) -> Outcome:
    """In a thread of its own: what the kernel refuses to that, it does not refuse to the next one's."""
    with ThreadPoolExecutor(1) as thread:
        try:
            reading = thread.submit(guarded, read)
        except RuntimeError:
            return Outcome(None, (StepFailure("extract", "the system has no thread left", "", errno.EAGAIN),))
        return reading.result()


def watch_over(read: Callable[[], Outcome], limits: Limits) -> Outcome:
    """Read in a child of this process and wait for it. For one file; many are for the pool."""
    end, result = os.pipe()
    watched = start([read], limits, result, (end,))
    os.close(result)
    document = bytearray()
    while True:
        if not select.select([end], [], [], TICK_S)[0]:
            watched.check()
            continue
        part = os.read(end, 1 << 20)
        if not part:
            break
        document += part
    os.close(end)
    _, status, usage = os.wait4(watched.pid, 0)
    watched.tidy()
    answer = next(answers_in(io.BytesIO(document)), None)
    if status or answer is None:
        return Outcome(None, (StepFailure("extract", watched.reason(status), ""),), cost=cost_of(usage))
    return from_json(answer)


def guarded(read: Callable[[], Outcome]) -> Outcome:
    try:
        return read()
    except MemoryError:
        return Outcome(None, (StepFailure("extract", "it needs more memory than a file may use", ""),))


def handed_over(outcome: Outcome) -> bytes:
    """The outcome as JSON; a reason in its place where it is none: a number that is not finite, a type of a library."""
    try:
        return to_json(outcome)
    except (TypeError, ValueError, RecursionError) as error:
        found = outcome.extraction
        version = f"{found.extractor} {found.extractor_version}" if found else ""
        reason = f"what was read cannot be handed over: {type(error).__name__}: {error}"
        return to_json(Outcome(None, (StepFailure("extract", clean_text(reason)[:300], version),)))


def have_no_cluster() -> None:
    """Dask looks for one wherever `distributed` is installed; that costs 0.3 s and leads out of the fence."""
    sys.modules["distributed"] = None  # type: ignore[assignment]


def death(status: int, limits: Limits) -> str:
    if os.WIFEXITED(status):
        return f"the reader ended the process (exit code {os.WEXITSTATUS(status)})"
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return f"it was stopped after {limits.cpu_s} s of computing"
    if number == signal.SIGALRM:
        return f"it was stopped after {limits.wall_s:g} s"
    if number in CRASHES:
        return f"the reader crashed ({CRASHES[signal.Signals(number)]})"
    return f"the reader was killed ({signal.Signals(number).name})"


def cost_of(usage: resource.struct_rusage) -> Cost:
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def peak_bytes() -> int:
    return cost_of(resource.getrusage(resource.RUSAGE_SELF)).rss_bytes


def resident_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def in_gib(size: int) -> str:
    return f"{size / (1 << 30):.3g} GiB"
