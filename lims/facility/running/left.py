"""PYTHON -m lims.facility.running.left [FOLDER…] closes runs that nobody runs any more.

Of these folders as soon as it can; without any, of all that are left. So nobody waits for it, and a kernel or a
`lims run` that was killed is no other case than one that ended.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lims.errors import Conflict, Forbidden, Unavailable
from lims.facility.connect import connect, service_of
from lims.facility.facility import Facility
from lims.facility.running import interactive
from lims.facility.running.capture import close_killed
from lims.provenance.run_folders import RUN, RunFolder, left_folders, taken

log = logging.getLogger(__name__)
WAIT_S = 30.0


def close_at(facility: Facility, address: str, say: Callable[[str], None] = lambda text: None) -> None:
    """Close what was left of one's own runs at this facility, before another one begins there."""
    for folder in left_folders():
        about = folder.read(RUN)
        if about.get("place") == address:
            say(f"Closing {about.get('run', 'a run')}, which was left without an end.")
            close_left(folder, facility)


def close_left(folder: RunFolder, facility: Facility | None = None) -> None:
    """Close a run. Where that cannot be, it is never in the way of another one, and somebody tries again later."""
    about = folder.read(RUN)
    try:
        if facility is not None:
            close(facility, folder, about)
        else:
            with facility_of(about) as found:
                close(found, folder, about)
    except Conflict:  # it is closed already
        folder.remove()
    except Exception as error:  # noqa: BLE001 — a front door
        log.info("Run %s could not be closed: %s", about.get("run", "that was about to begin"), error)
    else:
        folder.remove()


def close(facility: Facility, folder: RunFolder, about: Mapping[str, Any]) -> None:
    """Raises Forbidden for the run of somebody else who works in the same account."""
    who = facility.me().name
    if about["user"] != who:
        raise Forbidden(f"It is {about['user']}'s, and not {who}'s.")
    (interactive.close if "kernel" in about else close_killed)(facility, folder)


def facility_of(about: Mapping[str, Any]) -> Facility:
    """Where the run was begun. Raises Unavailable where a service has to be started first: we would be in its way."""
    place = str(about["place"])
    if "://" in place or not about["is_served"]:
        return connect(place)
    service = service_of(Path(place))
    if service is None:
        raise Unavailable(f"The service of {place} does not run.")
    return service


def main(given: list[str]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    os.environ.pop("LIMS_RUN", None)
    for path in given:
        folder = taken(Path(path), WAIT_S)
        if folder is not None:
            close_left(folder)
    if not given:
        for folder in left_folders():
            close_left(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
