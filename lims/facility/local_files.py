"""A dataset's files on this machine: where the store is mounted, else in a cache filled through the service."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from lims.errors import Conflict, Invalid, Unavailable
from lims.facility.views import FileOfDataset, Location
from lims.provenance.observing.verified import verified

if TYPE_CHECKING:
    from lims.facility.facility import Facility

VERIFY_BYTES = 2 << 30
"""Up to this size a file in place is hashed before it is opened; a larger one is left to the fixity checks."""
ROOM_BYTES = 512 << 20
"""A cache may not fill the disk it lies on to the last byte."""
VERIFIED: set[tuple[str, int, int]] = set()
"""(path, bytes, mtime in ns) that this process has already hashed and found right."""


def cache_folder() -> Path:
    """$LIMS_CACHE, else the platform's folder for caches."""
    given = os.environ.get("LIMS_CACHE")
    return Path(given).expanduser() if given else user_cache_path("jupyter-lims", appauthor=False) / "datasets"


def local_file(facility: "Facility", location: Location) -> Path:
    """The dataset's main file on this machine, its companions beside it, each one's SHA-256 as registered.

    Raises Conflict where the file is no longer what was registered, Unavailable where it cannot be brought here.
    """
    mounted, main = mounted_file(location), layout(location)[location.files[0].key]
    if mounted is not None:
        if sum(file.bytes for file in location.files) <= VERIFY_BYTES:
            verify(mounted.parents[len(PurePosixPath(main).parts) - 1], location)
        return mounted
    folder = cache_folder() / location.id / edition(location)
    if not is_whole(folder, location):
        download(facility, location, folder)
    verify(folder, location)
    return folder / main


def companions(main: Path, location: Location) -> list[Path]:
    """The other files of a dataset on this machine, where `local_file` has found or brought its main file."""
    paths = layout(location)
    folder = main.parents[len(PurePosixPath(paths[location.files[0].key]).parts) - 1]
    return [folder / paths[file.key] for file in location.files[1:]]


def mounted_file(location: Location) -> Path | None:
    """Where the store says the file is, if this machine has it there and we may read it."""
    if location.path is None:
        return None
    path = Path(location.path)
    return path if path.exists() and os.access(path, os.R_OK) else None


def edition(location: Location) -> str:
    """A folder's name for these bytes: a file that changes gets another one."""
    return location.sha256[:16] if location.sha256 else f"version-{location.version}-{location.bytes}"


def layout(location: Location) -> dict[str, str]:
    """key -> path in the cache's folder: as the files lie in the store, from their innermost common folder on.

    Raises Invalid for a key that would leave the folder.
    """
    keys = [file.key for file in location.files]
    common = folder_of(keys)
    paths = {key: os.path.relpath(key, common or ".") for key in keys}
    for key, path in paths.items():
        if ".." in PurePosixPath(key).parts or path.startswith(("../", "/")):
            raise Invalid(f"The key {key!r} cannot be a file on this machine.")
    return paths


def folder_of(keys: Iterable[str]) -> str:
    """The innermost folder in which all of them lie; "" or "." for the store's root."""
    folders = [PurePosixPath(key).parent.as_posix() for key in keys]
    return os.path.commonpath(folders) if folders else ""


def is_whole(folder: Path, location: Location) -> bool:
    paths = layout(location)
    return all(has_size(folder / paths[file.key], file) for file in location.files)


def has_size(path: Path, file: FileOfDataset) -> bool:
    return path.is_dir() or (path.is_file() and path.stat().st_size == file.bytes)


def is_tree(location: Location) -> bool:
    """Whether the main "file" is a folder (.zspy) and the others are what is in it."""
    return any(file.key.startswith(location.files[0].key + "/") for file in location.files[1:])


def download(facility: "Facility", location: Location, folder: Path) -> None:
    """Bring all files into `folder`, which appears with all of them or not at all."""
    part = folder.with_name(f".{uuid.uuid4().hex}")
    paths = layout(location)
    try:
        part.mkdir(parents=True)
        check_room(part, location)
        for file in location.files[1:] if is_tree(location) else location.files:
            target = part / paths[file.key]
            target.parent.mkdir(parents=True, exist_ok=True)
            facility.fetch(location.id, file.key, target)
            if target.stat().st_size != file.bytes:
                raise Unavailable(f"{file.name} arrived with {target.stat().st_size} of {file.bytes} bytes.")
            target.chmod(0o444)
        verify(part, location)
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    except OSError as error:
        # Another kernel may have been quicker with the same files.
        if not is_whole(folder, location):
            raise Unavailable(
                f"{location.name} could not be kept in {folder.parent}: {error.strerror}.",
                hint="Make room there, or set LIMS_CACHE to another folder.",
            ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_room(folder: Path, location: Location) -> None:
    """Raises Unavailable where the files would leave less than ROOM_BYTES free."""
    needed, free = sum(file.bytes for file in location.files), shutil.disk_usage(folder).free
    if needed + ROOM_BYTES > free:
        raise Unavailable(
            f"{location.name} has {needed >> 20} MB; there is no room for it in {cache_folder()}.",
            hint="Set LIMS_CACHE to a folder on a larger disk, or ask for the store to be mounted here.",
        )


def verify(folder: Path, location: Location) -> None:
    """Raises Conflict unless every file, laid out in `folder`, has its registered SHA-256 (where that is known yet)."""
    paths = layout(location)
    for file in location.files:
        path = folder / paths[file.key]
        if file.sha256 is not None and not path.is_dir():
            verify_file(path, file, location)


def verify_file(path: Path, file: FileOfDataset, location: Location) -> None:
    name = file.name if file.name == location.name else f"{file.name} of {location.name}"
    try:
        stat = path.stat()
        seen = (str(path), stat.st_size, stat.st_mtime_ns)
        found = file.sha256 if seen in VERIFIED else verified(path, file_hash)
    except FileNotFoundError as error:
        raise Conflict(f"{name} ({location.id}) is no longer there.", hint="Look again with: lims harvest") from error
    if found != file.sha256:
        raise Conflict(
            f"{name} ({location.id}) is not the file that was registered: its SHA-256 is {str(found)[:12]}…, "
            f"it was {str(file.sha256)[:12]}….",
            hint="If the instrument wrote it again, register the new version with: lims harvest",
        )
    VERIFIED.add(seen)


def file_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
