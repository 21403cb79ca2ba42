"""HDF5 and zarr as arrays and metadata."""

import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import zarr

from lims.provenance.content.digests import letters
from lims.provenance.content.hdf5 import paths
from lims.provenance.content.volatile import is_volatile, stable_names
from lims.provenance.content.zarr_trees import items_of
from lims.provenance.verdicts.contents import Contents

METADATA = re.compile(
    r"^/Experiments/#\d+/(metadata|original_metadata|attributes)/|^/[^/]+/auxiliary/(hyperspy|original)_metadata/"
)
"""Where HyperSpy keeps, in .hspy, .zspy and .nxs, words and numbers as datasets of their own."""
MOST_WORDS = 4096
"""Elements up to which a dataset there is metadata: a larger one is compared as data."""
CACHE_BYTES = 64 << 20
"""Of chunks, since the two files may be cut differently."""


def hdf5(path: Path, stack: ExitStack) -> Contents:
    file = stack.enter_context(h5py.File(path, "r", locking=False, rdcc_nbytes=CACHE_BYTES))
    arrays: dict[str, Any] = {}
    metadata = attributes("/", dict(file.attrs.items()))
    for name, label in stable_names(paths(file)).items():
        link = file.get(name, getlink=True)
        if isinstance(link, h5py.SoftLink | h5py.ExternalLink):
            metadata[shown(label)] = f"a link to {getattr(link, 'filename', '')} {link.path}"
            continue
        metadata |= attributes(label, dict(file[name].attrs.items()))
        add_item(label, file[name], arrays, metadata)
    return Contents(arrays, metadata)


def zarr_tree(path: Path, stack: ExitStack) -> Contents:
    arrays: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    for label, item in items_of(path).items():
        metadata |= attributes(label, item.attrs.asdict())
        add_item(label, item, arrays, metadata)
    return Contents(arrays, metadata)


def add_item(label: str, item: Any, arrays: dict[str, Any], metadata: dict[str, str]) -> None:
    if not isinstance(item, h5py.Dataset | zarr.Array):
        metadata[shown(label)] = "a group"
    elif item.shape is None:
        metadata[shown(label)] = "empty"
    elif METADATA.match(label) and item.size <= MOST_WORDS:
        metadata[shown(label)] = worded(item[()])
    else:
        arrays[shown(label)] = item


def attributes(label: str, found: dict[str, Any]) -> dict[str, str]:
    kept = {name: value for name, value in found.items() if not is_volatile(label, name)}
    return {f"{shown(label).rstrip('/')}/{name}".lstrip("/"): worded(value) for name, value in kept.items()}


def shown(label: str) -> str:
    """HyperSpy's files mostly hold one experiment, of which everything is."""
    return re.sub(r"^/Experiments/#0/", "", label)


def worded(value: Any) -> str:
    if isinstance(value, h5py.Empty):
        return "empty"
    if isinstance(value, str | bytes):
        return letters(value)
    if isinstance(value, np.ndarray | np.generic):
        return words_of_array(np.asarray(value))
    return json.dumps(value, sort_keys=True, default=str)


def words_of_array(value: Any) -> str:
    if value.dtype.kind in "OSU":
        cells = [worded(one) if isinstance(one, np.ndarray) else letters(one) for one in value.flat]
        return cells[0] if value.ndim == 0 else repr(cells)
    return str(value.tolist())
