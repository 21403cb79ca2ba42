"""Who may run a statement now, and the talk with the process that runs it."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lims.errors import Invalid, Unavailable
from lims.extractors.fence.environment import reading_environment
from lims.extractors.pool import ONE_THREAD
from lims.model import Principal
from lims.settings import SqlTable

MOST_BYTES = 256 << 20
WAIT_S = 20.0
"""For so long somebody waits for others' statements before being told to come again."""
MOST_WAITING = 8
"""Each waits in a thread, and others need those."""
TRIES = 3
TICK_MS = 100
STOP_S = 5.0
PART = 1 << 20
END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
"""How an Arrow IPC stream ends that is all there."""
HINT_QUICKER = "Narrow it: fewer rows first (WHERE, LIMIT), then joins; a join needs a condition."


@dataclass(frozen=True)
class Job:
    """base: what the tables are called (`Asking.base_in_lake`). rows: as many may come back."""

    statement: str
    principal: Principal
    base: Mapping[str, str]
    rows: int


class Statements:
    """Runs statements, few at once and one for each person, and ends those for which nobody waits."""

    def __init__(self, catalog: Path, extensions: Path, limits: SqlTable) -> None:
        self.catalog = catalog
        self.limits = limits
        self._server = Server(extensions, limits.memory_mb)
        self._changed = threading.Condition()
        self._asking: set[str] = set()
        self._slots = limits.at_once
        self._closed = False

    def answer(self, job: Job, is_gone: Callable[[], bool]) -> bytes:
        """The rows as an Arrow IPC stream. is_gone: whether who asked has stopped waiting.

        Raises Invalid for a statement that may not run or is over a limit, Unavailable where there is no room now.
        """
        self._enter(job.principal.name, is_gone)
        try:
            with self._server.child() as child:
                return understood(self._watched(child, job, is_gone))
        finally:
            self._leave(job.principal.name)

    def close(self) -> None:
        """End all that runs; who waits for it is told."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._asking, STOP_S)
        self._server.close()

    def _enter(self, name: str, is_gone: Callable[[], bool]) -> None:
        until = time.monotonic() + WAIT_S
        with self._changed:
            if name in self._asking:
                raise Unavailable("A statement of yours is still running.", hint="Wait for it, or end it.")
            if len(self._asking) >= self.limits.at_once + MOST_WAITING:
                raise Unavailable("Too many people wait for statements just now.", hint="Ask again in a minute.")
            self._asking.add(name)
            try:
                while self._slots == 0 and not self._closed:
                    if is_gone() or time.monotonic() > until:
                        raise Unavailable("Other people's statements are running.", hint="Ask again in a minute.")
                    self._changed.wait(TICK_MS / 1000)
                if self._closed:
                    raise closing()
                self._slots -= 1
            except BaseException:
                self._asking.discard(name)
                raise

    def _leave(self, name: str) -> None:
        with self._changed:
            self._asking.discard(name)
            self._slots += 1
            self._changed.notify_all()

    def _watched(self, child: "Child", job: Job, is_gone: Callable[[], bool]) -> bytearray:
        """All that the child says, if it ends in time."""
        until = time.monotonic() + self.limits.time_s
        child.tell(self._told(job))
        found = bytearray()
        while (part := child.hear()) != b"":
            found += part or b""
            if len(found) > 2 * MOST_BYTES:  # a child that keeps to its own limits says less
                raise Invalid(f"The answer has more than {MOST_BYTES >> 20} MiB.")
            if self._closed:
                raise closing()
            if is_gone():
                raise Unavailable("Nobody waited for the answer any more.")
            if time.monotonic() > until:
                sentence = f"The statement took longer than {self.limits.time_s:g} s and was stopped."
                raise Invalid(sentence, hint=HINT_QUICKER)
        return found

    def _told(self, job: Job) -> dict[str, object]:
        who = job.principal
        return {
            "statement": job.statement,
            "principal": {"name": who.name, "groups": sorted(who.groups), "is_staff": who.is_staff},
            "base": dict(job.base),
            "folder": str(self.catalog),
            "rows": job.rows,
            "bytes": MOST_BYTES,
            "time_s": self.limits.time_s,
        }


class Server:
    """`child.py`, started when the first statement comes, and again where it has ended."""

    def __init__(self, extensions: Path, memory_mb: int) -> None:
        self._command = [sys.executable, "-P", "-m", "lims.facility.sql.child", str(extensions), str(memory_mb)]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @contextmanager
    def child(self) -> Iterator["Child"]:
        """A process of its own for one statement, which ends with this, whatever it does."""
        its_job, job = os.pipe()
        answers, its_answers = os.pipe()
        try:
            with closed(its_job, its_answers):
                self._send([its_job, its_answers])
            yield Child(job, answers)
        finally:
            os.close(job)
            os.close(answers)

    def _send(self, descriptors: list[int]) -> None:
        with self._lock:
            for _ in range(TRIES):
                if self._process is None or self._process.poll() is not None or self._socket is None:
                    self._start()
                with suppress(OSError):  # it has ended just now
                    assert self._socket is not None
                    socket.send_fds(self._socket, [b"!"], descriptors)
                    return
                self._stop()
        raise Unavailable("The process that runs statements ends again and again.", hint="Its log says why.")

    def _start(self) -> None:
        self._stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                self._command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=reading_environment(os.environ) | ONE_THREAD,
                start_new_session=True,
            )
        self._socket = ours

    def _stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        with self._lock:
            self._stop()


@dataclass(frozen=True)
class Child:
    """The talk with one child: descriptors of two pipes."""

    job: int
    answers: int

    def tell(self, job: dict[str, object]) -> None:
        with suppress(BrokenPipeError), os.fdopen(os.dup(self.job), "wb") as pipe:  # its end is heard below
            pipe.write(json.dumps(job).encode() + b"\n")

    def hear(self) -> bytes | None:
        """What it says next, None where that is nothing yet, b"" where it has ended."""
        heard = select.poll()
        heard.register(self.answers, select.POLLIN)
        return os.read(self.answers, PART) if heard.poll(TICK_MS) else None


def understood(found: bytearray) -> bytes:
    line, _, rows = bytes(found).partition(b"\n")
    told = json.loads(line or b"{}")
    if "error" in told:
        kind = Unavailable if told["error"]["kind"] == "Unavailable" else Invalid
        raise kind(told["error"]["message"], hint=told["error"]["hint"])
    if not rows.endswith(END_OF_STREAM):
        raise Invalid("The statement made the database give up.", hint="Write it in another way, or in smaller parts.")
    return rows


@contextmanager
def closed(*descriptors: int) -> Iterator[None]:
    """Closed when this ends: another process has its own of them then."""
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def closing() -> Unavailable:
    return Unavailable("The facility is being closed.", hint="Ask again when it is back.")
