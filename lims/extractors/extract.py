"""One file, in this process: who reads it, what is in it, and the picture of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lims.errors import PluginFailed
from lims.extractors.drawing.blank import why_blank
from lims.extractors.drawing.picture import draw
from lims.extractors.fence.enclose import enclose
from lims.extractors.fence.hdf5 import ensure_self_contained
from lims.extractors.fence.refused import RefersElsewhere
from lims.extractors.outcome import Outcome, PreviewTarget, StepFailure
from lims.model import Extraction, Signal
from lims.plugins import Extractor, NotMine, extractors, head_of, run

SIGNALS_TRIED = 3
MISSING_NAMED = 3


def extract_file(
    path: Path, companions: Sequence[Path] = (), *, preview: PreviewTarget | Path | None = None
) -> Outcome:
    """Read one file, and draw it where `preview` says so. A bad file does not raise: the outcome says what failed.

    A damaged file can still crash or hang this process, which only a child of its own survives: pool.py and child.py.
    """
    target = PreviewTarget(preview) if isinstance(preview, Path) else preview
    pictures = [picture for picture in (target.large, target.thumb) if picture] if target else []
    try:
        path, companions = enclose(path, companions, pictures)
        reader, extraction = extract_whole(path, companions, ensure_self_contained(path, companions))
    except RefersElsewhere as error:
        return Outcome(None, (StepFailure("extract", str(error), ""),))
    except PluginFailed as error:
        return Outcome(None, (StepFailure("extract", error.reason, f"{error.plugin} {error.version}"),))
    except OSError as error:
        return Outcome(None, (StepFailure("extract", f"it cannot be opened: {error.strerror or error}", ""),))
    if target is None or not extraction.signals:
        return Outcome(extraction)
    try:
        return draw_best(reader, extraction, path, companions, target)
    except PluginFailed as error:
        return Outcome(extraction, (StepFailure("preview", error.reason, f"{error.plugin} {error.version}"),))


def extract_whole(path: Path, companions: Sequence[Path], missing: Sequence[str]) -> tuple[Extractor, Extraction]:
    """Extract, and say which files it lacks. Raises PluginFailed; of a file that lacks others, that is the reason."""
    if not missing:
        return extract(path, companions)
    words = f"a file that belongs to it is missing: {', '.join(missing[:MISSING_NAMED])}"
    words += f" and {len(missing) - MISSING_NAMED} more" if len(missing) > MISSING_NAMED else ""
    try:
        reader, extraction = extract(path, companions)
    except PluginFailed as error:
        raise PluginFailed(error.plugin, error.version, path.name, words) from error
    return reader, replace(extraction, warnings=(f"A{words[1:]}.", *extraction.warnings))


def extract(path: Path, companions: Sequence[Path]) -> tuple[Extractor, Extraction]:
    """Ask the extractors in turn; the first whose file it is reads it. Raises PluginFailed."""
    head = head_of(path)
    for reader in extractors():
        if run(reader, path, lambda reader=reader: reader.sniff(head, path.name)):  # type: ignore[misc]
            try:
                return reader, run(reader, path, lambda reader=reader: reader.extract(path, companions))  # type: ignore[misc]
            except NotMine:
                continue
    raise PluginFailed("extract", "1", path.name, "no extractor knows what it is")


def draw_best(
    reader: Extractor, extraction: Extraction, path: Path, companions: Sequence[Path], target: PreviewTarget
) -> Outcome:
    """Draw the first signal that shows something. Raises PluginFailed where none of those tried can be read."""
    blank, failure = "", None
    for number in signals_to_show(extraction.signals):
        try:
            frame = run(reader, path, lambda number=number: reader.preview(path, companions, number))  # type: ignore[misc]
            why = run(reader, path, lambda frame=frame: why_blank(frame))  # type: ignore[misc]
            if not why:
                size = run(reader, path, lambda frame=frame: draw(frame, target))  # type: ignore[misc]
                return Outcome(extraction, preview_size=size)
        except PluginFailed as error:
            failure = failure or error
            continue
        blank = blank or why
    if blank or failure is None:
        return Outcome(extraction, blank=blank)
    raise failure


def signals_to_show(signals: Sequence[Signal]) -> Iterator[int]:
    """Numbers of the signals worth drawing, best first: images, then what sums to an image, then lines."""
    ranked = sorted(range(len(signals)), key=lambda number: (-sightliness(signals[number]), number))
    return iter(ranked[:SIGNALS_TRIED])


def sightliness(signal: Signal) -> int:
    sides = sorted(signal.shape)[-2:]
    if len(sides) < 2 or min(sides) < 2:
        return 0 if sides and max(sides) > 1 else -1
    return 2 if len(signal.shape) == 2 and min(sides) >= 16 else 1
