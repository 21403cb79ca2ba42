"""The content of an HDF5 file.

hdf5-1: groups, data and attributes in the order of their names, of .hspy without HyperSpy's record of loads and saves.
hdf5-2: the same for a file that holds what hdf5-1 took wrongly: that record in .nxs (it was hashed), tables (their
columns' names were not hashed, the gaps between them were) and ragged arrays (they were hashed as numpy prints them).
Which it is depends on the content alone, so that two files of one content have one hash.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lims.errors import Invalid
from lims.provenance.content.digests import add, add_array, add_bytes, describe
from lims.provenance.content.slabs import slabs
from lims.provenance.content.volatile import HYPERSPY_NEXUS, is_volatile, stable_names

UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError)
"""What h5py raises for a file, or a part of it, that it cannot read."""


@dataclass
class Hashing:
    """One file's hash while it grows. number: of the definition, 2 once something is met that 1 took wrongly."""

    digest: Any = field(default_factory=hashlib.sha256)
    number: int = 1


def hdf5_hash(path: Path) -> str:
    """`hdf5-1:` or `hdf5-2:` and the hash. Raises Invalid for a file that cannot be read."""
    hashing = Hashing()
    try:
        with h5py.File(path, "r", locking=False) as file:
            add_file(hashing, file)
    except UNREADABLE as error:
        raise Invalid(f"{path.name} cannot be read as HDF5: {error}.") from error
    return f"hdf5-{hashing.number}:{hashing.digest.hexdigest()}"


def add_file(hashing: Hashing, file: h5py.File) -> None:
    found = paths(file)
    if any(HYPERSPY_NEXUS.match(name) for name in found):
        hashing.number = 2
    names = stable_names(found)
    add_attributes(hashing, "/", file)
    for name in sorted(names):
        add_item(hashing, names[name], file, name)


def paths(file: h5py.File) -> list[str]:
    found: list[str] = []
    file.visit_links(lambda name: found.append(f"/{name}"))
    return found


def add_item(hashing: Hashing, label: str, file: h5py.File, name: str) -> None:
    link = file.get(name, getlink=True)
    if isinstance(link, h5py.SoftLink | h5py.ExternalLink):
        add(hashing.digest, "link", label, getattr(link, "filename", ""), link.path)
        return
    item = file[name]
    add(hashing.digest, type(item).__name__, label)
    add_attributes(hashing, label, item)
    if isinstance(item, h5py.Dataset):
        add_dataset(hashing, item)


def add_attributes(hashing: Hashing, label: str, item: Any) -> None:
    for name in sorted(item.attrs):
        if is_volatile(label, name):
            continue
        value = item.attrs[name]
        if isinstance(value, h5py.Empty):
            add(hashing.digest, "attribute", label, name, "empty", value.dtype.str)
            continue
        add(hashing.digest, "attribute", label, name)
        add_value(hashing, np.asarray(value))


def add_value(hashing: Hashing, value: Any) -> None:
    is_ragged = value.dtype.kind == "O" and any(isinstance(one, np.ndarray) for one in value.flat)
    if value.dtype.names or is_ragged:
        hashing.number = 2
        add_array(hashing.digest, value)
    else:
        add(hashing.digest, *describe(value))


def add_dataset(hashing: Hashing, item: h5py.Dataset) -> None:
    if item.shape is None:
        add(hashing.digest, "empty", item.dtype.str)
    elif item.dtype.names or h5py.check_vlen_dtype(item.dtype) not in (None, str, bytes):
        hashing.number = 2
        add_array(hashing.digest, item)
    elif item.dtype.kind == "O":
        add_objects(hashing, item)
    else:
        add(hashing.digest, "array", item.dtype.str, repr(item.shape))
        add_bytes(hashing.digest, slabs(item))


def add_objects(hashing: Hashing, item: h5py.Dataset) -> None:
    """Words, as hdf5-1 has them: each slab with its shape, so where slabs are cut is part of it; one word as bytes."""
    add(hashing.digest, "array", "object", repr(item.shape))
    for slab in slabs(item, aligned=False):
        if slab.dtype.hasobject:
            add(hashing.digest, *describe(slab))
        else:
            hashing.digest.update(slab.tobytes())
