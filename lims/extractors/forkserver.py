"""The process that has every reader loaded and forks a child for each handful of files.

The larger a process is, the longer each fork takes, and each child's end. What few files need (numba, pandas) has a
second such process, forked from the first when such a file comes.

python -m lims.extractors.forkserver FOLDER [READER…]

FOLDER is for the scratch folders of its children, and is removed with them. READER: module:object of each extractor
that may be asked; without any, all that are installed.

It has one thread, because only then is a fork safe. Its standard input is a Unix socket; each message on it is what
one child shall read (its length, then JSON) and brings two descriptors. The child writes its outcomes to the first.
When the child is dead, the server writes to the second how it ended and what it has cost, as JSON. When the socket
closes, everything ends.
"""

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from importlib.metadata import EntryPoint

from lims.extractors.allowance import die_with_parent
from lims.extractors.child import TICK_S, Watched, cost_of, have_no_cluster, start
from lims.extractors.extract import extract_file
from lims.extractors.outcome import Job, Limits, Outcome, job_from
from lims.extractors.preloading import preload, preload_rare, rare_suffixes
from lims.plugins import EXTRACTORS, Extractor, extractors, load

LENGTH = struct.Struct("!I")
def main() -> None:
    jobs = socket.socket(fileno=os.dup(0))
    folder, *named = sys.argv[1:]
    readers = tuple(load(EntryPoint(name, name, EXTRACTORS)) for name in named) or extractors()
    have_no_cluster()
    preload(readers)
    tempfile.tempdir = folder
    try:
        Server(jobs, readers, rare_suffixes(readers)).serve()
    finally:
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)  # the pool does it, too, but may have been killed


class Server:
    def __init__(
        self, jobs: socket.socket, readers: Sequence[Extractor], rare: frozenset[str] = frozenset()
    ) -> None:
        """rare: suffixes of files for whose readers there is a larger server, which this one starts when one comes."""
        self.jobs = jobs
        self.readers = readers
        self.rare = rare
        self.larger: socket.socket | None = None
        self.larger_pid = 0
        self.running: dict[int, tuple[Watched, int]] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(jobs, selectors.EVENT_READ)
        self.woken, self.wakes = os.pipe()
        os.set_blocking(self.wakes, False)
        self.selector.register(self.woken, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whom the server works
        signal.set_wakeup_fd(self.wakes)

    def serve(self) -> None:
        """Until the other side closes the socket or dies."""
        open_ = True
        while open_:
            for key, _ in self.selector.select(TICK_S if self.running else None):
                if key.fileobj is self.jobs:
                    open_ = self.accept()
                else:
                    os.read(self.woken, 512)
            for watched, _ in self.running.values():
                watched.check()
            self.reap()
        for watched, _ in self.running.values():
            watched.kill("the service ended")
        if self.larger is not None:
            self.larger.close()
            os.wait4(self.larger_pid, 0)

    def accept(self) -> bool:
        """Take what one child shall read and fork it, or hand it on; False where the socket is closed."""
        size, descriptors, _, _ = socket.recv_fds(self.jobs, LENGTH.size, 2)
        if len(size) < LENGTH.size:
            return False
        message = received(self.jobs, LENGTH.unpack(size)[0])
        asked = json.loads(message)
        jobs = [job_from(raw) for raw in asked["jobs"]]
        if any(job.path.suffix.lower() in self.rare for job in jobs):
            self.hand_on(message, descriptors)
        else:
            self.start(jobs, Limits(**asked["limits"]), *descriptors)
        return True

    def start(self, jobs: Sequence[Job], limits: Limits, result: int, status: int) -> None:
        reads = [partial(read, job, self.readers) for job in jobs]
        watched = start(reads, limits, result, (status, *self.own_descriptors()), jobs if len(jobs) > 1 else ())
        os.close(result)
        self.running[watched.pid] = watched, status

    def own_descriptors(self) -> list[int]:
        """What no child may hold: while one does, whoever waits for the end of it waits on."""
        larger = [] if self.larger is None else [self.larger.fileno()]
        return [self.jobs.fileno(), *larger, *(status for _, status in self.running.values())]

    def hand_on(self, message: bytes, descriptors: list[int]) -> None:
        """To the larger server. Where it is gone, it is dropped like what that had: the pool hears of it."""
        if self.larger is None:
            self.larger = self.fork_larger(descriptors)
        with contextlib.suppress(OSError):
            socket.send_fds(self.larger, [LENGTH.pack(len(message))], descriptors)
            self.larger.sendall(message)
        for descriptor in descriptors:
            os.close(descriptor)

    def fork_larger(self, of_the_job: list[int]) -> socket.socket:
        """A server like this one, which ends with it, with all the rest loaded. It is sent its first job like all."""
        ours, theirs = socket.socketpair()
        self.larger_pid = os.fork()
        if self.larger_pid:
            theirs.close()
            return ours
        try:
            ours.close()
            signal.set_wakeup_fd(-1)
            self.selector.close()
            for descriptor in (*self.own_descriptors(), *of_the_job, self.woken, self.wakes):
                os.close(descriptor)
            die_with_parent()
            preload_rare(self.readers)
            Server(theirs, self.readers).serve()
        finally:
            os._exit(0)  # the folder and all else is the parent's

    def reap(self) -> None:
        for pid in list(self.running):
            ended, code, usage = os.wait4(pid, os.WNOHANG)
            if ended:
                watched, status = self.running.pop(pid)
                watched.tidy()
                end = {"reason": watched.reason(code), "cost": asdict(cost_of(usage))}
                with contextlib.suppress(OSError), os.fdopen(status, "wb") as file:
                    file.write(json.dumps(end).encode())


def received(jobs: socket.socket, size: int) -> bytes:
    """A child that ends meanwhile cuts off what the system would wait for by itself."""
    message = bytearray()
    while len(message) < size and (part := jobs.recv(size - len(message))):
        message += part
    return bytes(message)


def read(job: Job, readers: Sequence[Extractor]) -> Outcome:
    return extract_file(job.path, job.companions, preview=job.preview, readers=readers)


if __name__ == "__main__":
    main()
    sys.exit(0)
