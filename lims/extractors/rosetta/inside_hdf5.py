"""Which of the many formats inside HDF5 a file is, by the groups and attributes that its writer always makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  (with it, HDF5 knows blosc, bitshuffle, lz4, zstd … whoever reads)


def format_inside(path: Path) -> str:
    """The format's name, "" for an HDF5 file of no known writer. Raises OSError for a damaged file."""
    with h5py.File(path, "r") as file:
        return writer_of(file)


def writer_of(file: h5py.File) -> str:
    return next((name for name, is_it in WRITERS if is_it(file)), "")


def is_velox(file: h5py.File) -> bool:
    return "Version" in file and "Data" in file and any(key in file for key in ("Operations", "Displays", "Features"))


def is_ncem(file: h5py.File) -> bool:
    if "version_major" in file.attrs or "version_minor" in file.attrs:
        return True
    return any("emd_group_type" in group.attrs for group in groups(file, depth=4))


def is_hyperspy(file: h5py.File) -> bool:
    return "Experiments" in file or str(file.attrs.get("file_format", "")) == "HyperSpy"


def is_topspin(file: h5py.File) -> bool:
    return any("Metadata" in group for group in groups(file, depth=1)) and path_ends(file, ".app5")


def is_delmic(file: h5py.File) -> bool:
    return "Preview" in file and any(key.startswith("Acquisition") for key in file)


def is_usid(file: h5py.File) -> bool:
    return any(key.startswith("Measurement_") for key in file)


def is_hyperspys_nexus(file: h5py.File) -> bool:
    """Other NeXus files are read in hdf5/, with all of their tree."""
    return text(file.attrs.get("file_writer")).startswith("hyperspy_nexus")


WRITERS = (
    ("emd-velox", is_velox),
    ("hspy", is_hyperspy),
    ("topspin", is_topspin),
    ("delmic", is_delmic),
    ("usid", is_usid),
    ("emd-ncem", is_ncem),
    ("nexus-hyperspy", is_hyperspys_nexus),
)


def groups(group: h5py.Group, depth: int) -> Iterator[h5py.Group]:
    """The group and those below it, to a depth, each once; a link to nowhere is passed over."""
    seen, layer = set[Any](), [group]
    for _ in range(depth + 1):
        fresh = {key: one for one in layer if (key := identity(one)) not in seen}
        seen |= fresh.keys()
        yield from fresh.values()
        layer = [below for one in fresh.values() for name in one if isinstance(below := one.get(name), h5py.Group)]


def identity(thing: h5py.Group | h5py.Dataset) -> Any:
    """The same for all links that lead to the same thing."""
    info = h5py.h5o.get_info(thing.id)
    return info.fileno, info.addr


def path_ends(file: h5py.File, ending: str) -> bool:
    return str(file.filename).lower().endswith(ending)


def text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
