"""The extractor: the tree of any HDF5 file, and signals as its writer means them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py

from lims.extractors.arrays import ArrayExtractor, Reading
from lims.extractors.hdf5.generic import generic_signals
from lims.extractors.hdf5.nexus import is_nexus, nexus_signals
from lims.extractors.hdf5.walk import Walk
from lims.extractors.raw import Raw
from lims.extractors.rosetta.inside_hdf5 import writer_of
from lims.extractors.tree import as_json

SIGNATURE = b"\x89HDF\r\n\x1a\n"
BEGINNINGS = (0, 512, 1024, 2048)
"""Where it may stand: behind nothing, or behind a block that is the user's own."""

Signals = Callable[[h5py.File, Sequence[str]], tuple[list[Raw], list[str]]]
KINDS: tuple[tuple[str, Callable[[h5py.File], bool], Signals], ...] = (
    ("nexus", is_nexus, nexus_signals),
    ("netcdf4", lambda file: "_NCProperties" in file.attrs, generic_signals),
    ("hdf5", lambda file: True, generic_signals),
)
"""(format, whether a file is one, its signals and what to say of them), asked in this order."""


class Hdf5(ArrayExtractor):
    """Reads any HDF5 file."""

    name = "hdf5"
    version = f"1+h5py-{h5py.version.version}"
    formats = tuple(name for name, _, _ in KINDS)
    modules = ("h5py", "hdf5plugin", "dask.array")

    def sniff(self, head: bytes, name: str) -> bool:
        return any(head.startswith(SIGNATURE, start) for start in BEGINNINGS)

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        """The file stays open for as long as its signals are kept."""
        file = h5py.File(path, "r")
        kind, signals_of = next((name, signals) for name, is_it, signals in KINDS if is_it(file))
        walk = Walk(file)
        tree: dict[str, Any] = as_json(walk.tree())
        signals, said = signals_of(file, walk.datasets)
        writer = writer_of(file)
        if writer:
            said = [f"It looks like {writer}, but is not what a reader of that expects; it is shown as it is.", *said]
        return Reading(kind, [replace(raw, original=tree) for raw in signals], tree, [*said, *walk.warnings])
