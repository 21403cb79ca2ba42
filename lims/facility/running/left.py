"""PYTHON -m lims.facility.running.left [FOLDER…] closes runs that nobody runs any more.

Of these folders as soon as it can; without any, of all that are left. So nobody waits for it, and a kernel or a
`lims run` that was killed is no other case than one that ended.
"""

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lims.errors import Conflict, Forbidden, Invalid, LimsError, NotFound, Unavailable
from lims.facility.connect import connect, service_of
from lims.facility.facility import Facility
from lims.facility.running import interactive
from lims.facility.running.capture import close_killed
from lims.provenance.run_folders import RUN, RunFolder, left_folders, taken

log = logging.getLogger(__name__)
WAIT_S = 30.0


def close_at(facility: Facility, address: str) -> None:
    """Close what was left of runs at this facility, before another one begins there. Not telling of what cannot be."""
    for folder in left_folders():
        if folder.read(RUN).get("place") == address:
            close_left(folder, facility)


def close_left(folder: RunFolder, facility: Facility | None = None) -> None:
    """Close a run; where the facility does not answer, somebody tries again later."""
    about = folder.read(RUN)
    name = about.get("run", "that was about to begin")
    close = interactive.close if "kernel" in about else close_killed
    try:
        if facility is not None:
            close(facility, folder)
        else:
            with facility_of(about) as found:
                close(found, folder)
    except (Conflict, NotFound, Forbidden, Invalid) as error:
        log.warning("Run %s could not be closed, and is left as it is: %s", name, error)
    except (LimsError, OSError) as error:
        log.warning("Run %s could not be closed yet: %s", name, error)
        return
    folder.remove()


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
