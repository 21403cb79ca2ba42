"""zarr-1: the content of a folder of zarr 2 (.zspy, .zarr): groups, data and attributes, as of HDF5."""

import hashlib
import json
from pathlib import Path
from typing import Any

import zarr

from lims.errors import Invalid
from lims.provenance.content.digests import Digest, add, add_array
from lims.provenance.content.volatile import is_volatile, stable_names

UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError, zarr.errors.MetadataError)


def is_zarr_tree(path: Path) -> bool:
    """A folder that zarr 2 reads, or should: one of zarr 3 is left to its bytes, which its library can only keep."""
    return path.is_dir() and not (path / "zarr.json").exists()


def zarr_hash(path: Path) -> str:
    """Chunks, compression, fill value, order and consolidated metadata do not matter. Raises Invalid."""
    digest = hashlib.sha256()
    try:
        items = items_of(path)
        for label in sorted(items):
            add_item(digest, label, items[label])
    except UNREADABLE as error:
        raise Invalid(f"{path.name} cannot be read as zarr: {error}.") from error
    return f"zarr-1:{digest.hexdigest()}"


def items_of(path: Path) -> dict[str, Any]:
    """Every group and array by the name it is known by. Raises ValueError for what would run code when it is read."""
    root = zarr.open(str(path), mode="r")
    found = {"/": root}

    def visit(name: str, item: Any) -> None:  # anything but None would end the walk
        found[f"/{name}"] = item

    if isinstance(root, zarr.Group):
        root.visititems(visit)
    for name, item in found.items():
        check(name, item)
    names = stable_names([name for name in found if name != "/"])
    return {"/": root} | {label: found[name] for name, label in names.items()}


def check(name: str, item: Any) -> None:
    codecs = [*(item.filters or ()), item.compressor] if isinstance(item, zarr.Array) else []
    if any(getattr(codec, "codec_id", "") == "pickle" for codec in codecs):
        raise ValueError(f"{name} holds pickled objects, which would run as a program when they are read")


def add_item(digest: Digest, label: str, item: Any) -> None:
    add(digest, type(item).__name__, label)
    for name, value in sorted(item.attrs.asdict().items()):
        if not is_volatile(label, name):
            add(digest, "attribute", name, json.dumps(value, sort_keys=True))
    if isinstance(item, zarr.Array):
        add_array(digest, item)
