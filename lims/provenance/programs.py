"""Running a script, or any program, to its end: its output kept in a log and passed on, its time and memory bounded."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

from lims.errors import Unavailable

GRACE_S = 5.0
LAST_LINES = 20
LIMITER = """import os, resource, sys
most = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (most, most))
os.execvp(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True)
class Ended:
    """How a program ended. error: a sentence, empty where all is well; log: all that it printed."""

    status: Literal["done", "failed"]
    log: Path
    start: datetime
    end: datetime
    error: str = ""


def with_memory(argv: Sequence[str], most_bytes: int | None) -> list[str]:
    """The command with a limit on the memory of each of its processes; as it is without one."""
    return [sys.executable, "-c", LIMITER, str(most_bytes), *argv] if most_bytes else list(argv)


def run_program(
    argv: Sequence[str],
    log: Path,
    *,
    env: Mapping[str, str],
    folder: Path,
    limit_s: float | None = None,
    echo: IO[bytes] | None = None,
    held: Sequence[int] = (),
) -> Ended:
    """Run a command in `folder`; what it prints goes to `log`, and to `echo` as it comes.

    held: open files that it inherits, so that a lock of ours lasts as long as either of us lives. An interrupt of ours
    is passed on to it, and raised when it has ended. Raises Unavailable where it cannot start.
    """
    start = datetime.now(UTC)
    try:
        child = subprocess.Popen(
            argv, env=dict(env), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, pass_fds=tuple(held),
        )  # fmt: skip
    except OSError as error:
        raise Unavailable(f"{argv[0]} cannot be started: {error.strerror}.", hint="Is it installed here?") from error
    late = threading.Event()
    timer = threading.Timer(limit_s or threading.TIMEOUT_MAX, stop, (child, late))
    timer.daemon = True
    timer.start()
    try:
        copied(child, log, echo)
        code = child.wait()
    except BaseException:
        stop(child)
        raise
    finally:
        timer.cancel()
    why = "It did not finish: the time limit was reached." if late.is_set() else error_of(code, log)
    return Ended("failed" if why else "done", log, start, datetime.now(UTC), why)


def copied(child: "subprocess.Popen[bytes]", log: Path, echo: IO[bytes] | None) -> None:
    assert child.stdout is not None
    with log.open("wb", buffering=0) as file:
        while block := os.read(child.stdout.fileno(), 1 << 16):
            file.write(block)
            if echo is not None:
                with suppress(OSError):
                    echo.write(block)
                    echo.flush()


def stop(child: "subprocess.Popen[bytes]", late: threading.Event | None = None) -> None:
    """End it and all that it started, kindly first."""
    if late is not None:
        late.set()
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, kind)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)
            break
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def error_of(code: int, log: Path) -> str:
    """A sentence with the last line that says something; "" for 0."""
    if code == 0:
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    how = f"was ended by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    return f"It {how}" + (f": {last}" if last else ".")


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
