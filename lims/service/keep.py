"""`python -m lims.service.keep DIR PID HUB`: what the Hub of one person's computer runs as its managed service.

It keeps a service running. The first one, PID, was started by `lims up` beside the Hub, so that neither waits for the
other's imports; when a service ends by itself, the next starts at once (the Hub alone would look every 30 s).
"""

import contextlib
import os
import signal
import sys
import threading
import time

import psutil

from lims.service.parent import die_with_parent

LASTED_S = 10.0
PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0


def main(folder: str, pid: int, hub: int) -> int:
    """0 when it was asked to stop, and the service has stopped. hub: who started us, and takes us with it."""
    asked = threading.Event()
    service = running_service(folder, pid) or begin(folder)

    def stop(*_: object) -> None:
        asked.set()
        with contextlib.suppress(psutil.NoSuchProcess):
            service.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    die_with_parent(hub)
    pause = PAUSE_S
    while True:
        since = time.monotonic()
        service.wait()
        lasted = time.monotonic() - since > LASTED_S
        pause = PAUSE_S if lasted else min(2 * pause, LONGEST_PAUSE_S)
        if asked.wait(pause):
            return 0
        service = begin(folder)


def begin(folder: str) -> psutil.Process:
    module = ["lims.service", "--with-parent", str(os.getpid()), folder]
    started: psutil.Process = psutil.Popen([sys.executable, "-m", *module])
    return started


def running_service(folder: str, pid: int) -> psutil.Process | None:
    """The service that was started early, unless it has ended since, whoever has its number now."""
    try:
        process = psutil.Process(pid)
        command = process.cmdline()
        ours = "lims.service" in command and folder in command and process.status() != psutil.STATUS_ZOMBIE
        return process if ours else None
    except psutil.Error:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
