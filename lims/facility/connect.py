"""Find the facility: here, in a folder, or at an address."""

import json
import os
import socket as unix_socket
import time
from pathlib import Path

from lims.errors import NoFacility
from lims.facility.facility import Facility
from lims.facility.remote import RemoteFacility

OPENED: dict[Path, Facility] = {}
"""The facilities this process itself has open: a folder is opened once and shared."""

SERVICE_START_S = 10.0


def connect(where: str | Path | None = None) -> Facility:
    """Connect to a facility: a folder, the address of a service, or (default) $LIMS_FACILITY, else this folder.

    A folder whose service is running is reached through that service; otherwise it is opened in this process.
    In a Hub's server the Hub's configuration has set $LIMS_FACILITY: a Hub does not tell where its services are.
    Raises NoFacility, Invalid or Unavailable.
    """
    place = str(where or os.environ.get("LIMS_FACILITY") or Path.cwd())
    if place.startswith(("http://", "https://")):
        return RemoteFacility(place, token=os.environ.get("JUPYTERHUB_API_TOKEN") or os.environ.get("LIMS_TOKEN"))
    folder = Path(place).expanduser().resolve()
    if not (folder / "facility.toml").is_file():
        raise NoFacility(str(folder))
    if folder in OPENED:
        return OPENED[folder]
    return service_of(folder) or open_here(folder)


def open_here(folder: Path) -> Facility:
    """Open it in this process, or wait for the service that was quicker."""
    from lims.facility.local import FacilityInUse, LocalFacility  # DuckDB and the readers: only for who needs them

    class Shared(LocalFacility):
        def close(self) -> None:
            OPENED.pop(self.folder, None)
            super().close()

    until = time.monotonic() + SERVICE_START_S
    while True:
        try:
            return OPENED.setdefault(folder, Shared(folder))
        except FacilityInUse:
            service = service_of(folder)
            if service is not None:
                return service
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def service_of(folder: Path) -> RemoteFacility | None:
    """The running service of a facility folder, if there is one that answers; a dead one's socket does not."""
    try:
        told = json.loads((folder / "run" / "service.json").read_text())
        socket = Path(told["socket"])
        with unix_socket.socket(unix_socket.AF_UNIX) as probe:
            probe.connect(str(socket))
    except (OSError, ValueError, KeyError):
        return None
    return RemoteFacility("http://lims", socket=socket)
