"""`python -m lims.service DIR`: what `lims serve` and the Hub run."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from lims.errors import LimsError, Unavailable
from lims.facility.local import FacilityInUse, LocalFacility
from lims.service.parent import die_with_parent
from lims.service.serve import Hub, Service

LOCK_WAIT_S = 10.0


def main() -> int:
    """0 when it was asked to stop, 2 where it could not start."""
    parser = argparse.ArgumentParser(prog="lims serve", description="Serve one facility.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--with-parent", type=int, metavar="PID", help="end when this process, which started us, ends")
    arguments = parser.parse_args()
    if arguments.with_parent:
        die_with_parent(arguments.with_parent)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        facility = open_patiently(arguments.folder)
        try:
            asyncio.run(run(facility))
        finally:
            facility.close()
    except LimsError as error:
        print(error, file=sys.stderr)  # noqa: T201  (a front door)
        return 2
    return 0


async def run(facility: LocalFacility) -> None:
    """Serve until SIGTERM or SIGINT."""
    service, loop = Service(facility, Hub.of_environment()), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop.set)
    await service.serve()


def open_patiently(folder: Path) -> LocalFacility:
    """The one before us may still be closing, or a command be at work. Raises Unavailable, naming who has it."""
    until = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            return LocalFacility(folder)
        except FacilityInUse as error:
            if time.monotonic() > until:
                raise Unavailable(f"{error.message} Its process id: {holder(folder)}.", hint=error.hint) from error
            time.sleep(0.1)


def holder(folder: Path) -> str:
    try:
        return (folder / "run" / "lock").read_text().strip() or "unknown"
    except OSError:
        return "unknown"


def leave(code: int) -> None:
    """A reader that hangs in a thread must not keep the process: the catalog is closed, nothing is lost."""
    sys.stderr.flush()
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main())
