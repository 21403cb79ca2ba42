"""The extractor made of RosettaSciIO's readers."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from lims.extractors.arrays import ArrayExtractor, Reading, with_notes
from lims.extractors.frames import frame_of
from lims.extractors.normalise.reader import SAVED
from lims.extractors.pictures import extractor as pictures
from lims.extractors.raw import Raw
from lims.extractors.rosetta import mdoc, mrc
from lims.extractors.rosetta.complaints import listening
from lims.extractors.rosetta.completeness import ensure_complete
from lims.extractors.rosetta.dm_tags import retagged
from lims.extractors.rosetta.formats import INSIDE_HDF5, READERS, identify
from lims.extractors.rosetta.inside_hdf5 import format_inside
from lims.extractors.rosetta.jeol import read_analysis, tree_of_analysis
from lims.extractors.rosetta.reading import ONLY_SIGNALS, named_as_expected, read
from lims.extractors.rosetta.tiff_tags import opened, texts_of, without_data_bar
from lims.extractors.signals import calibrated
from lims.plugins import Frame, NotMine, head_of

LATE = (
    "dask.array",
    "tifffile",
    "lims.extractors.rosetta.elid",
    "lims.extractors.rosetta.impulse",
    "lims.extractors.rosetta.mib",
    "rsciio.emd._emd_ncem",
    "rsciio.utils._units",
    "rsciio.utils.hdf5",
    "_strptime",
    "encodings.cp1252",
)
"""What the readers import only while they read."""


RARE = {
    ".emd": ("lims.extractors.rosetta.velox",),
    ".pts": ("rsciio.jeol", "lims.extractors.rosetta.jeol_pts"),
    **dict.fromkeys((".asw", ".eds", ".img", ".map"), ("rsciio.jeol",)),
    ".tvips": ("rsciio.tvips",),
    ".nc": ("rsciio.netcdf",),
    ".zspy": ("rsciio.zspy", "lims.extractors.rosetta.zspy"),
}
"""By suffix: what brings numba, SciPy or zarr along."""
OFTEN = sorted({f"rsciio.{reader}" for reader in READERS.values()} - {one for names in RARE.values() for one in names})

BY_HYPERSPY = ("hspy", "zspy")
TEXTUAL = ("impulse", "protochips", "dens")
"""Logs that are still text where their own reader misses something, such as a second file."""


WITHOUT_SIGNALS = ("jeol-asw",)
"""Files that say something of their own, also where what they name did not come with them."""
INSIDE = frozenset(name for name, _ in INSIDE_HDF5)
"""What their own reader cannot make sense of is still an HDF5 file, of which everything can be shown."""


class Rosetta(ArrayExtractor):
    """Reads what RosettaSciIO reads, and says it in our words."""

    name = "rosetta"
    version = f"2+rosettasciio-{version('rosettasciio')}"
    formats = tuple(READERS)
    modules = (*OFTEN, *LATE)
    rare_modules = RARE

    def sniff(self, head: bytes, name: str) -> bool:
        return identify(head, name) != ""

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        format_name = self.format_of(path)
        for part in [path, *(companion for companion in companions if companion.suffix.lower() == ".ser")]:
            ensure_complete(part, format_name if part is path else "ser")
        named, beside = named_as_expected(path, companions, format_name)
        try:
            signals, complaints = read_whole(named, format_name, beside)
        except (KeyError, OSError, AssertionError, ValueError, IndexError) as error:
            if format_name in TEXTUAL or (format_name in INSIDE and not isinstance(error, PermissionError)):
                raise NotMine(path.name) from error
            raise
        if not signals and format_name in INSIDE:
            raise NotMine(path.name)
        if not signals and format_name not in WITHOUT_SIGNALS:
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
        tree = tree_of_analysis(path) if format_name == "jeol-asw" else {}
        return Reading(format_name, with_notes(signals, mdoc.beside(companions)), tree, complaints)

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        reading = self.opened(path, companions)
        raw = reading.signals[signal]
        try:
            with listening():  # what it says now it has said before
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


def read_logs(path: Path, companions: Sequence[Path]) -> tuple[list[Raw], list[str]]:
    """An Impulse log and the raw ones of the same experiment."""
    found = [read(one, "impulse") for one in (path, *companions) if one.suffix.lower() == ".csv"]
    said = dict.fromkeys(words for _, complaints in found for words in complaints)
    return [raw for signals, _ in found for raw in signals], list(said)


def read_whole(path: Path, format_name: str, companions: Sequence[Path]) -> tuple[list[Raw], list[str]]:
    if format_name == "jeol-asw":
        return read_analysis(companions)
    if format_name == "impulse":
        return read_logs(path, companions)
    options = mrc.options_of(path, companions) if format_name == "mrc" else ONLY_SIGNALS.get(format_name, {})
    return read(path, format_name, **options)
