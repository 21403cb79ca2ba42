"""From two files to a verdict."""

import filecmp
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from lims.errors import Invalid
from lims.model.verdicts import Tolerance, Verdict
from lims.provenance.content import byte_hash, content_hash
from lims.provenance.content.methods import FILES, FOLDERS
from lims.provenance.verdicts.comparing import Comparison, compare, in_words, place_of
from lims.provenance.verdicts.contents import Contents, Unreadable
from lims.provenance.verdicts.drawing import draw, plane_of
from lims.provenance.verdicts.pictures import figure, likeness
from lims.provenance.verdicts.reading import is_known, opened
from lims.provenance.verdicts.tolerances import VISUAL


def missing(name: str, why: str) -> Verdict:
    """Of an output that could not be replayed. why: what is missing."""
    return Verdict(name, "not replayable", where=why)


def judge(
    expected: Path, found: Path, *, name: str, tolerance: Tolerance | None = None, picture: Path | None = None
) -> Verdict:
    """The strongest verdict that holds between an output and its replay.

    expected, found: files, or folders of zarr. Both are read as what the suffix of `expected` says, in bounded memory
    (tables, texts, npz and compressed pages of TIFF whole). tolerance: as the author declares it, else the default of
    each array's dtype. picture: where to write expected, found and difference side by side; it is written if there is
    an image, or an array with rows and columns, and the verdict is weaker than "content identical".
    Never raises for what is in `found`: an unreadable one is "different". One that is not there is, too; without
    `expected` it is "not replayable".
    """
    if not expected.exists():
        return missing(name, f"{expected.name}, with which to compare, is not there")
    if not found.exists():
        return Verdict(name, "different", where=f"{found.name} was not written")
    if expected.is_dir() != found.is_dir():
        return Verdict(name, "different", where="one is a folder and one is a file")
    if same_bytes(expected, found):
        return Verdict(name, "bytes identical")
    if same_content(expected, found):
        return Verdict(name, "content identical")
    return looked_into(expected, found, name, tolerance, picture)


def looked_into(expected: Path, found: Path, name: str, tolerance: Tolerance | None, picture: Path | None) -> Verdict:
    """Of two files whose bytes and content differ."""
    suffix = expected.suffix.lower()
    if not is_known(suffix) or (suffix in FOLDERS) != expected.is_dir():
        return Verdict(name, "different", where="its bytes", note="Of this format only the bytes can be compared.")
    try:
        return judged(expected, found, name, tolerance, picture)
    except Unreadable as error:
        whose = "found" if error.path == found else "expected"
        return Verdict(name, "different", where=f"the {whose} file cannot be read", note=error.message)


def same_bytes(expected: Path, found: Path) -> bool:
    if expected.is_dir():
        return byte_hash(expected) == byte_hash(found)
    return filecmp.cmp(expected, found, shallow=False)


def same_content(expected: Path, found: Path) -> bool:
    """False, too, where that cannot be told: what cannot be read is said later."""
    try:
        return content_hash(expected) == content_hash(found)
    except (Invalid, OSError):
        return False


def judged(expected: Path, found: Path, name: str, tolerance: Tolerance | None, picture: Path | None) -> Verdict:
    """Raises Unreadable."""
    suffix = expected.suffix.lower()
    with ExitStack() as stack:
        both = opened(expected, suffix, stack), opened(found, suffix, stack)
        comparison = compare(*both, tolerance)
        verdict = of_comparison(name, comparison, both[0])
        if verdict.verdict == "data identical, metadata differs" and not verdict.where:
            verdict = of_writing(verdict, suffix)
        if verdict.verdict == "different":
            verdict = as_figures(verdict, figure(expected, suffix), figure(found, suffix), tolerance)
        if picture is not None and verdict.verdict != "content identical":
            draw_difference(expected, found, both, comparison, picture)
    return verdict


def of_comparison(name: str, comparison: Comparison, contents: Contents) -> Verdict:
    worst = comparison.worst
    metadata = f"The metadata differ, too: {comparison.metadata}." if comparison.metadata else ""
    if worst is None and not comparison.structure:
        return Verdict(name, "data identical, metadata differs", where=comparison.metadata)
    size = sum(one.size for one in comparison.differences)
    if worst is None:
        return Verdict(name, "different", where=in_words(comparison.structure), size=size, note=metadata)
    is_different = bool(comparison.structure) or worst.beyond > 0
    place = place_of(worst, contents)
    return Verdict(
        name,
        "different" if is_different else "equivalent",
        where=in_words((*comparison.structure, place) if worst.beyond or not is_different else comparison.structure),
        max_abs=worst.max_abs,
        rms=worst.rms,
        tolerance=worst.tolerance,
        size=size,
        note=" ".join(part for part in (others(comparison), metadata) if part),
    )


def others(comparison: Comparison) -> str:
    worst = comparison.worst
    names = [one.name for one in comparison.differences if one is not worst and one.name]
    unlike = f"{worst.odd} are no numbers that can be compared, or one only is a number." if worst and worst.odd else ""
    more = f", and {len(names) - 10} more" if len(names) > 10 else ""
    also = f"Other arrays differ, too: {', '.join(names[:10])}{more}." if names else ""
    return " ".join(part for part in (unlike, also) if part)


def of_writing(verdict: Verdict, suffix: str) -> Verdict:
    """Nothing differs that is compared. A format with a content hash of its own says that something does, though."""
    if suffix not in FILES and suffix not in FOLDERS:
        return replace(verdict, verdict="content identical")
    return replace(verdict, where="only how it is written: the type, the order of bytes, or the digits of a number")


def as_figures(verdict: Verdict, expected: Any, found: Any, declared: Tolerance | None) -> Verdict:
    """The same for the eye? expected, found: (y, x, 3), None for what is no figure."""
    if expected is None or found is None or expected.shape != found.shape:
        return verdict
    seen = likeness(expected, found)
    visual = declared.visual if declared else None
    said = f"Structural similarity {seen.similarity:.4f}; largest difference of 8 × 8 pixels {seen.window:.2%}"
    said = f"{said} at row {seen.at[0]}, column {seen.at[1]}."
    if not seen.passes(visual):
        return replace(verdict, note=f"{said} {verdict.note}".strip())
    granted = Tolerance(visual=VISUAL if visual is None else visual)
    return replace(verdict, verdict="visually equivalent", tolerance=granted, note=f"{said} {verdict.note}".strip())


def draw_difference(
    expected: Path, found: Path, both: tuple[Contents, Contents], comparison: Comparison, picture: Path
) -> None:
    one, other = figure(expected, expected.suffix.lower()), figure(found, expected.suffix.lower())
    if one is None or other is None:
        one, other = planes(both, comparison)
    if one is not None and other is not None:
        draw(one, other, picture)


def planes(both: tuple[Contents, Contents], comparison: Comparison) -> tuple[Any, Any]:
    """Of the array with the largest difference, else of the first that both have."""
    worst = comparison.worst
    names = [name for name in both[0].arrays if name in both[1].arrays]
    for name in sorted(names, key=lambda name: worst is None or name != worst.name):
        index = worst.index if worst and worst.name == name else ()
        one, other = (plane_of(contents.arrays[name], index) for contents in both)
        if one is not None and other is not None:
            return one, other
    return None, None
