"""EBSD maps as text: EDAX' .ang and Oxford's .ctf. A head of names and values, then one row of numbers per point.

Source: the samples; the columns of .ang without COLUMN_HEADERS as EDAX' manual has them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.extractors.arrays import Reading
from lims.extractors.axes import stepped
from lims.extractors.raw import Raw
from lims.extractors.settings import put

ANG = ("phi1", "PHI", "phi2", "x", "y", "IQ", "CI", "Phase index", "SEM", "Fit")
MOST_BYTES = 256 << 20
POSITIONS = frozenset({"x", "y"})


def is_ang(head: bytes, name: str) -> bool:
    first = [line for line in head.splitlines() if line.strip()][:200]
    marks = (b"# TEM_PIXperUM", b"# GRID:", b"# XSTEP:", b"# HEADER: Start", b"# MaterialName")
    return bool(first) and first[0].startswith(b"#") and any(line.startswith(marks) for line in first)


def is_ctf(head: bytes, name: str) -> bool:
    return head.lstrip(b"\xef\xbb\xbf").startswith(b"Channel Text File")


def read_ang(path: Path) -> Reading:
    """"# NAME: value" or "# NAME value" per line; the numbers follow, separated by blanks."""
    lines, rows = split(path, lambda line: not line.startswith("#") and line.strip() != "")
    tree = ang_head(lines)
    columns = [name for name in str(tree.get("COLUMN_HEADERS", "")).split(",") if name.strip()] or list(ANG)
    grid = str(tree.get("GRID", "SqrGrid"))
    shape = integer(tree, "NROWS"), max(integer(tree, "NCOLS_ODD"), integer(tree, "NCOLS_EVEN"))
    steps = real(tree, "YSTEP"), real(tree, "XSTEP")
    return mapped("ang", tree, rows, columns, shape, steps, is_square="hex" not in grid.lower())


def read_ctf(path: Path) -> Reading:
    """"Name<tab>value" per line up to the one with the columns' names; the numbers follow, between tabs."""
    lines, rows = split(path, lambda line: False)
    tree, columns = ctf_head(lines)
    shape, steps = (integer(tree, "YCells"), integer(tree, "XCells")), (real(tree, "YStep"), real(tree, "XStep"))
    return mapped("ctf", tree, rows, columns, shape, steps, is_square=True)


def split(path: Path, is_data: Any) -> tuple[list[str], list[str]]:
    """(lines of the head, lines of numbers). Raises ValueError for a file larger than any map."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.stat().st_size >> 20} MiB of text are more than can be read at once")
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    first = next((n for n, line in enumerate(lines) if is_data(line) or re.match(r"Phase\tX\tY", line)), len(lines))
    first += bool(first < len(lines) and lines[first].startswith("Phase\t"))
    return lines[:first], [line for line in lines[first:] if line.strip()]


def ang_head(lines: list[str]) -> dict[str, Any]:
    """Names as they are; what repeats (each phase has the same names) is a list; further lines stand under "lines"."""
    tree: dict[str, Any] = {}
    for line in lines:
        found = re.fullmatch(r"#\s*([A-Za-z][\w-]*):?(?:\s+(.*?))?\s*", line)
        put(tree, *((found[1], found[2] or "") if found else ("lines", line)))
    return tree


def ctf_head(lines: list[str]) -> tuple[dict[str, Any], list[str]]:
    """(names and values; phases as lines behind their number, the columns)."""
    tree: dict[str, Any] = {"format": lines[0].strip()} if lines else {}
    phases: list[str] = []
    for line in lines[1:-1]:
        name, *values = line.split("\t")
        if re.fullmatch(r"[\d.,]+;[\d.,]+;[\d.,]+", name.strip()):
            phases.append(line)
        elif len(values) > 1:  # Euler angles … Mag 2000 Coverage 100 …: pairs on one line
            tree[name] = dict(zip(values[::2], values[1::2], strict=False))
        elif values or name.strip():
            tree[name.strip()] = values[0].strip() if values else ""
    return tree | ({"phases": phases} if phases else {}), lines[-1].split("\t") if lines else []


def mapped(
    kind: str, tree: dict[str, Any], rows: list[str], columns: list[str], shape: tuple[int, int],
    steps: tuple[float | None, float | None], *, is_square: bool,
) -> Reading:  # fmt: skip
    """One image per column. Where the points do not fill the map (a hexagonal grid, a cut file), there is no image."""
    if not is_square or shape[0] * shape[1] != len(rows) or not rows:
        why = "the grid is hexagonal" if not is_square else f"there are {len(rows)} points of {shape[0]} × {shape[1]}"
        return Reading(kind, [], tree, [f"No maps are shown, because {why}."])
    table = numbers(rows)
    axes = [stepped("y", steps[0], navigate=False), stepped("x", steps[1], navigate=False)]
    return Reading(kind, list(images(table, columns, shape, axes)), tree)


def numbers(rows: list[str]) -> NDArray[np.float32]:
    """(points, columns). A decimal comma is a point. Raises ValueError for a row that is not numbers."""
    text = "\n".join(rows).replace(",", ".")
    return np.loadtxt(text.split("\n"), np.float32, ndmin=2)


def images(
    table: NDArray[np.float32], columns: list[str], shape: tuple[int, int], axes: list[dict[str, Any]]
) -> Iterator[Raw]:
    for number in range(table.shape[1]):
        name = columns[number] if number < len(columns) else f"column {number + 1}"
        if name.strip().lower() not in POSITIONS:
            metadata = {"General": {"title": name.strip()}}
            yield Raw(table[:, number].reshape(shape), axes, metadata, {}, mapped={"General.title": (None, "", None)})


def integer(tree: dict[str, Any], name: str) -> int:
    return int(real(tree, name) or 0)


def real(tree: dict[str, Any], name: str) -> float | None:
    found = re.match(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)", str(tree.get(name, "")).replace(",", "."))
    return float(found[1]) if found else None
