"""The extractor made of RosettaSciIO's readers."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from lims.extractors.arrays import ArrayExtractor, Reading, with_notes
from lims.extractors.frames import frame_of
from lims.extractors.normalise.reader import SAVED
from lims.extractors.pictures import extractor as pictures
from lims.extractors.raw import Raw
from lims.extractors.rosetta import mdoc
from lims.extractors.rosetta.completeness import ensure_complete
from lims.extractors.rosetta.dm_tags import retagged
from lims.extractors.rosetta.formats import READERS, identify
from lims.extractors.rosetta.inside_hdf5 import format_inside
from lims.extractors.rosetta.jeol import read_analysis
from lims.extractors.rosetta.reading import named_as_expected, read
from lims.extractors.rosetta.tiff_tags import opened, texts_of, without_data_bar
from lims.extractors.signals import calibrated
from lims.plugins import Frame, NotMine, head_of

LATE = (
    "dask.array",
    "tifffile",
    "rsciio.emd._emd_velox",
    "rsciio.emd._emd_ncem",
    "rsciio.utils._units",
    "rsciio.utils.hdf5",
    "_strptime",
    "encodings.cp1252",
)
"""What the readers import only while they read."""


BY_HYPERSPY = ("hspy", "zspy")
TEXTUAL = ("impulse", "protochips", "dens")
"""Logs that are still text where their own reader misses something, such as a second file."""


class Rosetta(ArrayExtractor):
    """Reads what RosettaSciIO reads, and says it in our words."""

    name = "rosetta"
    version = f"1+rosettasciio-{version('rosettasciio')}"
    formats = tuple(READERS)
    modules = (*(f"rsciio.{reader}" for reader in sorted(set(READERS.values()))), *LATE)

    def sniff(self, head: bytes, name: str) -> bool:
        return identify(head, name) != ""

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        format_name = self.format_of(path)
        for part in [path, *(companion for companion in companions if companion.suffix.lower() == ".ser")]:
            ensure_complete(part, format_name if part is path else "ser")
        self.aliases = TemporaryDirectory(prefix="lims-")  # for as long as the signals may be read
        named = named_as_expected(path, format_name, Path(self.aliases.name))
        try:
            signals, complaints = read_whole(named, format_name, companions)
        except (KeyError, OSError, AssertionError, ValueError, IndexError) as error:
            if format_name in TEXTUAL:
                raise NotMine(path.name) from error
            raise
        if not signals:
            raise ValueError(
                "there is no signal in it that can be read" + "".join(f": {words}" for words in complaints)
            )
        if format_name == "tiff":
            texts = texts_of(path)
            signals = [replace(raw, original=opened(raw.original, companions, texts)) for raw in signals]
        if format_name in ("dm3", "dm4"):
            signals = retagged(path, signals)
        if format_name in BY_HYPERSPY:
            signals = [replace(raw, original={**raw.original, SAVED: raw.metadata}) for raw in signals]
        return Reading(format_name, with_notes(signals, mdoc.beside(companions)), warnings=complaints)

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        reading = self.opened(path, companions)
        raw = reading.signals[signal]
        try:
            return without_data_bar(frame_of(calibrated(raw)), raw.original)
        except ValueError as error:
            if reading.format != "tiff" or "imagecodecs" not in str(error):
                raise
            return pictures.preview(path, companions, signal)  # Pillow knows LZW and JPEG inside TIFF

    def format_of(self, path: Path) -> str:
        """Raises NotMine for an HDF5 file of no known writer."""
        found = identify(head_of(path), path.name)
        found = format_inside(path) if found == "hdf5" else found
        if not found:
            raise NotMine(path.name)
        return found


def read_whole(path: Path, format_name: str, companions: Sequence[Path]) -> tuple[list[Raw], list[str]]:
    return read_analysis(path, companions) if format_name == "jeol-asw" else read(path, format_name)
