"""Olympus FluoView .oib and .oif, by oiffile: a signal per channel, and the reference images of a line scan.

An .oif is a text beside a folder NAME.oif.files with a TIFF and a text for each plane; an .oib holds the same in one
file. A plane is named by where it stands: s_C001Z002T003.tif.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from oiffile import OifFile
from tifffile import TiffFile

from lims.extractors.arrays import Reading
from lims.extractors.bioimaging.series import axis, general, titled, walk
from lims.extractors.planes import lazy
from lims.extractors.raw import Raw
from lims.extractors.settings import decoded, ini

NAMES = {"X": "x", "Y": "y", "Z": "z", "T": "time", "L": "Wavelength", "A": "rotation", "P": "position"}
UNITS = {"um": ("µm", 1.0), "nm": ("µm", 1e-3), "mm": ("µm", 1e3), "ms": ("s", 1e-3), "s": ("s", 1.0)}
CHANNEL, REFERENCE, WAVELENGTH = "C", "R", "L"
PLANE = re.compile(r"([A-Z])(\d+)")


QUOTES = "'\""


@dataclass(frozen=True)
class Series:
    """Planes whose names have the same letters. values: {letter: its numbers}; files: by numbers in that order."""

    oif: OifFile
    values: dict[str, list[int]]
    files: dict[tuple[int, ...], str]
    shape: tuple[int, int]
    dtype: np.dtype[Any]

    def plane(self, fixed: dict[str, int], index: tuple[int, ...], rows: slice, columns: slice) -> NDArray[Any]:
        """Raises FileNotFoundError for a plane that is not there: the scan was stopped, or its file got lost."""
        others = iter(index)
        place = tuple(fixed[one] if one in fixed else numbers[next(others)] for one, numbers in self.values.items())
        if place not in self.files:
            raise FileNotFoundError(f"the plane {dict(zip(self.values, place, strict=True))} is missing")
        found: NDArray[Any] = self.oif.asarray(self.files[place])
        return found[rows, columns]

    @property
    def walked(self) -> dict[str, list[int]]:
        return {one: numbers for one, numbers in self.values.items() if one not in (CHANNEL, REFERENCE)}

    def pictures(self) -> Iterator[dict[str, int]]:
        """What stays the same within one signal."""
        for reference in self.values.get(REFERENCE, [0]):
            for channel in self.values.get(CHANNEL, [1]):
                said = {CHANNEL: channel, REFERENCE: reference}
                yield {one: number for one, number in said.items() if one in self.values}


def read(path: Path, companions: Sequence[Path]) -> Reading:
    """Raises ValueError where the list of its own files is damaged."""
    try:
        return reading_of(path)
    except (KeyError, UnicodeDecodeError, struct.error) as error:
        raise ValueError(f"the list of the files in it is damaged ({error})") from error


def reading_of(path: Path) -> Reading:
    oif = opened(path)
    with oif.open_file(oif.filesystem.mainfile) as file:
        tree = settings_in(file.read())
    names = sorted(oif.glob("*"))
    tree["files"] = [PurePosixPath(name.replace("\\", "/")).name for name in names]
    several = series_of(oif, names)
    if not several:
        raise ValueError("it has no planes: the folder beside it, NAME.oif.files, is empty")
    tree["first_plane"] = settings_of(oif, next(iter(several[0].files.values())))
    pictures = [(one, fixed) for one in several for fixed in one.pictures()]
    titles = titled(path.stem, [label(fixed, tree) for _, fixed in pictures])
    signals = [signal(one, fixed, tree, title) for (one, fixed), title in zip(pictures, titles, strict=True)]
    return Reading("oib" if oif.is_oib else "oif", signals)


def settings_in(raw: bytes) -> dict[str, Any]:
    """{section: {key: text}}, the quotes around a text left out."""
    return {name: {key: unquoted(text) for key, text in section.items()} for name, section in ini(decoded(raw)).items()}


def unquoted(text: Any) -> Any:
    if isinstance(text, list):
        return [unquoted(one) for one in text]
    is_quoted = isinstance(text, str) and len(text) > 1 and text[0] in QUOTES and text[0] == text[-1]
    return text[1:-1] if is_quoted else text


def opened(path: Path) -> OifFile:
    """oiffile goes by the name, which may have other letters or none: then a link with the right one is opened."""
    with path.open("rb") as file:
        is_compound = file.read(4) == b"\xd0\xcf\x11\xe0"
    if is_compound == (path.suffix.lower() != ".oif"):
        return OifFile(path)
    with TemporaryDirectory(prefix="lims-") as folder:
        alias = Path(folder) / f"{path.stem}{'.oib' if is_compound else '.oif'}"
        alias.symlink_to(path.resolve())
        return OifFile(alias)


def series_of(oif: OifFile, names: Sequence[str]) -> list[Series]:
    """The recorded planes first, reference images behind."""
    groups: dict[str, dict[tuple[int, ...], str]] = {}
    for name in names:
        stem = PurePosixPath(name.replace("\\", "/")).name
        if stem.lower().endswith(".tif"):
            found = PLANE.findall(stem[:-4].partition("_")[2])
            letters = "".join(letter for letter, _ in found)
            groups.setdefault(letters, {})[tuple(int(number) for _, number in found)] = name
    ordered = sorted(groups.items(), key=lambda one: (REFERENCE in one[0], -len(one[1])))
    return [series(oif, letters, files) for letters, files in ordered]


def series(oif: OifFile, letters: str, files: dict[tuple[int, ...], str]) -> Series:
    values = {letter: sorted({place[n] for place in files}) for n, letter in enumerate(letters)}
    with oif.open_file(next(iter(files.values()))) as file, TiffFile(file) as tiff:
        page = tiff.pages.first
        return Series(oif, values, files, (page.imagelength, page.imagewidth), np.dtype(page.dtype))


def settings_of(oif: OifFile, plane: str) -> dict[str, Any]:
    """The text that stands beside a plane; nothing where there is none."""
    try:
        with oif.open_file(re.sub(r"\.tif$", ".pty", plane, flags=re.IGNORECASE)) as file:
            return settings_in(file.read())
    except FileNotFoundError:
        return {}


def signal(one: Series, fixed: dict[str, int], tree: dict[str, Any], title: str) -> Raw:
    shape = (*(len(numbers) for numbers in one.walked.values()), *one.shape)
    axes = [walked_axis(letter, numbers, tree) for letter, numbers in one.walked.items()]
    axes += picture_axes(one.shape, tree, REFERENCE in fixed)
    return Raw(lazy(shape, one.dtype, partial(one.plane, fixed)), axes, general(title), tree)


def walked_axis(letter: str, numbers: list[int], tree: dict[str, Any]) -> dict[str, Any]:
    """From the first to the last place that was asked for, or by the interval where only that is known."""
    said = axis_of(letter, tree)
    size = len(numbers)
    unit, factor = UNITS.get(said.get("UnitName") or said.get("PixUnit") or "", ("", 1.0))
    if letter == WAVELENGTH:
        unit, factor = "nm", 1.0
    start, end, step = (number(said.get(key)) for key in ("StartPosition", "EndPosition", "Interval"))
    if start is not None and end is not None and end != start and size > 1 and letter != WAVELENGTH:
        step = (end - start) / (size - 1)
    scale = step * factor if step else None
    return walk(NAMES.get(letter, letter), size, scale, (start or 0.0) * factor, unit)


def picture_axes(shape: tuple[int, int], tree: dict[str, Any], is_reference: bool) -> list[dict[str, Any]]:
    """Sizes of pixels stand beside the first plane, else in the main text. A line scan has time downwards."""
    order = (tree.get("Axis Parameter Common") or {}).get("AxisOrder") or "XY"
    names = "XY" if is_reference or len(order) < 2 else order[:2]
    own, main = tree["first_plane"].get("Image Parameters") or {}, tree.get("Reference Image Parameter") or {}
    said = main if is_reference or not own else own
    axes = []
    for name, size, key in ((names[1], shape[0], "Height"), (names[0], shape[1], "Width")):
        unit, factor = UNITS.get(said.get(f"{key}Unit") or "", ("", 1.0))
        step = number(said.get(f"{key}ConvertValue"))
        axes.append(axis(NAMES.get(name, name), size, step * factor if step and unit else None, units=unit))
    return axes


def axis_of(letter: str, tree: dict[str, Any]) -> dict[str, Any]:
    described = (tree.get(f"Axis {n} Parameters Common") or {} for n in range(10))
    return next((one for one in described if one.get("AxisCode") == letter), {})


def number(text: str | None) -> float | None:
    """On a computer with decimal commas the program writes 0,207.0 for 0.207."""
    found = re.fullmatch(r"(-?\d+),(\d+)(?:\.0)?", text or "")
    try:
        return float(f"{found[1]}.{found[2]}" if found else text or "")
    except ValueError:
        return None


def label(fixed: dict[str, int], tree: dict[str, Any]) -> tuple[str, str]:
    said = tree.get(f"Channel {fixed.get(CHANNEL, 1)} Parameters") or {}
    reference = f"reference {fixed[REFERENCE]}" if REFERENCE in fixed else ""
    dye = said.get("DyeName") or ""
    words = (said.get("CH Name") or f"channel {fixed.get(CHANNEL, 1)}", "" if dye == "None" else dye)
    return reference, " ".join(word for word in words if word)
