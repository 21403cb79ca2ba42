"""Oxford's patterns, .ebsp: where each begins, then the patterns, each with its size before and its place behind it.

Version 0 has no number of its own and begins with the table; later ones begin with the negative version, version 4 with
a byte more. Behind a pattern version 1 has its beam position (x, y in µm), later ones each number behind a byte that
says whether it is there. A pattern that is not stored begins at 0.
Source: Oxford's description of the format as kikuchipy documents it; the sample.
"""

import struct
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.extractors.arrays import Reading
from lims.extractors.axes import stepped
from lims.extractors.ebsd.patterns import patterns

NEWEST = 16
MOST_PATTERNS = 1 << 26
HEADER = struct.Struct("<4i")
LARGEST_SIDE = 1 << 14
POSITIONS_READ = 10_000


@dataclass(frozen=True)
class Layout:
    """starts: (n,) where each pattern begins, 0 for one that is not there. footer: bytes behind each pattern."""

    version: int
    starts: NDArray[np.int64]
    size: tuple[int, int]
    dtype: Any
    footer: Any


def is_ebsp(head: bytes, name: str) -> bool:
    if PurePath(name).suffix.lower() != ".ebsp" or len(head) < 16:
        return False
    return bool(struct.unpack_from("<q", head)[0] > -NEWEST)


def read_ebsp(path: Path) -> Reading:
    layout = laid_out(path)
    stored = np.flatnonzero(layout.starts)
    frames = Stored(path, layout, layout.starts[stored])
    positions = frames.positions()
    places, axes, said = grid(stored, len(layout.starts), positions)
    tree: dict[str, Any] = {
        "version": layout.version,
        "patterns listed": len(layout.starts),
        "patterns stored": len(stored),
        "rows": layout.size[0],
        "columns": layout.size[1],
        "bytes per pixel": layout.dtype.itemsize,
    }
    if positions is not None:
        names = ("first beam x", "first beam y", "last beam x", "last beam y")
        tree |= dict(zip(names, [*map(float, positions[0]), *map(float, positions[-1])], strict=True))
    return Reading("ebsp", [patterns(frames, places, axes)], tree, said)


def laid_out(path: Path) -> Layout:
    """Raises ValueError for compressed patterns or a size that cannot be, EOFError where the file is cut off."""
    file_size = path.stat().st_size
    with path.open("rb") as file:
        first = struct.unpack("<q", file.read(8))[0]
        version = -first if first < 0 else 0
        table = 0 if version == 0 else 9 if version > 3 else 8
        starts = table_of(path, table, file_size)
        file.seek(int(starts[starts > 0].min()))
        is_compressed, rows, columns, length = HEADER.unpack(file.read(HEADER.size))
        if is_compressed:
            raise ValueError("its patterns are compressed; only uncompressed ones can be read")
        fits = 0 < rows <= LARGEST_SIDE and 0 < columns <= LARGEST_SIDE
        if not fits or length not in (rows * columns, 2 * rows * columns):
            raise ValueError(f"a pattern of {columns} × {rows} pixels cannot have {length} bytes")
        file.seek(length, 1)
        footer = footer_of(version, file.read(18))
    dtype = np.dtype("<u1" if length == rows * columns else "<u2")
    if int(starts.max()) + HEADER.size + length + footer.itemsize > file_size:
        raise EOFError(f"the last pattern ends behind the {file_size} bytes of the file")
    return Layout(version, starts, (rows, columns), dtype, footer)


