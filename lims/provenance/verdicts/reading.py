"""Which reader opens which file."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from lims.provenance.verdicts.contents import UNREADABLE, Contents, Unreadable
from lims.provenance.verdicts.numbers import npy, npz, picture, tif
from lims.provenance.verdicts.trees import hdf5, zarr_tree
from lims.provenance.verdicts.words import json_document, notebook, table, text

Reader = Callable[[Path, ExitStack], Contents]
READERS: dict[str, Reader] = {
    **dict.fromkeys((".hspy", ".h5", ".hdf5", ".nxs", ".emd", ".h5oina"), hdf5),
    **dict.fromkeys((".zspy", ".zarr"), zarr_tree),
    **dict.fromkeys((".tif", ".tiff"), tif),
    **dict.fromkeys((".png", ".jpg", ".jpeg"), picture),
    **dict.fromkeys((".csv", ".tsv"), table),
    **dict.fromkeys((".txt", ".md", ".log", ".xml", ".yaml", ".yml", ".toml", ".py", ".svg", ".html"), text),
    ".npy": npy,
    ".npz": npz,
    ".json": json_document,
    ".ipynb": notebook,
}


def is_known(suffix: str) -> bool:
    return suffix.lower() in READERS


def opened(path: Path, suffix: str, stack: ExitStack) -> Contents:
    """The file as one of that suffix; open as long as `stack` is. Raises Unreadable."""
    try:
        return READERS[suffix.lower()](path, stack).of(path)
    except UNREADABLE as error:
        raise Unreadable(path, error) from error
