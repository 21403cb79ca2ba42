"""Signals of a file of no known writer: every array that could be one, the largest first."""

from collections.abc import Iterable, Sequence
from typing import Any

import h5py
import numpy as np

from lims.extractors.hdf5.scales import axes_of
from lims.extractors.hdf5.walk import Array
from lims.extractors.lazy import as_lazy
from lims.extractors.raw import Raw

MOST_SIGNALS = 32
SHORTEST_LINE, SMALLEST_SIDE, SMALL = 16, 8, 1 << 16
COLOURS = {3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}
PATH_IS_NO_TITLE: dict[str, tuple[Any, str, Any]] = {"General.title": (None, "", None)}
"""A signal is named after its place in the file, which tells nothing about the file as a whole."""
TOO_MANY = 256 << 40
"""Bytes that nobody has; an array that says so is a mistake or an attack."""


def whatever_signals(file: h5py.File, arrays: Sequence[Array]) -> tuple[list[Raw], list[str]]:
    """The largest arrays; where all are small, those: the file was written for something."""
    found, said = generic_signals(file, arrays)
    if found:
        return found, said
    small = [array for array in arrays if 1 < array.size < SMALL]
    small = [array for array in small if len(array.shape) > 1] or small
    return [signal_of(file[array.path]) for array in small[:MOST_SIGNALS]], left_out(len(small) - MOST_SIGNALS)


def generic_signals(file: h5py.File, arrays: Iterable[Array]) -> tuple[list[Raw], list[str]]:
    """The largest of these arrays, and what to say of the others."""
    sensible = [array for array in arrays if is_sensible(array)]
    sensible.sort(key=lambda array: -array.size)  # a stable sort: equals stay in the file's order
    return [signal_of(file[array.path]) for array in sensible[:MOST_SIGNALS]], left_out(len(sensible) - MOST_SIGNALS)


def left_out(count: int) -> list[str]:
    return [f"{count} more arrays are in it; they are only described in its metadata."] if count > 0 else []


def is_sensible(array: Array) -> bool:
    """Whether there is something to see: a line or a picture, no axis, no matrix of three by three."""
    if array.is_scale or not 0 < array.size * array.itemsize < TOO_MANY:
        return False
    largest, *others = sorted(array.shape, reverse=True)
    return largest >= SHORTEST_LINE or (len(others) > 0 and others[0] >= SMALLEST_SIDE)


def signal_of(
    dataset: h5py.Dataset, axes: Sequence[dict[str, Any]] | None = None, title: str = "", signal_type: str = ""
) -> Raw:
    """One dataset as a signal; colours of a picture become one value per pixel."""
    data = as_lazy(dataset)
    found = list(axes) if axes is not None else axes_of(dataset)
    if is_colour_picture(dataset):
        data, found = coloured(data), found[:2]
    return raw(data, found, title or (dataset.name or "").strip("/"), signal_type)


def raw(data: Any, axes: Iterable[dict[str, Any]], title: str, signal_type: str = "") -> Raw:
    """A signal without its tree, which is the whole file's and is added when all are known."""
    placed = [one | {"index_in_array": number, "size": data.shape[number]} for number, one in enumerate(axes)]
    metadata = {"General": {"title": title}, "Signal": {"signal_type": signal_type}}
    return Raw(data, placed, metadata, {}, mapped=PATH_IS_NO_TITLE)


def is_colour_picture(dataset: h5py.Dataset) -> bool:
    if dataset.ndim != 3 or dataset.dtype not in (np.uint8, np.uint16) or dataset.shape[2] not in COLOURS:
        return False
    return bool(min(dataset.shape[:2]) >= SMALLEST_SIDE)


def coloured(data: Any) -> Any:
    """(…, 3 or 4) of numbers to (…) of colours."""
    kind = np.dtype([(name, data.dtype) for name in COLOURS[data.shape[-1]]])

    def joined(block: Any) -> Any:
        return np.ascontiguousarray(block).view(kind)[..., 0]

    whole = data.rechunk({data.ndim - 1: -1})
    return whole.map_blocks(joined, dtype=kind, drop_axis=data.ndim - 1, meta=np.empty((0,) * (data.ndim - 1), kind))
