"""A large array in pieces of bounded size, which read each of its chunks once where that is possible."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

SLAB_BYTES = 16 << 20
BAND_BYTES = 64 << 20
"""The most that is read at once to read each chunk of the file once: a row of chunks is decompressed whole."""


class Array(Protocol):
    """What slicing gives as numpy: of HDF5, of zarr, of numpy."""

    @property
    def shape(self) -> Any: ...

    @property
    def dtype(self) -> Any: ...

    def __getitem__(self, index: Any, /) -> Any: ...


def slabs(item: Array, aligned: bool = True) -> Iterator[Any]:
    """The array in C order in pieces of about 16 MB, at most 64 MB; nothing for an array without elements.

    aligned: cut where its chunks end; else as if it had none.
    """
    chunks = getattr(item, "chunks", None) if aligned else None
    for index in cuts(tuple(item.shape), item.dtype.itemsize, chunks):
        yield np.asarray(item[index])


def cuts(shape: tuple[int, ...], itemsize: int, chunks: Sequence[int] | None = None) -> Iterator[Any]:
    """The index of each slab. A chunk is read more than once only where a row of chunks is larger than BAND_BYTES."""
    if math.prod(shape) == 0:
        return
    if not shape:
        yield ()
        return
    axis, most = 0, BAND_BYTES if chunks else SLAB_BYTES
    while axis < len(shape) - 1 and bytes_below(shape, itemsize, axis) > most:
        axis += 1
    rows = rows_at_once(bytes_below(shape, itemsize, axis), chunks[axis] if chunks else None)
    for outer in np.ndindex(shape[:axis]):
        for start in range(0, shape[axis], rows):
            yield (*outer, slice(start, min(start + rows, shape[axis])))


def rows_at_once(row_bytes: int, chunk_rows: int | None) -> int:
    if not chunk_rows:
        return max(1, SLAB_BYTES // row_bytes)
    band = chunk_rows * row_bytes
    return chunk_rows * max(1, SLAB_BYTES // band) if band <= BAND_BYTES else max(1, BAND_BYTES // row_bytes)


def bytes_below(shape: tuple[int, ...], itemsize: int, axis: int) -> int:
    """Of one element of `axis`, when the axes before it are fixed."""
    return max(1, itemsize) * math.prod(shape[axis + 1 :])
