"""One dataset: what it says, how it looks, its bytes."""

import struct
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from lims.errors import Invalid, NotFound
from lims.facility.assemble import dataset_view
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.views import Content, DatasetView, FileOfDataset, Location
from lims.harvest import preview_paths
from lims.model import Dataset, Principal
from lims.stores import Store

MOST_THUMBNAILS = 500


@operation
def dataset(desk: Desk, principal: Principal, dataset: str, metadata: bool = True) -> DatasetView:
    """One dataset; without `metadata` its vendor tree is left out."""
    return dataset_view(desk.catalog.view(principal), dataset, with_metadata=metadata)


@operation
def metadata(desk: Desk, principal: Principal, dataset: str) -> dict[str, Any]:
    """The vendor's metadata tree, unaltered."""
    return desk.catalog.view(principal).document(dataset)


@operation
def preview(desk: Desk, principal: Principal, dataset: str) -> Content:
    """The large preview, WebP, at most 768 pixels a side."""
    found = desk.catalog.view(principal).dataset(dataset)
    path = preview_paths(desk.previews, found.id).large
    if found.preview_size is None or not path.is_file():
        reason = f"its signal is blank: {found.blank}" if found.blank else "none could be drawn"
        raise NotFound(f"{found.name} has no preview: {reason}.")
    return Content("image/webp", f"{found.name}.webp", path=path)


@operation
def thumbnails(desk: Desk, principal: Principal, ids: Sequence[str]) -> Content:
    """Many small previews in one answer.

    Little-endian: uint32 count, count x uint32 length, then the WebP images; length 0 where there is none
    or where the asker may not see the dataset.
    """
    if len(ids) > MOST_THUMBNAILS:
        raise Invalid(f"At most {MOST_THUMBNAILS} thumbnails at a time.", hint="Ask for them in several parts.")
    visible = {one.id: one for one in desk.catalog.view(principal).datasets(ids=list(ids))}
    images = [thumbnail(desk, visible.get(one)) for one in ids]
    lengths = struct.pack(f"<{len(images) + 1}I", len(images), *map(len, images))
    return Content("application/octet-stream", "thumbnails", data=lengths + b"".join(images))


def thumbnail(desk: Desk, found: Dataset | None) -> bytes:
    if found is None or found.preview_size is None:
        return b""
    path = preview_paths(desk.previews, found.id).thumb
    return path.read_bytes() if path is not None and path.is_file() else b""


@operation
def location(desk: Desk, principal: Principal, dataset: str) -> Location:
    """Where the dataset's files can be read: on a mounted path, else by `content`, file by file."""
    found = desk.catalog.view(principal).dataset(dataset)
    store = desk.stores[found.store]
    hashes = zip_longest((found.key, *found.companions), (found.sha256, *found.companions_sha256))
    files = [FileOfDataset(key, key.rpartition("/")[2], store.size(key), sha256) for key, sha256 in hashes]
    path = store.path_for_users(found.key)
    return Location(
        found.id,
        found.name,
        found.store,
        str(path) if path else None,
        found.sha256,
        found.bytes,
        tuple(files),
        found.version,
    )


@operation
def locate(desk: Desk, principal: Principal, path: str) -> Location:
    """The dataset that the file at a path belongs to, where a store is mounted there."""
    view = desk.catalog.view(principal)
    for name, store in desk.stores.items():
        key = key_at(store, path)
        found = view.dataset_at(name, key) if key else None
        if found is not None:
            return location(desk, principal, found.id)
    raise NotFound(
        f"{path} is no dataset among those you can see.", hint="If it lies in a store, register it with: lims harvest"
    )


def key_at(store: Store, path: str) -> str | None:
    """Raises Invalid for what cannot be a path."""
    try:
        return store.key_of(Path(path))
    except ValueError as error:
        raise Invalid(f"{path!r} cannot be a path.") from error


@operation
def content(desk: Desk, principal: Principal, dataset: str, key: str | None = None) -> Content:
    """The bytes of the dataset's main file, or of the companion `key`."""
    store, wanted = file_of(desk, principal, dataset, key)
    name = wanted.rpartition("/")[2]
    path = store.local_path(wanted)
    if path is not None and path.is_dir():
        raise Invalid(
            f"{name} is a folder of files.", hint=f"Ask for them one by one, or bring them all: lims get {dataset}"
        )
    if path is not None:
        return Content("application/octet-stream", name, path=path)
    with store.open(wanted) as stream:
        return Content("application/octet-stream", name, data=stream.read())


def file_of(desk: Desk, principal: Principal, dataset: str, key: str | None) -> tuple[Store, str]:
    """Where the dataset's main file is, or its companion `key`. Raises NotFound for what the asker may not see."""
    found = desk.catalog.view(principal).dataset(dataset)
    wanted = key or found.key
    if wanted not in (found.key, *found.companions):
        raise NotFound(f"{found.name} has no file {wanted!r}.", hint="Its files are listed by: lims show " + found.id)
    return desk.stores[found.store], wanted
