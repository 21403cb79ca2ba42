"""Uploaded files on their way into the derived store, where nothing is ever overwritten."""

import hashlib
import re
import tarfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar, cast

from lims.catalog import View
from lims.errors import Conflict, Invalid, LimsError, Unavailable
from lims.facility.desk import Desk
from lims.facility.packing import check_number, check_suffix
from lims.harvest import checksums, state_of
from lims.model import Dataset, Principal, new_id
from lims.stores import Entry, PrefixMissing, Store
from lims.stores.keys import checked_key, key_of_name

DERIVED = "derived"
MOST_OF_ONE_NAME = 1000
RESERVE_BYTES = 1 << 30
T = TypeVar("T")


@dataclass(frozen=True)
class Arriving:
    """A file that was uploaded, and where it goes. is_tree: it is the tar of a folder that is one object (.zspy)."""

    upload: str
    name: str
    run: str | None
    content_hash: str | None
    is_tree: bool = False


def stored(desk: Desk, principal: Principal, staged: Path, arriving: Arriving) -> Dataset:
    """The uploaded file at a free place of the derived store, as a dataset that the catalog does not know yet.

    Raises Invalid where there is no such upload.
    """
    if not staged.is_file():
        raise no_upload(staged.name)
    folder = arriving.run or datetime.now(UTC).date().isoformat()
    key = f"{folder_name(principal.name)}/{folder}/{file_name(arriving.name)}"
    store, view = desk.stores[DERIVED], desk.catalog.view(principal)
    made = Dataset(
        id=new_id("dataset"),
        kind="derived",
        store=DERIVED,
        key=key,
        bytes=0,
        modified=datetime.now(UTC),
        owner=principal.name,
        content_hash=arriving.content_hash,
    )
    if arriving.is_tree:
        return with_tree(made, store, *at_free_key(view, key, lambda free: written_tree(store, free, staged)))
    written = at_free_key(view, key, lambda free: store.write(free, staged))
    return replace(made, key=written.key, bytes=written.bytes, modified=written.modified, acquired=written.modified,
                   sha256=sha256_of(staged))  # fmt: skip


def with_tree(made: Dataset, store: Store, key: str, files: list[Entry]) -> Dataset:
    """As a pass of the harvest would find it. files: what the folder holds."""
    files = sorted(files, key=lambda one: one.key)
    newest, size = max(one.modified for one in files), sum(one.bytes for one in files)
    companions = tuple(one.key for one in files)
    found = replace(made, key=key, bytes=size, modified=newest, acquired=newest, companions=companions,
                    companions_state=state_of(files))  # fmt: skip
    own, *others = checksums(found, store)
    return replace(found, sha256=own, companions_sha256=tuple(others))


def written_tree(store: Store, key: str, tar: Path) -> tuple[str, list[Entry]]:
    """(key of the folder, its files). Raises Conflict where one is there, Invalid for no tar of plain files."""
    check_suffix(PurePosixPath(key).name)
    with suppress(PrefixMissing):
        if next(store.list(f"{key}/"), None) is not None:
            raise Conflict(f"{key} is already in the store {store.name!r}.")
    try:
        with tarfile.open(tar, "r:") as folder:
            files = plain_files(folder)
            check_room(store, sum(one.size for one in files.values()))
            return key, written_all(store, key, folder, files)
    except tarfile.TarError as error:
        raise Invalid("What was uploaded is not the tar of a folder.", hint="Upload it again.") from error


def plain_files(folder: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """By their keys in the folder. All are looked at before one is written.

    Raises Invalid for links and devices, and for names that leave the folder or come twice.
    """
    found: dict[str, tarfile.TarInfo] = {}
    for one in folder:
        if one.isdir():
            continue
        key = checked_key(key_of_name(one.name))
        if not one.isreg() or one.issparse() or key in found:
            raise Invalid(f"{one.name!r} in the folder is not one plain file.", hint="Links cannot be kept.")
        found[key] = one
    check_number(len(found))
    return found


def check_room(store: Store, size: int) -> None:
    """Raises Unavailable where the disk would be full afterwards; the catalog may lie on it too."""
    free = store.free_bytes()
    if free is not None and free - size < RESERVE_BYTES:
        raise Unavailable("There is no room in the derived store for this folder.", hint="Tell the staff.")


def written_all(store: Store, key: str, folder: tarfile.TarFile, files: Mapping[str, tarfile.TarInfo]) -> list[Entry]:
    """All of them or none."""
    done: list[Entry] = []
    try:
        for name, one in files.items():
            done.append(store.write(f"{key}/{name}", cast(BinaryIO, folder.extractfile(one))))
    except BaseException:
        for entry in done:
            with suppress(LimsError, OSError):  # the first error is the one to be told
                store.take_back(entry.key)
        raise
    return done


def place_of_upload(uploads: Path, token: str) -> Path:
    """Raises Invalid for what no upload can have answered."""
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        raise no_upload(token)
    return uploads / token


def no_upload(token: str) -> Invalid:
    return Invalid(f"There is no upload {token!r}.", hint="Upload the file again.")


def file_name(name: str) -> str:
    """Raises Invalid for a name that would leave its folder or that no file can have."""
    if not name or name in (".", "..") or re.search(r"[/\\\x00-\x1f]", name) or len(name.encode()) > 240:
        raise Invalid(f"{name!r} cannot be a file name.", hint="Give a plain name such as Eve_FFT.hspy.")
    return name


def folder_name(person: str) -> str:
    return re.sub(r"[^A-Za-z0-9._@-]", "_", person).lstrip(".") or "_"


def at_free_key(view: View, key: str, write: Callable[[str], T]) -> T:
    """Write under the key itself, or with a number where it is taken: derived files are never overwritten.

    A file that nobody knows (its writer died before the catalog heard of it) takes a key, too.
    """
    path = PurePosixPath(key)
    for number in range(1, MOST_OF_ONE_NAME):
        candidate = key if number == 1 else str(path.with_stem(f"{path.stem}-{number}"))
        if not view.is_taken(DERIVED, candidate):
            with suppress(Conflict):
                return write(candidate)
    raise Conflict(f"There are a thousand files {key!r} already.", hint="Choose another name.")


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
