"""PYTHON -m lims.facility.running.left [FOLDER…] closes runs that nobody runs any more.

Of these folders as soon as it can; without any, of all that are left. So nobody waits for it, and a kernel or a
`lims run` that was killed is no other case than one that ended.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from lims.errors import Conflict, NotFound, Unavailable
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
        if about.get("place") == address and (why := close_left(folder, facility, say)):
            say(f"It could not be closed: {why}")


def close_left(folder: RunFolder, facility: Facility | None = None, say: Callable[[str], None] = log.info) -> str:
    """Close a run, but not that of somebody else in the same account. Why that cannot be now, "" where it could.

    Whatever goes wrong is in nobody's way, and somebody tries again later.
    """
    about = folder.read(RUN)
    try:
        with facility_of(about) if facility is None else nullcontext(facility) as found:
            if about.get("user", "") not in ("", found.me().name):
                return ""
            say(f"Closing {about.get('run', 'a run')}, which was left without an end.")
            (interactive.close if "kernel" in about else close_killed)(found, folder)
    except (Conflict, NotFound):  # it is closed already, or there is no such run any more
        folder.remove()
    except Exception as error:  # noqa: BLE001 — a front door
        return str(error) or type(error).__name__
    else:
        folder.remove()
    return ""


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
            told(close_left(folder))
    if not given:
        for folder in left_folders():
            told(close_left(folder))


def told(why: str) -> None:
    if why:
        log.warning("It could not be closed: %s", why)


if __name__ == "__main__":
    main(sys.argv[1:])
