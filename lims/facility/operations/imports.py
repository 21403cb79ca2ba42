"""Old projects: each file into the store, then all that follows from having them all."""

import errno
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from lims.errors import Conflict, Invalid, LimsError, Unavailable
from lims.extractors.companions import is_junk
from lims.facility.desk import Desk
from lims.facility.imports.finishing import About, finish
from lims.facility.imports.places import IMPORTED, claim_it, claimed, free_place, instrument_named, place_view
from lims.facility.imports.views import ImportedFile, ImportFinished, ImportPlace
from lims.facility.operations.registry import operation
from lims.facility.operations.storing import no_upload, place_of_upload, sha256_of
from lims.harvest.reading import checksum
from lims.model import Principal
from lims.stores import Store
from lims.stores.keys import checked_key

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@operation
def look_import(
    desk: Desk,
    principal: Principal,
    project: str,
    name: str,
    path: str | None = None,
    instrument: str | None = None,
    user: str | None = None,
) -> ImportPlace:
    """Where an import would go, what is there already, and how much it may be. Changes nothing.

    name: of the source. path: of a folder that may lie in a store, where asker and facility see the same disks.
    """
    found = instrument_named(desk, instrument)
    claim = free_place(desk, principal, project, name, user, path)
    return place_view(desk, claim, project, found, with_files=True)


@operation
def begin_import(
    desk: Desk,
    principal: Principal,
    project: str,
    name: str,
    path: str | None = None,
    instrument: str | None = None,
    user: str | None = None,
    title: str = "",
) -> ImportPlace:
    """Take a folder of the store for an import, or go on with one's own. Answers without the files that are there."""
    found = instrument_named(desk, instrument)
    claim = free_place(desk, principal, project, name, user, path)
    claim_it(desk, principal, claim, project, title)
    return place_view(desk, claim, project, found, with_files=False)


@operation
def import_file(
    desk: Desk,
    principal: Principal,
    folder: str,
    path: str,
    upload: str,
    sha256: str,
    modified: datetime,
    user: str | None = None,
) -> ImportedFile:
    """Put an uploaded file into the folder of an import, with its own time. Again, it is there already.

    path: below the folder. Raises Conflict where another file is there, Invalid where it did not arrive as it was sent.
    """
    claim = claimed(desk, principal, IMPORTED, folder, user)
    key = f"{folder}/{checked_key(path).rstrip('/')}"
    staged = place_of_upload(desk.uploads, upload)
    try:
        if is_junk(key):
            raise Invalid(f"{path} is some system's leftover, and is not kept.")
        # A client that lost the answer asks again, when its upload is already gone.
        if not staged.is_file() and not has(claim.store, key, sha256):
            raise no_upload(upload)
        if staged.is_file() and sha256_of(staged) != sha256:
            raise Invalid(f"{path} did not arrive as it was sent.", hint="Import it again.")
        is_new = staged.is_file() and is_written(claim.store, key, staged, sha256, modified)
    finally:
        staged.unlink(missing_ok=True)
    return ImportedFile(key, is_new)


def is_written(store: Store, key: str, staged: Path, sha256: str, modified: datetime) -> bool:
    """False where the very same file is there already. Raises Conflict for another, Unavailable on a full disk."""
    try:
        store.write(key, staged, modified=modified, is_ours=True)
    except Conflict:
        if has(store, key, sha256):
            return False
        raise Conflict(
            f"Another file is already at {key}; it is kept.", hint="Rename the source to import it beside."
        ) from None
    except OSError as error:
        if error.errno in NO_ROOM:
            raise Unavailable(f"The disk of the store {store.name!r} is full.", hint="Tell the staff.") from error
        raise Invalid(f"{key} cannot be kept: {(error.strerror or str(error)).lower()}.") from error
    return True


def has(store: Store, key: str, sha256: str) -> bool:
    with suppress(LimsError, OSError):
        return checksum(store, key) == sha256
    return False


@operation
def finish_import(
    desk: Desk,
    principal: Principal,
    store: str,
    folder: str,
    project: str,
    instrument: str | None = None,
    user: str | None = None,
    title: str = "",
) -> ImportFinished:
    """Register and read what an import has brought, and sort it into sessions and collections. Can be asked again."""
    claim = claimed(desk, principal, store, folder, user)
    about = About(project, title, instrument_named(desk, instrument))
    return finish(desk, principal, claim, about)
