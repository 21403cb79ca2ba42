"""Many files, none of which can harm the process that asks: each is read in a child of a fork server."""

import contextlib
import dataclasses
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from lims.errors import Unavailable
from lims.extractors.fence.environment import reading_environment
from lims.extractors.outcome import Cost, Limits, Outcome, PreviewTarget, StepFailure, from_json

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Where the kernel gives them when asked, a fork and what a child writes to cost a tenth less."""
TRIES = 3
LARGEST_RESULT = 256 << 20


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
        for _ in range(TRIES):
            with contextlib.suppress(ServerDied):
                return self.attempt(path, companions, preview)
        raise Unavailable("The process that reads files ends again and again.", hint="See the log for why.")

    def attempt(self, path: Path, companions: Sequence[Path], preview: PreviewTarget | None) -> Outcome:
        job = {
            "path": str(path.absolute()),
            "companions": [str(companion.absolute()) for companion in companions],
            "preview": None if preview is None else {"large": str(preview.large), "thumb": text(preview.thumb)},
            "limits": dataclasses.asdict(self.limits),
        }
        result_end, result = os.pipe()
        status_end, status = os.pipe()
        try:
            server = self.send(json.dumps(job).encode(), [result, status])
        except OSError as error:
            os.close(result_end)
            os.close(status_end)
            raise ServerDied from error
        finally:
            os.close(result)
            os.close(status)
        with os.fdopen(result_end, "rb") as outcome_file, os.fdopen(status_end, "rb") as status_file:
            document = outcome_file.read(LARGEST_RESULT)
            outcome_file.close()  # a child that writes more than anybody reads dies of it
            told = status_file.read().decode()
        if not told:
            self.bury(server)
        return understood(document, told)

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


def understood(document: bytes, status: str) -> Outcome:
    """status: what the server says of the child's end; "" where the server itself is gone."""
    if not status:
        raise ServerDied
    end = json.loads(status)
    cost = dataclasses.replace(Cost(**end["cost"]), answer_bytes=len(document))
    if end["death"]:
        return Outcome(None, (StepFailure("extract", end["death"], ""),), cost=cost)
    return dataclasses.replace(from_json(document), cost=cost)


def text(path: Path | None) -> str | None:
    return None if path is None else str(path)
