"""What most extractors share: say how a file is opened, and the rest (words, axes, pictures) follows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lims.extractors.frames import frame_of
from lims.extractors.normalise.fields import normalise
from lims.extractors.raw import Raw
from lims.extractors.signals import calibrated, describe, scaled
from lims.extractors.tree import as_json, clean_text
from lims.model import Extraction
from lims.plugins import Extractor, Frame


@dataclass(frozen=True)
class Reading:
    """An opened file. signals: lazy where the library can; tree: the vendor's, of a file that has none per signal.

    warnings: what a person should know before trusting it.
    """

    format: str
    signals: Sequence[Raw] = ()
    tree: dict[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()


class ArrayExtractor:
    """An extractor that has only to sniff and to `read`. The reading is kept for the preview, which follows it."""

    name: str
    version: str
    formats: tuple[str, ...]
    modules: tuple[str, ...] = ()
    """What the fork server loads before the first file."""

    last: tuple[object, Reading] | None = None

    def sniff(self, head: bytes, name: str) -> bool:
        raise NotImplementedError

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        """Open a file; no more of it is read than its metadata. Raises NotMine, or whatever the library raises."""
        raise NotImplementedError

    def extract(self, path: Path, companions: Sequence[Path]) -> Extraction:
        return compose(self, path, self.opened(path, companions))

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        return frame_of(calibrated(self.opened(path, companions).signals[signal]))

    def opened(self, path: Path, companions: Sequence[Path]) -> Reading:
        status = path.stat()
        key = (path, tuple(companions), status.st_mtime_ns, status.st_size)
        if self.last is None or self.last[0] != key:
            self.last = key, self.read(path, companions)
        return self.last[1]


def compose(reader: Extractor, path: Path, reading: Reading) -> Extraction:
    """Say in our words what was read: signals with titles, the tree, the normalised vocabulary."""
    stem, several = clean_text(path.stem), len(reading.signals) > 1
    titles = [f"{stem} {number}" if several else stem for number in range(1, len(reading.signals) + 1)]
    described = tuple(describe(raw, title) for raw, title in zip(reading.signals, titles, strict=True))
    metadata = trees_of(reading)
    normalised = normalise(reading.format, reading.signals, described, metadata)
    return Extraction(
        format=reading.format,
        extractor=reader.name,
        extractor_version=reader.version,
        signals=tuple(scaled(signal, normalised) for signal in described),
        normalised=normalised,
        metadata=metadata,
        warnings=tuple(reading.warnings),
    )


def trees_of(reading: Reading) -> dict[str, Any]:
    """The vendor's tree. Signals whose tree differs from the first's add theirs under "signals", by number."""
    if not reading.signals:
        tree: dict[str, Any] = as_json(reading.tree)
        return tree
    known = {id(raw.original): raw.original for raw in reading.signals}  # many signals may share one large tree
    as_trees = {key: as_json({**reading.tree, **original}) for key, original in known.items()}
    trees: list[dict[str, Any]] = [as_trees[id(raw.original)] for raw in reading.signals]
    others = {str(number): tree for number, tree in enumerate(trees[1:], 2) if tree != trees[0]}
    return trees[0] | ({"signals": others} if others else {})


def with_notes(signals: Sequence[Raw], notes: dict[str, Any]) -> list[Raw]:
    """The signals with what stands beside their file added to their trees."""
    return [replace(raw, original={**raw.original, **notes}) for raw in signals] if notes else list(signals)
