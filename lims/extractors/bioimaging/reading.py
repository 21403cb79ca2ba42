"""The extractor over the files of light microscopes."""

import importlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from lims.extractors.arrays import ArrayExtractor, Reading
from lims.extractors.bioimaging.formats import NAMES, identify
from lims.extractors.frames import frame_of, strided
from lims.extractors.planes import Mosaic
from lims.extractors.raw import Raw
from lims.extractors.signals import calibrated
from lims.extractors.spectral import is_spectral
from lims.plugins import Frame, NotMine, head_of

MODULES = {"czi": "czi", "lif": "lif", "nd2": "nd2", "oib": "oif", "oif": "oif"}
LIBRARIES = ("pylibCZIrw", "liffile", "nd2", "oiffile")


class Bioimaging(ArrayExtractor):
    """Reads CZI, LIF, ND2, OIB and OIF, each with its vendor's or a well-known library."""

    name = "bioimaging"
    version = "+".join(["1", *(f"{library}-{version(library)}" for library in LIBRARIES)])
    formats = NAMES
    modules = (*(f"lims.extractors.bioimaging.{name}" for name in sorted(set(MODULES.values()))), "dask.array")

    def sniff(self, head: bytes, name: str) -> bool:
        return identify(head, name) != ""

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        found = identify(head_of(path), path.name)
        if not found:
            raise NotMine(path.name)
        # The libraries together cost half a second, so only the one that is needed.
        module = importlib.import_module(f"lims.extractors.bioimaging.{MODULES[found]}")
        reading: Reading = module.read(path, companions)
        return reading

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        raw = self.opened(path, companions).signals[signal]
        return raw.look() if isinstance(raw, Mosaic) and raw.look else one_plane(raw)


def one_plane(raw: Raw) -> Frame:
    """The plane in the middle of time and depth: a mean of planes shows none of them. Spectra are summed as ever."""
    found = calibrated(raw)
    walked = [axis for axis in found.axes if axis.is_navigation]
    shown = tuple(axis for axis in found.axes if not axis.is_navigation)
    in_order = found.axes == (*walked, *shown)
    if found.is_colour or len(shown) != 2 or not walked or not in_order or any(map(is_spectral, found.axes)):
        return frame_of(found)
    middle = tuple(axis.size // 2 for axis in walked)
    places = zip(walked, middle, strict=True)
    reduced = ", ".join(f"{axis.name} {n} of {axis.size}" for axis, n in places)
    return Frame(strided(found.data[middle], shown), shown, reduced)
