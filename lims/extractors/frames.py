"""One light frame of a signal of any size and dimension: reads a bounded part of the file."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.extractors.raw import Counted
from lims.extractors.signals import Calibrated
from lims.model import Axis
from lims.plugins import Frame

MOST_BYTES = 192 << 20
"""What may be read for one preview; beyond that every n-th row or frame is taken."""
MOST_PIXELS = 16 << 20
MOST_BLOCK_BYTES = 1 << 30
FRAMES_SUMMED = 64
SMALLEST_MAP = 8
"""A map of fewer points a side says less than the sum of its spectra."""


def frame_of(signal: Calibrated) -> Frame:
    """Reduce a signal to something to look at: (y, x), (y, x, colours) or (x,)."""
    ensure_blocks(signal.data)
    if signal.is_colour:
        return colour_frame(signal)
    positions = [n for n, axis in enumerate(signal.axes) if axis.is_navigation]
    shown = [n for n, axis in enumerate(signal.axes) if not axis.is_navigation]
    if not shown or len(shown) > 2:
        shown = list(range(signal.data.ndim))[-2:]
        positions = list(range(signal.data.ndim - len(shown)))
    order = [*positions, *shown]
    data = signal.data if order == sorted(order) else signal.data.transpose(order)  # else dask reads whole chunks
    axes = tuple(signal.axes[n] for n in positions), tuple(signal.axes[n] for n in shown)
    return spectra_frame(data, *axes) if len(shown) == 1 else image_frame(data, *axes)


def ensure_blocks(data: Any) -> None:
    """Raises MemoryError where a lazy array comes in too large blocks: one is made whole to see a part of it."""
    blocks = getattr(data, "chunks", None)
    if blocks is not None:
        largest = data.dtype.itemsize * math.prod(max(sizes, default=0) for sizes in blocks)
        if largest > MOST_BLOCK_BYTES:
            raise MemoryError(f"it comes in blocks of {largest >> 20} MiB")


def image_frame(data: Any, positions: tuple[Axis, ...], shown: tuple[Axis, ...]) -> Frame:
    """An image is itself; of a series the middle; of a scan of patterns the mean of some."""
    if not positions:
        return Frame(strided(data, shown), shown)
    if len(positions) == 1:
        middle = data.shape[0] // 2
        return Frame(strided(data[middle], shown), shown, f"frame {middle} of {data.shape[0]}")
    flat = data.reshape((-1, *data.shape[-2:])) if isinstance(data, np.ndarray) else data
    count = int(np.prod(data.shape[:-2]))
    chosen = np.unique(np.linspace(0, count - 1, min(frames_affordable(data), count)).astype(int))
    total: NDArray[Any] = np.zeros(strided(frame_number(flat, data.shape, 0), shown).shape, dtype=np.float64)
    for number in chosen:
        total += np.abs(strided(frame_number(flat, data.shape, int(number)), shown))
    return Frame(total / len(chosen), shown, f"mean of {len(chosen)} of {count} frames")


def frame_number(flat: Any, shape: tuple[int, ...], number: int) -> Any:
    """Frame number n of a scan, without making an array of all of them."""
    return flat[number] if flat.ndim == 3 else flat[tuple(np.unravel_index(number, shape[:-2]))]


def frames_affordable(data: Any) -> int:
    one = data.dtype.itemsize * int(np.prod(data.shape[-2:]))
    return max(1, min(FRAMES_SUMMED, MOST_BYTES // max(int(one), 1)))


def spectra_frame(data: Any, positions: tuple[Axis, ...], shown: tuple[Axis, ...]) -> Frame:
    """A spectrum is itself; a map of them is summed over energy, or where the map is too small to one spectrum."""
    if not positions:
        return Frame(computed(data), shown)
    part, step = (data, 1) if isinstance(data, Counted) else thinned(data)
    if len(positions) == 2 and min(part.shape[:2]) >= SMALLEST_MAP:
        kept = tuple(Axis(a.name, a.size, a.scale * step, a.offset, a.unit) for a in positions)
        return Frame(over_spectrum(part), kept, f"sum over {shown[0].name or 'the spectrum'}")
    return Frame(over_positions(part), shown, "sum of all spectra")


def over_spectrum(data: Any) -> NDArray[Any]:
    return data.over_spectrum() if isinstance(data, Counted) else computed(data.sum(axis=-1))


def over_positions(data: Any) -> NDArray[Any]:
    return data.over_positions() if isinstance(data, Counted) else computed(data.sum(axis=tuple(range(data.ndim - 1))))


def thinned(data: Any) -> tuple[Any, int]:
    """Every n-th position along each of the leading axes, so that no more than MOST_BYTES are read."""
    leading = data.ndim - 1
    excess = data.dtype.itemsize * int(np.prod(data.shape, dtype=object)) / MOST_BYTES
    step = max(1, int(np.ceil(excess ** (1 / leading))))
    return (data if step == 1 else data[(slice(None, None, step),) * leading]), step


def colour_frame(signal: Calibrated) -> Frame:
    names = [name for name in ("R", "G", "B", "A") if name in signal.data.dtype.names]
    data = signal.data
    while data.ndim > 2:
        data = data[data.shape[0] // 2]
    if data.ndim < 2:
        data = data.reshape((1, -1))
    step = stride(data.shape)
    pixels = computed(data[::step, ::step])
    return Frame(np.stack([pixels[name] for name in names], axis=-1), signal.axes[-2:])


def strided(data: Any, axes: tuple[Axis, ...]) -> NDArray[Any]:
    step = stride(data.shape)
    return computed(data if step == 1 else data[::step, ::step])


def stride(shape: tuple[int, ...]) -> int:
    return max(1, int(np.ceil(np.sqrt(int(np.prod(shape, dtype=object)) / MOST_PIXELS))))


def computed(data: Any) -> NDArray[Any]:
    """An array of numbers. Raises MemoryError before anything too large is made."""
    size = data.dtype.itemsize * int(np.prod(data.shape, dtype=object))
    if size > 2 * MOST_BYTES:
        raise MemoryError(f"{data.shape} of {data.dtype} is {size >> 20} MiB")
    if hasattr(data, "compute"):
        data = data.compute(scheduler="synchronous")
    if hasattr(data, "todense"):
        data = data.todense()
    return np.asarray(data)
