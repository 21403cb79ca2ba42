"""Where in a grid of cells the table is: its first row, the names above it, what each column holds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lims.extractors.tables.cells import NUMBERS, TIMES, kind_of
from lims.extractors.tables.units import is_unit, split

LOOKED_AT = 200
"""Rows above which no table begins later, and rows that decide what a column holds."""
ALIKE = 6
MOSTLY = 0.8

Row = Sequence[Any]


@dataclass(frozen=True)
class Layout:
    """first: the first row of data; header: the first row of its head, which is `first` where it has none.

    kinds: what each column holds; names and units of the columns, "" where the table does not say.
    """

    first: int
    header: int
    names: tuple[str, ...]
    units: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def has_names(self) -> bool:
        return self.header < self.first

    def of_kind(self, *kinds: str) -> list[int]:
        return [n for n, kind in enumerate(self.kinds) if kind in kinds]


def find(rows: Sequence[Row]) -> Layout | None:
    """The first table in a grid; None where there is none: a list of settings, prose."""
    kinds = [[kind_of(cell) for cell in row] for row in rows[: 2 * LOOKED_AT]]
    for first in range(min(len(rows), LOOKED_AT)):
        if begins(kinds, first):
            layout = described(rows, kinds, first)
            if is_table(layout):
                return layout
    return None


def begins(kinds: list[list[str]], first: int) -> bool:
    """Whether this row and those below are alike: numbers in the same columns, and cells in no others."""
    row = trimmed(kinds[first])
    numeric = [n for n, kind in enumerate(row) if kind in NUMBERS]
    below = [trimmed(other) for other in kinds[first + 1 : first + ALIKE] if any(other)]
    if len(row) < 2 or not numeric:
        return False
    if not below:
        return first > 0 and looks_like_names(kinds[first - 1], len(row))
    alike = [other for other in below if abs(len(other) - len(row)) <= 1 and holds_numbers(other, numeric)]
    return len(alike) >= MOSTLY * len(below)


def trimmed(row: list[str]) -> list[str]:
    """Without the empty cells at its end."""
    last = max((n for n, kind in enumerate(row) if kind), default=-1)
    return row[: last + 1]


def holds_numbers(row: list[str], columns: list[int]) -> bool:
    there = [row[n] in (*NUMBERS, "") for n in columns if n < len(row)]
    return sum(there) >= MOSTLY * len(columns)


def looks_like_names(row: list[str], width: int) -> bool:
    told = [kind for kind in row[:width] if kind]
    return len(told) >= max(1, width // 2) and sum(kind == "text" for kind in told) > len(told) / 2


def described(rows: Sequence[Row], kinds: list[list[str]], first: int) -> Layout:
    width = max(len(trimmed(row)) for row in kinds[first : first + ALIKE])
    columns = tuple(column_kind([row[n] for row in kinds[first:] if n < len(row)]) for n in range(width))
    header, heads = first, [""] * width
    units = [""] * width
    if first > 0 and looks_like_names(kinds[first - 1], width):
        header, heads = first - 1, texts(rows[first - 1], width)
        if first > 1 and all_units(heads) and looks_like_names(kinds[first - 2], width):
            header, units, heads = first - 2, [unit.strip("()[] ") for unit in heads], texts(rows[first - 2], width)
    pairs = [split(head) for head in heads]
    told = tuple(own or unit for own, (_, unit) in zip(units, pairs, strict=True))
    return Layout(first, header, tuple(name for name, _ in pairs), told, columns)


def texts(row: Row, width: int) -> list[str]:
    found = ["" if cell is None else " ".join(str(cell).split()) for cell in row[:width]]
    return [cell.removeprefix("#").strip() if n == 0 else cell for n, cell in enumerate(found)] + [""] * (
        width - len(found)
    )


def all_units(heads: list[str]) -> bool:
    told = [head.strip("()[] ") for head in heads if head.strip("()[]- ")]
    return bool(told) and all(is_unit(head) for head in told)


def column_kind(kinds: list[str]) -> str:
    """What most of a column's cells are; numbers with points and with commas are both numbers."""
    counts = Counter("number" if kind in NUMBERS else kind for kind in kinds if kind)
    if not counts:
        return ""
    kind, count = counts.most_common(1)[0]
    return kind if count >= MOSTLY * counts.total() else "text"


def is_table(layout: Layout) -> bool:
    """A list of names with a number each is no table, unless it has a head."""
    numeric = layout.of_kind("number")
    first = layout.kinds[0] if layout.kinds else ""
    return bool(numeric) and (layout.has_names or len(numeric) > 1 or first in ("number", *TIMES))