def table_of(path: Path, start: int, file_size: int) -> NDArray[np.int64]:
    """The table ends where the first pattern begins. How long it is, only the pattern that is stored first can tell."""
    most = min(MOST_PATTERNS, (file_size - start) // 8)
    if most < 1:
        raise EOFError("the file ends within its first bytes")
    whole = np.memmap(path, "<i8", "r", start, (most,))
    length = min(most, 1 << 16)
    while True:
        entries = np.array(whole[:length])
        nearest = np.minimum.accumulate(np.where(entries > 0, entries, file_size))
        ended = np.flatnonzero(start + 8 * np.arange(1, length + 1) >= nearest)
        if ended.size or length == most:
            break
        length = min(most, length * 8)
    starts = entries[: int(ended[0]) + 1] if ended.size else entries[:0]
    if not starts.any() or np.any(starts < 0) or np.any(starts >= file_size):
        raise ValueError("it has no table of patterns that fits its length")
    return starts


def footer_of(version: int, raw: bytes) -> Any:
    """What stands behind each pattern."""
    if version == 0:
        return np.dtype([])
    if version == 1:
        return np.dtype([("x", "<f8"), ("y", "<f8")])
    has_x = raw[:1] == b"\1"
    has_y = raw[9 if has_x else 1 :][:1] == b"\1"
    fields: list[tuple[str, str]] = [("has x", "?"), *([("x", "<f8")] if has_x else [])]
    return np.dtype([*fields, ("has y", "?"), *([("y", "<f8")] if has_y else [])])


class Stored:
    """Patterns where the table says, (n, rows, columns); read by slices without a step."""

    def __init__(self, path: Path, layout: Layout, starts: NDArray[np.int64]) -> None:
        self.bytes = np.memmap(path, np.uint8, "r")
        self.layout, self.starts = layout, starts
        self.shape, self.dtype = (len(starts), *layout.size), layout.dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        chosen, *inside = key if isinstance(key, tuple) else (key,)
        found = [self.part(start, HEADER.size, self.layout.dtype, self.shape[1] * self.shape[2])
                 for start in self.starts[chosen]]  # fmt: skip
        whole = np.array(found, dtype=self.dtype).reshape(-1, *self.shape[1:])
        return whole[(slice(None), *inside)]

    def part(self, start: int, offset: int, dtype: Any, count: int) -> NDArray[Any]:
        begin = int(start) + offset
        return self.bytes[begin : begin + dtype.itemsize * count].view(dtype)

    def positions(self) -> NDArray[np.float64] | None:
        """(n, 2) beam positions x, y in µm, of a long scan those of its ends; None where they are not stored."""
        footer = self.layout.footer
        if not {"x", "y"} <= set(footer.names or ()):
            return None
        behind = HEADER.size + self.dtype.itemsize * self.shape[1] * self.shape[2]
        starts = self.starts
        if len(starts) > 2 * POSITIONS_READ:  # each lies on a page of its own
            starts = np.concatenate([starts[:POSITIONS_READ], starts[-POSITIONS_READ:]])
        ends = [self.part(start, behind, footer, 1)[0] for start in starts]
        return np.array([(one["x"], one["y"]) for one in ends])


def grid(stored: NDArray[Any], listed: int, positions: NDArray[np.float64] | None) -> tuple[Any, list[Any], list[str]]:
    """Rows and columns from the beam positions. Patterns of a part of the scan, or without positions, are a row."""
    row = np.arange(len(stored)), [stepped("x", None)]
    if len(stored) < listed:
        return *row, [f"{len(stored)} of {listed} patterns are stored; they are shown in one row."]
    if positions is None or len(positions) < 2:
        return *row, []
    if not np.isfinite(positions).all():
        return *row, ["Some beam positions are no numbers; the patterns are shown in one row."]
    steps = [step_of(positions[:, number]) for number in (0, 1)]
    counts = [1 if step is None else round(float(np.ptp(positions[:, n])) / step) + 1 for n, step in enumerate(steps)]
    if counts[0] * counts[1] != len(stored):
        return *row, ["The beam positions are no grid; the patterns are shown in one row."]
    if counts[1] == 1:
        return np.arange(len(stored)), [stepped("x", steps[0])], []
    return np.arange(len(stored)).reshape(counts[1], counts[0]), [stepped("y", steps[1]), stepped("x", steps[0])], []


def step_of(values: NDArray[np.float64]) -> float | None:
    """The smallest distance between positions that differ."""
    distances = np.diff(np.unique(np.round(values, 6)))
    return float(distances.min()) if len(distances) else None
