"""What the kernel lets a child have: time, memory, and no core file."""

import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import time
from dataclasses import dataclass

from lims.extractors.outcome import Limits

GRACE_S = 5
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Allowance:
    """What each file may have, whatever those before it had. statm: open before the fence."""

    limits: Limits
    statm: int | None

    def renew(self) -> None:
        """The kernel ends the process when the time is over; a library may have told it not to."""
        for number in (signal.SIGALRM, signal.SIGXCPU):
            signal.signal(number, signal.SIG_DFL)
        allow(resource.RLIMIT_CPU, int(time.process_time()) + self.limits.cpu_s)
        allow(resource.RLIMIT_DATA, data_bytes(self.statm) + self.limits.data_bytes)
        signal.setitimer(signal.ITIMER_REAL, self.limits.wall_s)


def confine(limits: Limits, files: int) -> Allowance:
    """The limits that the kernel keeps. RLIMIT_DATA and not RLIMIT_AS: a mapped file of any size costs nothing."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    die_with_parent()
    faulthandler.disable()  # a crash is an answer here, and its traceback nobody's
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    allowance = Allowance(limits, statm())
    most_s, most_bytes = files * (limits.cpu_s + GRACE_S), files * limits.data_bytes + data_bytes(allowance.statm)
    allow(resource.RLIMIT_CPU, most_s, most_s)
    allow(resource.RLIMIT_DATA, most_bytes, most_bytes)
    allowance.renew()
    return allowance


def allow(what: int, soft: int, hard: int | None = None) -> None:
    """hard: by default as it is, and no soft limit is above it."""
    hard = resource.getrlimit(what)[1] if hard is None else hard
    with contextlib.suppress(ValueError, OSError):  # macOS knows RLIMIT_DATA and does not keep it: the RSS is watched
        resource.setrlimit(what, (min(soft, hard), hard))


def statm() -> int | None:
    """Where Linux tells how large this process is, and no other system does."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return None


def data_bytes(statm: int | None) -> int:
    """What counts for RLIMIT_DATA by now: of this process' parent, or of files before, and not this file's doing."""
    return 0 if statm is None else int(os.pread(statm, 200, 0).split()[5]) * resource.getpagesize()


def die_with_parent() -> None:
    """Where the kernel offers it (Linux): nobody is left to watch a child whose parent is gone."""
    with contextlib.suppress(OSError, AttributeError):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
