"""One file, in this process: who reads it, what is in it, and the picture of it."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lims.errors import PluginFailed
from lims.extractors.drawing.blank import why_blank
from lims.extractors.drawing.picture import draw
from lims.extractors.fence.enclose import enclose
from lims.extractors.fence.hdf5 import ensure_self_contained
from lims.extractors.fence.refused import RefersElsewhere
from lims.extractors.outcome import Outcome, PreviewTarget, Step, StepFailure
from lims.extractors.ranking import signals_to_show
from lims.model import Extraction
from lims.plugins import Extractor, NotMine, asked, head_of, run, without_folders

MISSING_NAMED = 3


def extract_file(
    path: Path,
    companions: Sequence[Path] = (),
    *,
    preview: PreviewTarget | Path | None = None,
    readers: Sequence[Extractor] | None = None,
) -> Outcome:
    """Read one file, and draw it where `preview` says so. A bad file does not raise: the outcome says what failed.

    readers: those that may be asked, by default all that are installed.

    A damaged file can still crash or hang this process, which only a child of its own survives: pool.py and child.py.
    """
    target = PreviewTarget(preview) if isinstance(preview, Path) else preview
    nowhere: tuple[StepFailure, ...] = ()
    try:
        make_folders(target)
    except OSError as error:
        words = f"there is no place for the picture: {error.strerror or error}"
        target, nowhere = None, (StepFailure("preview", words, "", error.errno),)
    try:
        path, companions = enclose(path, companions, target.pictures if target else ())
        missing = ensure_self_contained(path, companions)
        reader, extraction = extract_whole(path, companions, missing, readers)
    except RefersElsewhere as error:
        return Outcome(None, (StepFailure("extract", str(error), ""),))
    except PluginFailed as error:
        return Outcome(None, (failure("extract", error),))
    except OSError as error:
        words = f"it cannot be opened: {error.strerror or error}"
        return Outcome(None, (StepFailure("extract", words, "", error.errno),))
    if target is None or not extraction.signals:
        return Outcome(extraction, nowhere)
    try:
        return draw_best(reader, extraction, path, companions, target)
    except PluginFailed as error:
        return Outcome(extraction, (failure("preview", error),))


def make_folders(target: PreviewTarget | None) -> None:
    for picture in target.pictures if target else ():
        picture.parent.mkdir(parents=True, exist_ok=True)


def failure(step: Step, error: PluginFailed) -> StepFailure:
    """errno: of the system's refusal behind it, where there was one."""
    number = error.__cause__.errno if isinstance(error.__cause__, OSError) else None
    return StepFailure(step, error.reason, f"{error.plugin} {error.version}", number)


def extract_whole(
    path: Path, companions: Sequence[Path], missing: Sequence[str], readers: Sequence[Extractor] | None
) -> tuple[Extractor, Extraction]:
    """Extract, and say which files it lacks. Raises PluginFailed; of a file that lacks others, that is the reason."""
    if not missing:
        return extract(path, companions, readers)
    words = f"a file that belongs to it is missing: {', '.join(missing[:MISSING_NAMED])}"
    words += f" and {len(missing) - MISSING_NAMED} more" if len(missing) > MISSING_NAMED else ""
    try:
        reader, extraction = extract(path, companions, readers)
    except PluginFailed as error:
        raise PluginFailed(error.plugin, error.version, path.name, words) from error
    return reader, replace(extraction, warnings=(f"A{words[1:]}.", *extraction.warnings))


def extract(
    path: Path, companions: Sequence[Path], readers: Sequence[Extractor] | None = None
) -> tuple[Extractor, Extraction]:
    """Ask the extractors in turn; the first whose file it is reads it. Raises PluginFailed.

    One that fails while it sniffs costs no file that others read; the file says so.
    """
    head, stumbled = head_of(path), []
    for reader in asked() if readers is None else readers:
        try:
            if not run(reader, path, lambda reader=reader: reader.sniff(head, path.name)):  # type: ignore[misc]
                continue
        except PluginFailed as error:
            stumbled.append(f"The extractor {error.plugin} {error.version} failed to sniff it: {error.reason}")
            continue
        try:
            found = run(reader, path, lambda reader=reader: reader.extract(path, companions))  # type: ignore[misc]
        except NotMine:
            continue
        return reader, without_places(replace(found, warnings=(*stumbled, *found.warnings)), path)
    raise PluginFailed("extract", "1", path.name, "no extractor knows what it is")


def without_places(found: Extraction, path: Path) -> Extraction:
    """Warnings in one line each and without this machine's folders, for readers quote errors in them."""
    here = f"{path.parent}{os.sep}"
    lines = (" ".join(without_folders(one.replace(here, "")).split()) for one in found.warnings)
    return replace(found, warnings=tuple(lines)) if found.warnings else found


def draw_best(
    reader: Extractor, extraction: Extraction, path: Path, companions: Sequence[Path], target: PreviewTarget
) -> Outcome:
    """Draw the first signal that shows something. Raises PluginFailed where none of those tried can be read."""
    blank, first = "", None
    for number in signals_to_show(extraction.signals):
        try:
            frame = run(reader, path, lambda number=number: reader.preview(path, companions, number))  # type: ignore[misc]
            why = run(reader, path, lambda frame=frame: why_blank(frame))  # type: ignore[misc]
            if not why:
                size = run(reader, path, lambda frame=frame: draw(frame, target))  # type: ignore[misc]
                return Outcome(extraction, preview_size=size)
        except PluginFailed as error:
            first = first or error
            continue
        blank = blank or why
    if blank or first is None:
        return Outcome(extraction, blank=blank)
    raise first
