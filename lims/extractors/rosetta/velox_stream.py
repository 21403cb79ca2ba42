"""Velox' spectrum stream: 16-bit numbers, one channel number a count, 65535 for "the next pixel", frame after frame."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

NEXT_PIXEL = 65535
MOST_VALUES = 8 << 20
"""What is read of a file's streams for one picture; longer ones are cut, which leaves out the last frames."""
PART = 4 << 20


@dataclass
class StreamCube:
    """A spectrum image that is stored as streams, one a detector, each (values, 1). shape: (y, x, channel).

    As much of an array as its description needs, and the two sums that pictures are made of.
    """

    streams: Sequence[h5py.Dataset]
    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def over_spectrum(self) -> NDArray[np.int64]:
        """(y, x): the counts of each pixel."""
        pixels = self.shape[0] * self.shape[1]
        if pixels > MOST_VALUES:
            raise MemoryError(f"{self.shape[0]} × {self.shape[1]} spectra")
        total = np.zeros(pixels)
        for values in self.read():
            gates = np.flatnonzero(values == NEXT_PIXEL)
            counts = np.diff(gates, prepend=-1, append=values.size) - 1
            total += np.bincount(np.arange(counts.size) % pixels, weights=counts, minlength=pixels)
        return total.astype(np.int64).reshape(self.shape[:2])

    def over_positions(self) -> NDArray[np.int64]:
        """(channel,): the counts of each channel."""
        total = np.zeros(self.shape[2], dtype=np.int64)
        for values in self.read():
            total += np.bincount(values, minlength=NEXT_PIXEL + 1)[: self.shape[2]]
        return total

    def read(self) -> Iterator[NDArray[np.uint16]]:
        most = MOST_VALUES // max(1, len(self.streams))
        return (stream[:most, 0] for stream in self.streams)


def cube(streams: Sequence[h5py.Group], scan: Sequence[int]) -> StreamCube:
    """scan: (y, x). Raises ValueError where the settings of the acquisition make no sense."""
    settings = json.loads(streams[0]["AcquisitionSettings"][0])
    channels, dtype = int(settings["bincount"]), np.dtype(settings["StreamEncoding"])
    if not 0 < channels <= NEXT_PIXEL or dtype.kind not in "ui":
        raise ValueError(f"its spectrum stream claims {channels} channels of {dtype}; it is damaged")
    return StreamCube(tuple(stream["Data"] for stream in streams), (*scan, channels), dtype)


def ensure_channels(stream: h5py.Group) -> None:
    """Raises ValueError for a count in a channel that is not there: a decoder would write beside its array."""
    channels = int(json.loads(stream["AcquisitionSettings"][0])["bincount"])
    data = stream["Data"]
    for start in range(0, data.shape[0], PART):
        values = data[start : start + PART, 0]
        if np.any((values >= channels) & (values != NEXT_PIXEL)):
            raise ValueError(f"its spectrum stream has counts beyond its {channels} channels; it is damaged")
