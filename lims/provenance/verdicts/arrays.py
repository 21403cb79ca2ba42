"""Two arrays, slab by slab."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lims.model.verdicts import Tolerance
from lims.provenance.content.digests import columns_of
from lims.provenance.content.slabs import Array, cuts
from lims.provenance.verdicts.elements import LARGEST, Apart, apart, are_identical, magnitude
from lims.provenance.verdicts.tolerances import granted

Index = tuple[int, ...]
TEXT = "OSU"
PIECE_BYTES = 2 << 20
LOWEST_EXPONENT, EXPONENTS = 1100, 2200


@dataclass(frozen=True)
class ArrayDifference:
    """Where two arrays differ. size: elements whose bits do. beyond: those that the tolerance does not let pass.

    index: of the largest error among those beyond, else among all. odd: words, or NaN or infinity in one only.
    """

    name: str
    size: int
    beyond: int
    odd: int
    index: Index
    max_abs: float | None
    rms: float | None
    tolerance: Tolerance


@dataclass
class Tally:
    """What one pass learns.

    numbers: elements that are numbers in both, or in neither. top: the largest of their errors; squares: the sum of
    the squares of all, as fractions of it, which cannot overflow. exponents: how many errors there are of each power
    of 2. weight: of the element at `index`, the first of those that weigh most.
    """

    size: int = 0
    beyond: int = 0
    odd: int = 0
    numbers: int = 0
    squares: float = 0.0
    top: float = 0.0
    weight: float = -1.0
    index: Index = ()
    exponents: Any = field(default_factory=lambda: np.zeros(EXPONENTS, np.int64))

    def add(self, result: Apart, is_beyond: Any, outer: Index, start: int) -> None:
        """One slab: outer, start: where its first element is."""
        odd = int(np.count_nonzero(result.odd))
        self.numbers += result.error.size - odd
        if not result.changed.any():
            return
        self.size += int(np.count_nonzero(result.changed))
        self.odd += odd
        self.beyond += int(np.count_nonzero(is_beyond))
        self.add_errors(result.error[result.error > 0])
        self.keep_largest(result, is_beyond, outer, start)

    def add_errors(self, errors: Any) -> None:
        if errors.size:
            before, self.top = self.top, max(self.top, float(errors.max()))
            self.squares *= (before / self.top) ** 2
            self.squares += float(np.square(errors / self.top).sum())
        self.exponents += np.bincount(np.frexp(errors)[1] + LOWEST_EXPONENT, minlength=EXPONENTS)

    def keep_largest(self, result: Apart, is_beyond: Any, outer: Index, start: int) -> None:
        """What is beyond the tolerance before the rest, and what no tolerance lets pass before any number."""
        weight = np.where(is_beyond, np.where(result.odd, np.inf, result.error), np.where(result.changed, 0.0, -1.0))
        at = tuple(map(int, np.unravel_index(int(np.argmax(weight)), weight.shape)))
        if weight[at] > self.weight:
            self.weight = float(weight[at])
            self.index = (*outer, at[0] + start, *at[1:]) if at else ()

    def median_error(self) -> float:
        """Of the errors that are not 0, rounded up to a power of 2."""
        counted = np.cumsum(self.exponents)
        if counted[-1] == 0:
            return 0.0
        exponent = int(np.searchsorted(counted, (counted[-1] + 1) // 2)) - LOWEST_EXPONENT
        return LARGEST if exponent > 1023 else math.ldexp(1.0, exponent)

    def rms(self) -> float:
        return self.top * math.sqrt(self.squares / self.numbers)


def mismatch(expected: Array, found: Array, rows: str, is_written: bool) -> str:
    """Why two arrays cannot be compared element by element; "" where they can."""
    if expected.shape != found.shape:
        if rows and len(expected.shape) == len(found.shape) == 1:
            return f"{found.shape[0]} {rows} instead of {expected.shape[0]}"
        return f"shape {shape_words(found.shape)} instead of {shape_words(expected.shape)}"
    one, other = expected.dtype, found.dtype
    if one.kind in TEXT and other.kind in TEXT:
        return ""
    if is_written and one.kind in "if" and other.kind in "if":
        return ""
    return "" if native(one) == native(other) else f"type {type_words(other)} instead of {type_words(one)}"


def shape_words(shape: Any) -> str:
    return " × ".join(map(str, shape)) or "()"


def type_words(dtype: "np.dtype[Any]") -> str:
    return "text" if dtype.kind in TEXT else str(dtype)


def native(dtype: "np.dtype[Any]") -> "np.dtype[Any]":
    return dtype.newbyteorder("=")


def compare_arrays(name: str, expected: Array, found: Array, declared: Tolerance | None) -> Iterator[ArrayDifference]:
    """One for each array, and each column of a table, that differs. Both have the same shape and type."""
    for path in columns_of(expected.dtype):
        difference = compare_column(".".join((name, *path)).strip("."), expected, found, path, declared)
        if difference:
            yield difference


def compare_column(
    name: str, expected: Array, found: Array, path: tuple[str, ...], declared: Tolerance | None
) -> ArrayDifference | None:
    first = tallied(expected, found, path, Tolerance(0.0, 0.0))
    if not first.size:
        return None
    tolerance = granted(
        declared, dtype_at(expected.dtype, path), largest=scale_of(expected, path), median_error=first.median_error(),
        differing=int(first.exponents.sum()), count=first.numbers,
    )  # fmt: skip
    second = tallied(expected, found, path, tolerance)
    return ArrayDifference(
        name, first.size, second.beyond, first.odd, second.index if second.beyond else first.index,
        first.top if first.numbers and not is_words(expected.dtype, path) else None,
        first.rms() if first.numbers and not is_words(expected.dtype, path) else None, tolerance,
    )  # fmt: skip


def dtype_at(dtype: "np.dtype[Any]", path: tuple[str, ...]) -> "np.dtype[Any]":
    for name in path:
        dtype = dtype[name]
    return dtype.base


def is_words(dtype: "np.dtype[Any]", path: tuple[str, ...]) -> bool:
    return dtype_at(dtype, path).kind in "OSUV"


def tallied(expected: Array, found: Array, path: tuple[str, ...], tolerance: Tolerance) -> Tally:
    """One pass over both, of which one slab each is in memory."""
    tally = Tally()
    for index in cuts(tuple(expected.shape), expected.dtype.itemsize, getattr(expected, "chunks", None)):
        *outer, rows = index or (slice(0, 1),)
        for start, one, other in pieces(column(expected[index], path), column(found[index], path)):
            add_piece(tally, *alike(one, other), tolerance, tuple(outer), rows.start + start)
    return tally


def pieces(expected: Any, found: Any) -> Iterator[tuple[int, Any, Any]]:
    """(first row, rows of both): comparing takes many times the memory of what is compared."""
    if not expected.ndim:
        yield 0, expected, found
        return
    rows = max(1, PIECE_BYTES * len(expected) // max(1, expected.nbytes))
    for start in range(0, len(expected), rows):
        yield start, expected[start : start + rows], found[start : start + rows]


def add_piece(tally: Tally, expected: Any, found: Any, tolerance: Tolerance, outer: Index, start: int) -> None:
    if are_identical(expected, found):
        tally.numbers += expected.size
        return
    result = apart(expected, found)
    limit = (tolerance.absolute or 0.0) + (tolerance.relative or 0.0) * magnitude(expected)
    tally.add(result, result.odd | (result.error > limit), outer, start)


def scale_of(expected: Array, path: tuple[str, ...]) -> float:
    """The largest magnitude."""
    indices = cuts(tuple(expected.shape), expected.dtype.itemsize, getattr(expected, "chunks", None))
    slabs = (column(expected[index], path) for index in indices)
    return max(float(magnitude(one).max(initial=0.0)) for slab in slabs for _, one, _ in pieces(slab, slab))


def column(slab: Any, path: tuple[str, ...]) -> Any:
    values = np.asarray(slab)
    for name in path:
        values = values[name]
    return values


def alike(expected: Any, found: Any) -> tuple[Any, Any]:
    """Both in this machine's order of bytes; where both are written as text, as float64 if one is."""
    if expected.dtype.kind in "if" and found.dtype.kind in "if" and expected.dtype.kind != found.dtype.kind:
        return expected.astype("f8"), found.astype("f8")
    one, other = (values.astype(native(values.dtype), copy=False) for values in (expected, found))
    return one, other
