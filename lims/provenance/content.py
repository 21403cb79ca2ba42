"""What a file is: its bytes' SHA-256, and a hash of its content that saving it twice does not change."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np

from lims.errors import Invalid

BLOCK_BYTES = 1 << 20
SLAB_BYTES = 16 << 20
HDF5_SUFFIXES = {".hspy", ".h5", ".hdf5", ".nxs", ".emd"}
HSPY_VOLATILE = re.compile(r"^/Experiments/[^/]+/metadata/General/FileIO(/|$)")
"""HyperSpy writes here, with a timestamp, each time a signal is loaded or saved."""


class Digest(Protocol):
    def update(self, data: Any, /) -> None: ...


def byte_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def content_hash(path: Path) -> str:
    """A hash of what the file holds, as `method:hexadecimal`; only hashes of one method can be compared.

    HDF5 (.hspy .h5 .nxs .emd): groups, data and attributes, whatever the chunking, compression and order; in .hspy
    files without HyperSpy's record of loads and saves. Notebooks: the cells' source. Others: the bytes.
    Raises Invalid for an HDF5 or notebook file that cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix in HDF5_SUFFIXES:
        return f"hdf5-1:{hdf5_hash(path)}"
    if suffix == ".ipynb":
        return f"ipynb-1:{notebook_hash(path)}"
    return f"bytes:{byte_hash(path)}"


def notebook_hash(path: Path) -> str:
    """SHA-256 over the cells' kind and source: outputs, counts and metadata do not matter."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        sources = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(
            f"{path.name} is not a notebook.", hint="Open and save it in JupyterLab, then try again."
        ) from error
    return hashlib.sha256(json.dumps(sources, ensure_ascii=False).encode()).hexdigest()


def hdf5_hash(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with h5py.File(path, "r", locking=False) as file:
            names = stable_names(file)
            add_attributes(digest, "/", file)
            for name in sorted(names):
                add_item(digest, names[name], file, name)
    except OSError as error:
        raise Invalid(f"{path.name} cannot be read as HDF5: {error}.") from error
    return digest.hexdigest()


def stable_names(file: h5py.File) -> dict[str, str]:
    """Every path in the file -> the name it is hashed under, without what changes at each save."""
    found: list[str] = []
    file.visit_links(lambda name: found.append(f"/{name}"))
    kept = [name for name in found if not HSPY_VOLATILE.match(name)]
    experiments = sorted(name for name in kept if re.fullmatch(r"/Experiments/[^/]+", name))
    numbers = {name: f"/Experiments/#{number}" for number, name in enumerate(experiments)}
    return {name: renamed(name, numbers) for name in kept}


def renamed(name: str, numbers: dict[str, str]) -> str:
    """HyperSpy makes the name of an experiment's group from its title, differently in different versions."""
    group = "/".join(name.split("/")[:3])
    return numbers[group] + name[len(group) :] if group in numbers else name


def add_item(digest: Digest, label: str, file: h5py.File, name: str) -> None:
    link = file.get(name, getlink=True)
    if isinstance(link, h5py.SoftLink | h5py.ExternalLink):
        add(digest, "link", label, getattr(link, "filename", ""), link.path)
        return
    item = file[name]
    add(digest, type(item).__name__, label)
    add_attributes(digest, label, item)
    if isinstance(item, h5py.Dataset):
        add_array(digest, item)


def add_attributes(digest: Digest, label: str, item: Any) -> None:
    for name in sorted(item.attrs):
        if name == "package_version" and label.startswith("/Experiments/"):
            continue
        value = item.attrs[name]
        if isinstance(value, h5py.Empty):
            add(digest, "attribute", label, name, "empty", value.dtype.str)
        else:
            add(digest, "attribute", label, name, *describe(np.asarray(value)))


def add_array(digest: Digest, item: h5py.Dataset) -> None:
    if item.shape is None:
        add(digest, "empty", item.dtype.str)
        return
    add(digest, "array", item.dtype.str if item.dtype.kind != "O" else "object", repr(item.shape))
    for slab in slabs(item):
        if slab.dtype.hasobject:
            add(digest, *describe(slab))
        else:
            digest.update(np.ascontiguousarray(slab).data if slab.dtype.kind not in "Mm" else slab.tobytes())


def slabs(item: h5py.Dataset) -> Iterator[Any]:
    """The array in C order in pieces of at most about 16 MB; nothing for an array without elements."""
    if item.size == 0:
        return
    if item.ndim == 0:
        yield np.asarray(item[()])
        return
    axis = 0
    while axis < item.ndim - 1 and bytes_of(item, axis + 1) > SLAB_BYTES:
        axis += 1
    rows = max(1, SLAB_BYTES // bytes_of(item, axis + 1))
    for index in np.ndindex(item.shape[:axis]):
        for start in range(0, item.shape[axis], rows):
            yield item[(*index, slice(start, start + rows))]


def bytes_of(item: h5py.Dataset, axis: int) -> int:
    """Of one element of the array when the axes before `axis` are fixed."""
    return int(item.dtype.itemsize * np.prod(item.shape[axis:], dtype=np.int64))


def describe(value: Any) -> tuple[str, ...]:
    """dtype, shape and contents of a small array as text; words by their letters, however they are stored."""
    if value.dtype.kind in "OSU":
        letters = [one.decode("utf-8", "surrogateescape") if isinstance(one, bytes) else str(one) for one in value.flat]
        return ("text", repr(value.shape), *letters)
    return (value.dtype.str, repr(value.shape), value.tobytes().hex())


def add(digest: Digest, *parts: str) -> None:
    """Each part with its length, so that no two lists of parts are the same bytes."""
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
