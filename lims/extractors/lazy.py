"""Arrays that stay in their file until a part of them is asked for."""

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK_BYTES = 16 << 20
MOST_RUNS = 64
FAR_FROM_ANY = -9
"""A number that is nobody's neighbour."""
MOST_CHUNKS = 4096
"""Of an array of any size; each costs memory and time before anything is read."""


def as_lazy(source: Any, chunks: tuple[int, ...] | None = None, *, one_at_a_time: bool = False) -> Any:
    """A dask array over anything with shape, dtype and slices. A slice of it reads no more than itself.

    chunks: by default as chunks_of says.
    """
    dask = importlib.import_module("dask.array")  # costs 0.3 s, which a file without arrays shall not pay
    meta = np.empty((0,) * len(source.shape), dtype=source.dtype)
    return dask.from_array(source, chunks=chunks or chunks_of(source), name=False, lock=one_at_a_time, meta=meta)


def chunks_of(source: Any) -> tuple[int, ...]:
    """Whole frames, and as many of them as CHUNK_BYTES hold; in multiples of how the file is chunked."""
    stored = getattr(source, "chunks", None) or (1,) * len(source.shape)
    total = source.dtype.itemsize * math.prod(source.shape)
    left = max(CHUNK_BYTES, total // MOST_CHUNKS) // max(source.dtype.itemsize, 1)
    chunks: list[int] = []
    for size, step in zip(reversed(source.shape), reversed(stored), strict=True):
        taken = max(1, min(size, max(step, left // step * step)))
        chunks.insert(0, taken)
        left //= taken
    return tuple(chunks)


@dataclass(frozen=True)
class Scanned:
    """Frames that were stored one after the other, shown where they lie on the sample: (*places.shape, *frame).

    frames: (n, *frame), read by slices. places: the number of the frame at each point, -1 where there is none (zeros).
    """

    frames: Any
    places: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.places.shape, *self.frames.shape[1:])

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        return self.frames.dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        key = (*key, *(slice(None),) * (self.ndim - len(key))) if isinstance(key, tuple) else (key,)
        wanted, inside = np.asarray(self.places[key[: self.places.ndim]]), key[self.places.ndim :]
        flat = wanted.reshape(-1)
        return self.gathered(flat, inside).reshape((*wanted.shape, *self.frame_shape(inside)))

    def gathered(self, numbers: NDArray[np.int64], inside: tuple[Any, ...]) -> NDArray[Any]:
        """Runs of neighbours are read at once; many short ones of little data are picked out of the whole."""
        found: NDArray[Any] = np.zeros((len(numbers), *self.frame_shape(inside)), dtype=self.dtype)
        numbers = np.where(numbers < 0, FAR_FROM_ANY, numbers)
        ends = [*(np.flatnonzero(np.diff(numbers) != 1) + 1).tolist(), len(numbers)]
        if len(ends) > MOST_RUNS and self.frame_bytes() * self.frames.shape[0] <= CHUNK_BYTES:
            there = numbers >= 0
            found[there] = np.asarray(self.frames[(slice(None), *inside)])[numbers[there]]
            return found
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            if end > start and numbers[start] >= 0:
                first = int(numbers[start])
                found[start:end] = self.frames[(slice(first, first + end - start), *inside)]
        return found

    def frame_bytes(self) -> int:
        return int(self.dtype.itemsize * math.prod(self.frames.shape[1:]))

    def frame_shape(self, inside: tuple[Any, ...]) -> tuple[int, ...]:
        sizes = self.frames.shape[1:]
        parts = zip(sizes, (*inside, *(slice(None),) * (len(sizes) - len(inside))), strict=True)
        return tuple(len(range(*part.indices(size))) for size, part in parts if isinstance(part, slice))


def rows_and_columns(rows: int, columns: int) -> NDArray[np.int64]:
    """The places of frames that were stored row by row."""
    return np.arange(rows * columns, dtype=np.int64).reshape(rows, columns)


@dataclass(frozen=True)
class Joined:
    """Stacks of frames, each (n, *frame), as one."""

    parts: Sequence[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        return (sum(part.shape[0] for part in self.parts), *self.parts[0].shape[1:])

    @property
    def dtype(self) -> Any:
        return self.parts[0].dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """key: a slice without a step, and what else there is behind it."""
        asked, *inside = key if isinstance(key, tuple) else (key,)
        start, stop, _ = asked.indices(self.shape[0])
        found, before = [], 0
        for part in self.parts:
            first, last = max(start - before, 0), min(stop - before, part.shape[0])
            if first < last:
                found.append(part[(slice(first, last), *inside)])
            before += part.shape[0]
        return np.concatenate(found) if found else self.parts[0][(slice(0, 0), *inside)]
