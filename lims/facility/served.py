"""A facility that other processes can reach too: by its service, or by one of our own for as long as we need it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lims.errors import Conflict, NoFacility, Unavailable
from lims.facility.connect import OPENED, connect, service_of
from lims.facility.facility import Facility

START_S = 30.0
STOP_S = 20.0


@contextmanager
def served(where: str | Path | None = None) -> Iterator[tuple[Facility, str]]:
    """The facility and the address at which a notebook's kernel finds it.

    where: as for `connect`. Raises NoFacility, Conflict where this process itself has it open, Unavailable.
    """
    place = str(where or os.environ.get("LIMS_FACILITY") or Path.cwd())
    if "://" in place:
        with connect(place) as facility:
            yield facility, place
        return
    folder = Path(place).expanduser().resolve()
    if not (folder / "facility.toml").is_file():
        raise NoFacility(str(folder))
    running = service_of(folder)
    if running is not None:
        with running:
            yield running, str(folder)
        return
    with own_service(folder) as facility:
        yield facility, str(folder)


@contextmanager
def own_service(folder: Path) -> Iterator[Facility]:
    """The catalog has one owner: while a notebook's kernel reads and writes too, that is a service."""
    if folder in OPENED:
        raise Conflict(f"The facility at {folder} is open in this process.", hint="Close it first: facility.close()")
    log_path = folder / "logs" / "service.log"
    log_path.parent.mkdir(exist_ok=True)
    # Inside a Hub the names below would make the child take itself for the Hub's own service.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTERHUB_SERVICE_")}
    with log_path.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "lims.service", str(folder), "--with-parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    try:
        with wait_for(folder, child, log_path) as facility:
            yield facility
    finally:
        stop(child)


def wait_for(folder: Path, child: "subprocess.Popen[bytes]", log: Path) -> Facility:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        facility = service_of(folder)
        if facility is not None:
            return facility
        if child.poll() is not None:
            break
        time.sleep(0.05)
    raise Unavailable(f"The service of {folder} could not be started.", hint=f"Why, says the end of {log}")


def stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
