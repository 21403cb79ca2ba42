"""By which method a file's content is hashed."""

from collections.abc import Callable
from pathlib import Path

from lims.provenance.content.cells import csv_hash
from lims.provenance.content.hdf5 import hdf5_hash
from lims.provenance.content.notebooks import notebook_hash
from lims.provenance.content.npy import npy_hash
from lims.provenance.content.pictures import png_hash
from lims.provenance.content.tiff import tiff_hash
from lims.provenance.content.whole import byte_hash
from lims.provenance.content.zarr_trees import is_zarr_tree, zarr_hash

FILES: dict[str, Callable[[Path], str]] = {
    **dict.fromkeys((".hspy", ".h5", ".hdf5", ".nxs", ".emd"), hdf5_hash),
    **dict.fromkeys((".tif", ".tiff"), tiff_hash),
    **dict.fromkeys((".csv", ".tsv", ".txt"), csv_hash),
    ".npy": npy_hash,
    ".png": png_hash,
    ".ipynb": lambda path: f"ipynb-1:{notebook_hash(path)}",
}
FOLDERS = frozenset({".zspy", ".zarr"})


def content_hash(path: Path) -> str:
    """A hash of what the file or folder holds, as `method:hexadecimal`; only hashes of one method can be compared.

    What does not matter to a method, its module says: chunks, compression, the order of things, and what a program
    writes anew at each save. Others than the suffixes in this module: `bytes` and the byte hash.
    Raises Invalid, naming the file, where it is not what its suffix says; OSError where it is not there.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        is_known = suffix in FOLDERS and is_zarr_tree(path)
        return zarr_hash(path) if is_known else f"bytes:{byte_hash(path)}"
    with path.open("rb"):
        pass  # one that is not there is another matter than one that is damaged
    return FILES[suffix](path) if suffix in FILES else f"bytes:{byte_hash(path)}"
