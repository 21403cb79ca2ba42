"""How far apart the elements of two arrays of one dtype are."""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from lims.provenance.content.digests import cell

LARGEST = sys.float_info.max


@dataclass(frozen=True)
class Apart:
    """Three arrays of the shape of what was compared.

    changed: the bits are others. error: |found - expected| as float64, 0 where it is no number.
    odd: words that differ, or a number in one and none (NaN, infinite) in the other, which no tolerance lets pass.
    """

    changed: Any
    error: Any
    odd: Any


def are_identical(expected: Any, found: Any) -> bool:
    """Bit by bit, which is soon seen; False also where that would take a closer look."""
    if expected.dtype != found.dtype or expected.dtype.hasobject:
        return bool(expected.size == found.size == 1 and cell(expected.item()) == cell(found.item()))
    one, other = (np.ascontiguousarray(values).reshape(-1) for values in (expected, found))
    return bool(np.array_equal(one.view("u1"), other.view("u1"))) if one.itemsize else True


def apart(expected: Any, found: Any) -> Apart:
    """Both of the same shape and, but for words, of the same dtype in this machine's order of bytes."""
    kind = expected.dtype.kind
    if kind in "OSUV":
        changed = words_changed(expected, found)
        return Apart(changed, np.zeros(changed.shape), changed)
    if kind in "fc":
        return floats_apart(expected, found)
    changed = expected != found if kind in "biu" else expected.view("i8") != found.view("i8")
    return Apart(changed, whole_error(expected, found), np.zeros(changed.shape, bool))


def words_changed(expected: Any, found: Any) -> Any:
    if expected.dtype.kind == found.dtype.kind != "O":
        return np.asarray(expected != found)
    pairs = zip(expected.flat, found.flat, strict=True)
    return np.fromiter((cell(one) != cell(other) for one, other in pairs), bool, expected.size).reshape(expected.shape)


def whole_error(expected: Any, found: Any) -> Any:
    """Without overflow: the difference of two 64-bit numbers, larger minus smaller, is right modulo 2**64."""
    if expected.dtype.kind == "b":
        return (expected != found).astype("f8")
    one, other = (values.view("i8") if values.dtype.kind in "mM" else values for values in (expected, found))
    wide = "u8" if one.dtype.kind == "u" else "i8"
    high, low = (chosen(one, other).astype(wide).view("u8") for chosen in (np.maximum, np.minimum))
    with np.errstate(over="ignore"):
        return (high - low).astype("f8")


def floats_apart(expected: Any, found: Any) -> Apart:
    wide = np.promote_types(expected.dtype, np.float64)
    one, other = expected.astype(wide), found.astype(wide)
    same = same_value(one, other)
    odd = ~same & ~(np.isfinite(one) & np.isfinite(other))
    with np.errstate(all="ignore"):
        error = np.minimum(np.abs(other - one), LARGEST).astype("f8")
    error = np.where(same | odd, 0.0, error)
    return Apart(~same | bits_changed(expected, found), error, odd)


def same_value(one: Any, other: Any) -> Any:
    """Equal, or both not a number; of complex numbers both parts."""
    if one.dtype.kind == "c":
        return same_value(one.real, other.real) & same_value(one.imag, other.imag)
    return (one == other) | (np.isnan(one) & np.isnan(other))


def bits_changed(expected: Any, found: Any) -> Any:
    """-0.0 is not 0.0, and there are many NaN. Longer floats have unused bits, so they are not looked at."""
    if expected.dtype.kind == "c":
        return bits_changed(expected.real, found.real) | bits_changed(expected.imag, found.imag)
    if expected.dtype.itemsize > 8:
        return np.zeros(expected.shape, bool)
    bits = f"u{expected.dtype.itemsize}"
    return np.asarray(expected, order="C").view(bits) != np.asarray(found, order="C").view(bits)


def magnitude(expected: Any) -> Any:
    """|expected| as float64; 0 for what is no number."""
    if expected.dtype.kind not in "iufcb":
        return np.zeros(expected.shape)
    with np.errstate(all="ignore"):
        found = np.abs(expected.astype(np.promote_types(expected.dtype, np.float64)))
        return np.where(np.isfinite(found), np.minimum(found, LARGEST), 0.0).astype("f8")
