"""The extractor: the tree of any HDF5 file, and signals as its writer means them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py

from lims.extractors.arrays import ArrayExtractor, Reading
from lims.extractors.hdf5.arina import arina_signals, is_arina, is_dectris, scan_described
from lims.extractors.hdf5.ebsd import KEYS, ebsd_signals, kind_of
from lims.extractors.hdf5.emsoft import emsoft_signals, is_emsoft
from lims.extractors.hdf5.generic import whatever_signals
from lims.extractors.hdf5.nexus import is_nexus, nexus_signals
from lims.extractors.hdf5.tofwerk import is_tofwerk, tofwerk_signals
from lims.extractors.hdf5.walk import Array, Walk
from lims.extractors.hdf5.zivid import is_zivid, zivid_signals
from lims.extractors.raw import Raw
from lims.extractors.rosetta.inside_hdf5 import writer_of
from lims.extractors.tree import as_json

SIGNATURE = b"\x89HDF\r\n\x1a\n"
BEGINNINGS = (0, 512, 1024, 2048)
"""Where it may stand: behind nothing, or behind a block that is the user's own."""

Signals = Callable[[h5py.File, Sequence[Array]], tuple[list[Raw], list[str]]]
SIGNALS: dict[str, Signals] = {
    "tofwerk": tofwerk_signals,
    "arina": arina_signals,
    "dectris": arina_signals,
    **dict.fromkeys(KEYS, ebsd_signals),
    "emsoft": emsoft_signals,
    "zdf": zivid_signals,
    "cxi": whatever_signals,
    "nexus": nexus_signals,
    "netcdf4": whatever_signals,
    "hdf5": whatever_signals,
}
KINDS: tuple[tuple[str, Callable[[h5py.File], bool]], ...] = (
    ("tofwerk", is_tofwerk),
    ("arina", is_arina),
    ("dectris", is_dectris),
    ("emsoft", is_emsoft),
    ("zdf", is_zivid),
    ("cxi", lambda file: "cxi_version" in file),
    ("nexus", is_nexus),
    ("netcdf4", lambda file: "_NCProperties" in file.attrs),
)
"""(format, whether a file is one), asked in this order, behind the makers of EBSD files."""


class Hdf5(ArrayExtractor):
    """Reads any HDF5 file."""

    name = "hdf5"
    version = f"1+h5py-{h5py.version.version}"
    formats = tuple(SIGNALS)
    modules = ("h5py", "hdf5plugin", "dask.array")

    def sniff(self, head: bytes, name: str) -> bool:
        return any(head.startswith(SIGNATURE, start) for start in BEGINNINGS)

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        """The file stays open for as long as its signals are kept."""
        file = h5py.File(path, "r")
        kind = kind_of(file) or next((name for name, is_it in KINDS if is_it(file)), "hdf5")
        walk = Walk(file)
        tree: dict[str, Any] = walk.tree()
        if kind in ("arina", "dectris"):
            beside, scan = described_beside(companions)
            tree |= beside
            signals, said = arina_signals(file, walk.arrays, scan)
        else:
            signals, said = SIGNALS[kind](file, walk.arrays)
        writer = writer_of(file)
        if writer:
            said = [f"It looks like {writer}, but is not what a reader of that expects; it is shown as it is.", *said]
        tree = as_json(tree)
        return Reading(kind, [replace(raw, original=tree) for raw in signals], tree, [*said, *walk.warnings])


def described_beside(companions: Sequence[Path]) -> tuple[dict[str, Any], dict[str, Any]]:
    """({its name: the tree of the file that describes a master's scan}, the numbers in it)."""
    for companion in companions:
        if companion.suffix.lower() == ".h5" and h5py.is_hdf5(companion):
            with h5py.File(companion, "r") as file:
                scan = scan_described(file)
                if scan:
                    return {companion.name: Walk(file).tree()}, scan
    return {}, {}
