"""A facility's service as a process of its own, which a test may ask, kill and start again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import psutil

from lims.facility.connect import service_of
from lims.facility.remote import RemoteFacility

PATIENCE_S = 600.0
"""Generous: machines that run tests are busy, and a service that starts loads a catalog first."""


def until(is_so: Callable[[], object], what: str, most_s: float = PATIENCE_S, pause_s: float = 0.1) -> None:
    end = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < end, f"{what}: not within {most_s:.0f} s"
        time.sleep(pause_s)


class Service:
    """`lims serve` on a facility folder; what it says goes into service.log beside the folder."""

    def __init__(self, folder: Path, command: Sequence[str] = (sys.executable, "-m", "lims.cli.main", "serve")) -> None:
        self.folder = folder
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder.with_name("service.log")

    def start(self) -> RemoteFacility:
        """Start it and wait for its first answer."""
        environment = {**os.environ, "LIMS_FACILITY": str(self.folder)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(self.answers, f"the service answers (see {self.log})")
        return self.facility()

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the service has ended: {self.log.read_text()[-2000:]}"
        found = service_of(self.folder)
        if found is not None:
            found.close()
        return found is not None

    def facility(self) -> RemoteFacility:
        found = service_of(self.folder)
        assert found is not None, "the service does not answer"
        return found

    def workers(self) -> list[psutil.Process]:
        """The processes that read files for it."""
        assert self.process is not None
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill(self, *, with_workers: bool = True) -> list[psutil.Process]:
        """kill -9. Returns the workers that it had."""
        assert self.process is not None
        workers = self.workers()
        self.process.kill()
        if with_workers:
            kill_all(workers)
        self.process.wait()
        return workers

    def stop(self) -> None:
        """As an administrator does, and harder where that does not help."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self) -> "Service":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def kill_all(processes: Sequence[psutil.Process]) -> None:
    for one in processes:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
