"""Many planes of one file as one lazy array: a plane is read when somebody looks at it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.extractors.lazy import as_lazy
from lims.extractors.raw import Raw
from lims.plugins import Frame

MOST_CHUNKS = 4096
TILE = 4096
"""Pixels a side of what is read at once of a plane; most planes are smaller and read whole."""

class Mapped:
    """An array mapped from a file, which dask would copy at once if it knew what it is."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array, self.shape, self.dtype, self.ndim = array, array.shape, array.dtype, array.ndim

    def __getitem__(self, key: Any) -> NDArray[Any]:
        found: NDArray[Any] = self.array[key]
        return found


def mapped(array: NDArray[Any], chunks: tuple[int, ...]) -> Any:
    """A dask array over it, of which nothing is read yet."""
    return as_lazy(Mapped(array), chunks)


ReadPlane = Callable[[tuple[int, ...], slice, slice], NDArray[Any]]
"""(index along the leading axes, rows, columns) -> (y, x)"""


class Planes:
    """What dask sees as an array. shape: leading axes, then y and x."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], read: ReadPlane) -> None:
        self.shape, self.dtype, self.ndim, self.read = shape, dtype, len(shape), read

    def __getitem__(self, key: Any) -> NDArray[Any]:
        keys = key if isinstance(key, tuple) else (key,)
        keys = (*keys, *(slice(None),) * (self.ndim - len(keys)))
        ranges = [range(size)[one] for one, size in zip(keys, self.shape, strict=True)]
        walked = [[one] if isinstance(one, int) else one for one in ranges]
        rows, columns = (slice(one[0], one[-1] + 1) if len(one) else slice(0, 0) for one in walked[-2:])
        found = np.empty([len(one) for one in walked], self.dtype)
        for place in product(*(range(len(one)) for one in walked[:-2])):
            index = tuple(one[n] for one, n in zip(walked, place, strict=False))
            part = self.read(index, rows, columns)
            found[place] = part[:: step(walked[-2]), :: step(walked[-1])]
        return found[tuple(0 if isinstance(one, int) else slice(None) for one in ranges)]


@dataclass(frozen=True)
class Mosaic(Raw):
    """A signal whose file keeps smaller copies of it. look: gives one of them as a frame."""

    look: Callable[[], Frame] | None = None


def step(walked: Any) -> int:
    return walked.step if isinstance(walked, range) else 1


def lazy(shape: tuple[int, ...], dtype: Any, read: ReadPlane) -> Any:
    """A dask array with a chunk a plane; of very many small planes several. One reader at a time."""
    kind = np.dtype(dtype)
    tile = tuple(min(TILE, size) for size in shape[-2:])
    return as_lazy(Planes(shape, kind, read), (*chunks_of(shape[:-2]), *tile), one_at_a_time=True)


def chunks_of(leading: tuple[int, ...]) -> tuple[int, ...]:
    """One plane each; of very many as many together, along the innermost axes first, that dask can count them."""
    sizes = [1] * len(leading)
    for n in reversed(range(len(leading))):
        count = prod(ceil(length / size) for length, size in zip(leading, sizes, strict=True))
        if count > MOST_CHUNKS:
            sizes[n] = min(leading[n], ceil(count / MOST_CHUNKS))
    return tuple(sizes)


def colours(samples: NDArray[Any]) -> NDArray[Any]:
    """(y, x, 3) as HyperSpy has colours: (y, x) of R, G, B."""
    return np.ascontiguousarray(samples[..., :3]).view(colour_type(samples.dtype))[..., 0]


def colour_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Raises ValueError for colours of a depth that HyperSpy has no type for."""
    if dtype.kind != "u" or dtype.itemsize > 2:
        raise ValueError(f"colours of {dtype} are not read, only of 8 and 16 bits")
    return np.dtype([(name, dtype) for name in "RGB"])
