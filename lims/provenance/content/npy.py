"""npy-1: dtype, shape and values of a .npy file; the order in memory and the version of the header do not matter."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.provenance.content.digests import add_array
from lims.provenance.content.whole import byte_hash

UNREADABLE = (OSError, ValueError, EOFError, SyntaxError)


def npy_hash(path: Path) -> str:
    """Of pickled objects the bytes: reading them would run them. Raises Invalid for a file that cannot be read."""
    digest = hashlib.sha256()
    try:
        if header(path)[2].hasobject:
            return f"bytes:{byte_hash(path)}"
        add_array(digest, mapped(path))
    except UNREADABLE as error:
        raise Invalid(f"{path.name} cannot be read as npy: {error}.") from error
    return f"npy-1:{digest.hexdigest()}"


def mapped(path: Path) -> Any:
    """The array, of which only what is looked at is read."""
    shape, _, dtype = header(path)
    return np.load(path, mmap_mode="r" if np.prod(shape) and dtype.itemsize else None, allow_pickle=False)


def header(path: Path) -> tuple[tuple[int, ...], bool, "np.dtype[Any]"]:
    """(shape, is in Fortran's order, dtype)."""
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(file)
    return shape, is_fortran, dtype
