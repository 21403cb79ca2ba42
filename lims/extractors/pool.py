"""Many files, none of which can harm the process that asks: they are read in children of a fork server."""

import contextlib
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from lims.errors import Unavailable
from lims.extractors.fence.environment import reading_environment
from lims.extractors.outcome import Cost, Job, Limits, Outcome, PreviewTarget, StepFailure, answers_in, from_json

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Where the kernel gives them when asked, a fork and what a child writes to cost a tenth less."""
TRIES = 3


class ServerDied(Exception):
    """The fork server ended under a job; the job may be tried again with a new one."""


class Pool:
    """Reads files in limited children; may be used from several threads at once.

    The fork server starts with the first file and takes about a second. Where it dies, the next job starts another.
    readers: "module:object" of the extractors that may be asked, by default all that are installed.
    """

    def __init__(self, limits: Limits = Limits(), readers: Sequence[str] = ()) -> None:  # noqa: B008 (frozen)
        self.limits = limits
        self.readers = tuple(readers)
        self.lock = threading.Lock()
        self.server: subprocess.Popen[bytes] | None = None
        self.socket: socket.socket | None = None
        self.folder = ""
        self.closed = False

    def run(self, path: Path, companions: Sequence[Path] = (), *, preview: PreviewTarget | None = None) -> Outcome:
        """Read one file; blocks until it is read or has failed. A bad file does not raise.

        Raises Unavailable where no fork server can be started.
        """
        (outcome,) = self.read_all([Job(path, tuple(companions), preview)])
        return outcome

    def read_all(self, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        """Read several in one child, one after the other; yields in their order, each as it is done.

        What a child does not answer is read anew, the next file as the first of another child: no failure is a file's
        because of those before it. Raises Unavailable where no fork server can be started.
        """
        left, tries = list(jobs), TRIES
        while left:
            answered = 0
            try:
                with contextlib.closing(self.attempt(left)) as outcomes:
                    for outcome in outcomes:
                        answered, tries = answered + 1, TRIES
                        yield outcome
            except ServerDied:
                tries -= 1
                if tries == 0:
                    hint = "See the log for why."
                    raise Unavailable("The process that reads files ends again and again.", hint=hint) from None
            left = left[answered:]

    def attempt(self, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        """At least the first. Raises ServerDied, and Unavailable where the system gives no pipe."""
        asked = {"jobs": [asdict(absolute(job)) for job in jobs], "limits": asdict(self.limits)}
        is_answered = False
        with contextlib.ExitStack() as ends:
            (answers, result), (status, told) = pipe(ends), pipe(ends)
            try:
                server = self.send(json.dumps(asked, default=str).encode(), [result.fileno(), told.fileno()])
            except OSError as error:
                raise ServerDied from error
            result.close()
            told.close()
            for outcome in understood(answers, len(jobs)):
                is_answered = True
                yield outcome
            answers.close()  # a child that has more to say than anybody hears dies of it
            end = status.read()
        if not end:
            self.bury(server)
            raise ServerDied
        if not is_answered:
            death = json.loads(end)
            yield Outcome(None, (StepFailure("extract", death["reason"], ""),), cost=Cost(**death["cost"]))

    def bury(self, server: "subprocess.Popen[bytes]") -> None:
        """Let nobody use a server again that has dropped a job: it is dead, though the system may not say so yet."""
        with self.lock:
            if self.server is server:
                self.stop()

    def send(self, job: bytes, descriptors: list[int]) -> "subprocess.Popen[bytes]":
        """Answers with the server that has the job."""
        with self.lock:
            if self.closed:
                raise Unavailable("The extractor pool is closed.")
            if self.server is None or self.server.poll() is not None or self.socket is None:
                self.restart()
            assert self.socket is not None
            assert self.server is not None
            try:
                socket.send_fds(self.socket, [struct.pack("!I", len(job))], descriptors)
                self.socket.sendall(job)
            except OSError:
                self.stop()
                raise
            return self.server

    def restart(self) -> None:
        self.stop()
        self.folder = tempfile.mkdtemp(prefix="lims-readers-")
        ours, theirs = socket.socketpair()
        with theirs:
            self.server = subprocess.Popen(
                [sys.executable, "-P", "-m", "lims.extractors.forkserver", self.folder, *self.readers],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=reading_environment(os.environ) | ONE_THREAD | LARGE_PAGES,
                start_new_session=True,
            )
        self.socket = ours

    def stop(self) -> None:
        """Close the socket, upon which the server kills its children and ends."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        if self.server is not None:
            try:
                self.server.wait(5)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
            self.server = None
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)  # a server that was killed has left it
            self.folder = ""

    def close(self) -> None:
        with self.lock:
            self.closed = True
            self.stop()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def pipe(ends: contextlib.ExitStack) -> tuple[BinaryIO, BinaryIO]:
    """To read from, and to write into."""
    try:
        end, other = os.pipe()
    except OSError as error:
        raise Unavailable(f"No file can be read: {error.strerror}.", hint="It goes on by itself.") from error
    return ends.enter_context(os.fdopen(end, "rb")), ends.enter_context(os.fdopen(other, "wb"))


def understood(answers: BinaryIO, most: int) -> Iterator[Outcome]:
    """Ends where a child says what no honest one would: it has read bytes that nobody vouches for."""
    for answer in islice(answers_in(answers), most):
        try:
            outcome = from_json(answer)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
            return
        yield replace(outcome, cost=replace(outcome.cost or Cost(0.0, 0), answer_bytes=len(answer)))


def absolute(job: Job) -> Job:
    return Job(job.path.absolute(), tuple(one.absolute() for one in job.companions), job.preview)
