"""The extractor made of RosettaSciIO's readers."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from lims.extractors.normalise.fields import normalise
from lims.extractors.pictures import extractor as pictures
from lims.extractors.raw import Raw
from lims.extractors.rosetta import mdoc
from lims.extractors.rosetta.completeness import ensure_complete
from lims.extractors.rosetta.formats import READERS, identify
from lims.extractors.rosetta.frames import frame_of
from lims.extractors.rosetta.inside_hdf5 import format_inside
from lims.extractors.rosetta.jeol import read_analysis
from lims.extractors.rosetta.reading import named_as_expected, read
from lims.extractors.rosetta.signals import calibrated, describe, scaled
from lims.extractors.rosetta.tiff_tags import opened, without_data_bar
from lims.extractors.tree import as_json, clean_text
from lims.model import Extraction
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


TEXTUAL = ("impulse", "protochips", "dens")
"""Logs that are still text where their own reader misses something, such as a second file."""


class Rosetta:
    """Reads what RosettaSciIO reads, and says it in our words."""

    name = "rosetta"
    version = f"1+rosettasciio-{version('rosettasciio')}"
    formats = tuple(READERS)
    modules = (*(f"rsciio.{reader}" for reader in sorted(set(READERS.values()))), *LATE)
    """What the fork server loads before the first file."""

    def __init__(self) -> None:
        self.last: tuple[object, tuple[list[Raw], list[str]]] | None = None

    def sniff(self, head: bytes, name: str) -> bool:
        return identify(head, name) != ""

    def extract(self, path: Path, companions: Sequence[Path]) -> Extraction:
        format_name = self.format_of(path)
        for part in [path, *(companion for companion in companions if companion.suffix.lower() == ".ser")]:
            ensure_complete(part, format_name if part is path else "ser")
        with named_as_expected(path, format_name) as named:
            try:
                signals, complaints = self.read(named, format_name, companions)
            except (KeyError, OSError, AssertionError, ValueError, IndexError) as error:
                if format_name in TEXTUAL:
                    raise NotMine(path.name) from error
                raise
        if not signals:
            raise ValueError(
                "there is no signal in it that can be read" + "".join(f": {words}" for words in complaints)
            )
        if format_name == "tiff":
            signals = [replace(raw, original=opened(raw.original, companions)) for raw in signals]
        notes = mdoc.beside(companions)
        if notes:
            signals = [replace(raw, original={**raw.original, **notes}) for raw in signals]
        stem = clean_text(path.stem)
        titles = [stem] if len(signals) == 1 else [f"{stem} {number + 1}" for number in range(len(signals))]
        described = tuple(describe(raw, title) for raw, title in zip(signals, titles, strict=True))
        metadata = trees_of(signals)
        normalised = normalise(format_name, signals, described, metadata)
        return Extraction(
            format=format_name,
            extractor=self.name,
            extractor_version=self.version,
            signals=tuple(scaled(signal, normalised) for signal in described),
            normalised=normalised,
            metadata=metadata,
            warnings=tuple(complaints),
        )

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        format_name = self.format_of(path)
        with named_as_expected(path, format_name) as named:
            raw = self.read(named, format_name, companions)[0][signal]
            try:
                return without_data_bar(frame_of(calibrated(raw)), raw.original)
            except ValueError as error:
                if format_name != "tiff" or "imagecodecs" not in str(error):
                    raise
                return pictures.preview(path, companions, signal)  # Pillow knows LZW and JPEG inside TIFF

    def read(self, path: Path, format_name: str, companions: Sequence[Path]) -> tuple[list[Raw], list[str]]:
        """Read a file, or remember it: its preview follows its metadata, and both need the same lazy arrays."""
        status = path.stat()
        key = (path, tuple(companions), status.st_mtime_ns, status.st_size)
        if self.last is None or self.last[0] != key:
            self.last = key, read_whole(path, format_name, companions)
        return self.last[1]

    def format_of(self, path: Path) -> str:
        """Raises NotMine for an HDF5 file of no known writer."""
        found = identify(head_of(path), path.name)
        found = format_inside(path) if found == "hdf5" else found
        if not found:
            raise NotMine(path.name)
        return found


def read_whole(path: Path, format_name: str, companions: Sequence[Path]) -> tuple[list[Raw], list[str]]:
    return read_analysis(path, companions) if format_name == "jeol-asw" else read(path, format_name)


def trees_of(signals: Sequence[Raw]) -> dict[str, object]:
    """The vendor's tree. Signals whose tree differs from the first's add theirs under "signals", by number."""
    trees: list[dict[str, object]] = [as_json(raw.original) for raw in signals]
    if not trees:
        return {}
    others = {str(number): tree for number, tree in enumerate(trees[1:], 2) if tree != trees[0]}
    return trees[0] | ({"signals": others} if others else {})
