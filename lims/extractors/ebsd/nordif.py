"""NORDIF's scans: Pattern.dat, bare bytes, one pattern after the other; Setting.txt beside it says what they are.

Setting.txt has sections in brackets and lines of name, value, unit between tabs. Source: the samples; NORDIF's program.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from lims.extractors.arrays import Reading
from lims.extractors.axes import counted, stepped
from lims.extractors.ebsd.patterns import patterns, stack
from lims.extractors.lazy import rows_and_columns
from lims.extractors.pictures.reading import opened
from lims.extractors.raw import Raw
from lims.extractors.settings import decoded, put
from lims.plugins import NotMine

MOST_BYTES, LARGEST_PICTURE, MOST_POINTS = 1 << 20, 64 << 20, 1 << 24
SAMPLES, SIZE, STEP = ("Area", "Number of samples"), ("Acquisition settings", "Resolution"), ("Area", "Step size")
PAIR = re.compile(r"\s*(\d+)\s*x\s*(\d+)\s*")


def is_nordif(head: bytes, name: str) -> bool:
    return PurePath(name).suffix.lower() == ".dat" and len(head) > 0


def settings_beside(companions: Sequence[Path]) -> dict[str, Any] | None:
    """The tree of a Setting.txt among the companions, None where there is none."""
    for companion in companions:
        if companion.suffix.lower() == ".txt" and companion.stat().st_size <= MOST_BYTES:
            raw = companion.read_bytes()
            if raw.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"[NORDIF]"):
                return parsed(decoded(raw))
    return None


def parsed(text: str) -> dict[str, Any]:
    """{section: {name: value, or {"value", "unit"} where there is a unit}}; what repeats is a list."""
    tree: dict[str, Any] = {}
    section: dict[str, Any] = tree
    for line in text.splitlines():
        name, *rest = (part.strip() for part in line.split("\t"))
        if name.startswith("[") and name.endswith("]"):
            section = tree.setdefault(name[1:-1], {})
            section |= {"value": rest[0]} if rest and rest[0] else {}
        elif name:
            value, unit = (*rest, "", "")[:2]
            put(section, name, {"value": value, "unit": unit} if unit else value)
    return tree


def read_nordif(path: Path, companions: Sequence[Path]) -> Reading:
    """Raises NotMine for another .dat, ValueError where the settings do not say what the patterns are."""
    tree = settings_beside(companions)
    if tree is None:
        raise NotMine(path.name)
    sizes = [PAIR.fullmatch(value_at(tree, key)) for key in (SAMPLES, SIZE)]
    for key, found in zip((SAMPLES, SIZE), sizes, strict=True):
        if found is None:
            raise ValueError(f"Setting.txt has no usable {key[1]!r} in [{key[0]}], which the patterns need")
    (rows, columns), (width, height) = ([int(one[1]), int(one[2])] for one in sizes if one)
    if rows * columns > MOST_POINTS:
        raise ValueError(f"Setting.txt tells of {rows} × {columns} patterns, more than any scan has; is it damaged?")
    data, said = stack_of(path, rows * columns, width, height)
    step = number(value_at(tree, STEP))
    said += [] if step else ["Setting.txt has no step size, so the scan has no scale."]
    axes = [stepped("y", step), stepped("x", step)]
    if len(data) < rows * columns:
        said.append(f"{len(data)} of {rows * columns} patterns are there; those that are missing are black.")
    places = np.where(rows_and_columns(rows, columns) < len(data), rows_and_columns(rows, columns), -1)
    return Reading("nordif", [patterns(data, places, axes), *pictures(companions, said)], tree, said)


def pictures(companions: Sequence[Path], said: list[str]) -> Iterator[Raw]:
    """What the program stored as pictures: the background, the calibration patterns, the area.

    A damaged one costs only itself, which is said.
    """
    for companion in companions:
        if companion.suffix.lower() == ".bmp" and companion.stat().st_size <= LARGEST_PICTURE:
            try:
                with opened(companion, "BMP") as image:
                    data = np.asarray(image)
            except (OSError, ValueError, SyntaxError):
                said.append(f"{companion.name} is damaged, and left out.")
                continue
            if data.ndim == 2:
                metadata = {"General": {"title": companion.stem}}
                axes = [counted("y", "px", False), counted("x", "px", False)]
                yield Raw(data, axes, metadata, {}, mapped={"General.title": (None, "", None)})


def stack_of(path: Path, count: int, width: int, height: int) -> tuple[Any, list[str]]:
    """Raises ValueError where the settings are of other patterns than these."""
    size, one = path.stat().st_size, max(width * height, 1)
    if size < one or width * height == 0:
        raise ValueError(
            f"Setting.txt tells of {count} patterns of {width} × {height} pixels, but {path.name} has {size} bytes; "
            "is it the right one?"
        )
    data, said = stack(path, np.uint8, (height, width))
    return (data[:count], [f"Behind the {count} patterns there are more bytes."]) if len(data) > count else (data, said)


def value_at(tree: dict[str, Any], key: tuple[str, str]) -> str:
    found = (tree.get(key[0]) or {}).get(key[1], "")
    return str(found.get("value", "") if isinstance(found, dict) else found)


def number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
