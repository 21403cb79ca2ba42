"""A child process that reads one file under limits, and what its death means."""

import contextlib
import ctypes
import faulthandler
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from lims.extractors.fence.enclose import arm
from lims.extractors.fence.environment import forget_environment
from lims.extractors.outcome import Cost, Limits, Outcome, StepFailure, from_json, to_json
from lims.extractors.tree import clean_text

GRACE_S = 5
PR_SET_PDEATHSIG = 1
TICK_S = 0.1
LIBC = ctypes.CDLL(None)
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
    """A running child: since when, and why it was killed where it was."""

    pid: int
    limits: Limits
    started: float
    scratch: Path
    verdict: str = ""

    def check(self) -> None:
        """Kill the child where it is over its wall clock or memory."""
        if self.verdict:
            return
        if time.monotonic() - self.started > self.limits.wall_s:
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


def start(job: Callable[[], Outcome], limits: Limits, result: int, close: tuple[int, ...] = ()) -> Watched:
    """Fork a child that does the job and writes its outcome to the descriptor `result`. It never returns in the child.

    The first file that it reads is the only one that it can: see fence/. close: descriptors that are not its business.
    """
    scratch = Path(tempfile.mkdtemp(prefix="lims-"))
    pid = os.fork()
    if pid:
        return Watched(pid, limits, time.monotonic(), scratch)
    code = 1
    try:
        for descriptor in close:
            os.close(descriptor)
        os.dup2(2, 1)  # what a reader prints is no part of anybody's answer
        confine(limits)
        have_no_cluster()
        forget_environment()
        arm(scratch, limits.asks_kernel)
        with os.fdopen(result, "wb") as file:
            file.write(handed_over(guarded(job)))
        code = 0
    finally:
        os._exit(code)  # no cleanup that belongs to the parent, and no traceback


def watch_over(job: Callable[[], Outcome], limits: Limits) -> Outcome:
    """Do the job in a child of this process and wait for it. For one file; many are for the pool."""
    end, result = os.pipe()
    watched = start(job, limits, result, (end,))
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
    if status:
        return Outcome(None, (StepFailure("extract", watched.reason(status), ""),), cost=cost_of(usage))
    return replace(from_json(bytes(document)), cost=cost_of(usage))


def guarded(job: Callable[[], Outcome]) -> Outcome:
    try:
        return job()
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


def confine(limits: Limits) -> None:
    """The limits that the kernel keeps. RLIMIT_DATA and not RLIMIT_AS: a mapped file of any size costs nothing."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    die_with_parent()
    faulthandler.disable()  # a crash is an answer here, and its traceback nobody's
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + GRACE_S))
    with contextlib.suppress(
        ValueError, OSError
    ):  # macOS knows the limit and does not keep it; there the RSS is watched
        most = data_bytes_now() + limits.data_bytes
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    signal.setitimer(signal.ITIMER_REAL, limits.wall_s + GRACE_S)  # for the case that nobody is left to watch


def have_no_cluster() -> None:
    """Dask looks for one wherever `distributed` is installed; that costs 0.3 s and leads out of the fence."""
    sys.modules["distributed"] = None  # type: ignore[assignment]


def data_bytes_now() -> int:
    """What a child has of its parent from the start counts for RLIMIT_DATA, and is not the file's doing."""
    return int(getattr(psutil.Process().memory_info(), "data", 0))  # Linux alone tells


def die_with_parent() -> None:
    """Where the kernel offers it (Linux): nobody is left to watch a child whose parent is gone."""
    with contextlib.suppress(OSError, AttributeError):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


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


def resident_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def in_gib(size: int) -> str:
    return f"{size / (1 << 30):.3g} GiB"
