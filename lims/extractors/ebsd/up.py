"""EDAX' patterns, .up1 (8 bits a pixel) and .up2 (16 bits), stored one after the other.

A header of four numbers (version, width, height, where the patterns begin); from version 3 on, what else the scan was:
a byte, columns, rows, whether the grid is hexagonal, the steps in µm.
Source: the published readers of PyEBSDIndex and kikuchipy, and the samples.
"""

import struct
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from lims.extractors.arrays import Reading
from lims.extractors.axes import stepped
from lims.extractors.ebsd.patterns import patterns, stack
from lims.extractors.lazy import rows_and_columns

DTYPES = {".up1": np.dtype("<u1"), ".up2": np.dtype("<u2")}
START, GRID = struct.Struct("<4I"), struct.Struct("<BIIBdd")
VERSIONS = range(1, 16)
LARGEST_SIDE = 1 << 14


def is_up(head: bytes, name: str) -> bool:
    """By its name, and numbers that fit: such a file has no mark of its own."""
    if PurePath(name).suffix.lower() not in DTYPES or len(head) < START.size:
        return False
    version, width, height, offset = START.unpack_from(head)
    fits = 0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE
    return version in VERSIONS and fits and START.size <= offset <= 1 << 20


def read_up(path: Path) -> Reading:
    """Raises ValueError for version 2, which nobody has described, EOFError where the patterns are cut off."""
    with path.open("rb") as file:
        head = file.read(START.size + GRID.size)
    version, width, height, offset = START.unpack_from(head)
    if version == 2:
        raise ValueError("it is of version 2, which nobody has described; versions 1 and from 3 on can be read")
    tree: dict[str, Any] = {"version": version, "width": width, "height": height, "offset": offset}
    if version > 2:
        names = ("extra patterns", "columns", "rows", "hexagonal", "step x", "step y")
        tree |= dict(zip(names, GRID.unpack_from(head, START.size), strict=True))
    data, said = stack(path, DTYPES[path.suffix.lower()], (height, width), offset, least=1)
    places, axes, words = grid(tree, len(data))
    return Reading("up", [patterns(data, places, axes)], tree, [*said, *words])


def grid(tree: dict[str, Any], count: int) -> tuple[Any, list[dict[str, Any]], list[str]]:
    """Where the patterns lie. A hexagonal grid has no rows and columns, so its patterns are a row."""
    rows, columns = int(tree.get("rows", 0)), int(tree.get("columns", 0))
    step_y, step_x = tree.get("step y"), tree.get("step x")
    if tree.get("hexagonal"):
        return np.arange(count), [stepped("x", None)], ["The grid is hexagonal, so the patterns are shown in one row."]
    if rows * columns == count and rows > 1:
        return rows_and_columns(rows, columns), [stepped("y", step_y), stepped("x", step_x)], []
    said = f"The header tells of {rows} × {columns} patterns, there are {count}; they are shown in one row."
    is_wrong = rows * columns not in (0, count)
    return np.arange(count), [stepped("x", None if is_wrong else step_x)], [said] if is_wrong else []
