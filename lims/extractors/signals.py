"""Arrays and axes of a signal, in the order in which HyperSpy will show them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lims.extractors.raw import Raw
from lims.extractors.spectral import is_spectral
from lims.model import Axis, Signal, Value

COLOURS = ("R", "G", "B")


@dataclass(frozen=True)
class Calibrated:
    """A lazy array with its axes, spectrum last. data: numpy or dask; colours as a last dimension without an axis."""

    data: Any
    axes: tuple[Axis, ...]

    @property
    def is_colour(self) -> bool:
        return bool(self.data.dtype.names) and set(COLOURS) <= set(self.data.dtype.names)


def calibrated(raw: Raw) -> Calibrated:
    data = raw.data if hasattr(raw.data, "dtype") else np.asarray(raw.data)
    axes = [axis_of(axis, data.shape[n]) for n, axis in enumerate(in_order(raw.axes, data.shape)) if n < data.ndim]
    axes += [Axis("", size, 1.0, 0.0, "") for size in data.shape[len(axes) :]]
    if not any(axis.is_navigation for axis in axes) and all(a.get("navigate") is None for a in raw.axes):
        axes = guess_navigation(axes)
    if len(axes) > 1 and all(axis.is_navigation for axis in axes):  # Phenom's and Delmic's pictures: nothing to show
        axes = guess_navigation(axes)
    data, axes = spectrum_last(data, axes)
    if raw.squeeze:
        data, axes = squeezed(data, axes)
    return Calibrated(data, tuple(axes))


def in_order(axes: list[dict[str, Any]], shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """As they are listed, which is what HyperSpy does; by their indices only where the list does not fit the array.

    The indices of a Renishaw camera's image are the wrong way round.
    """
    if all(axis.get("size") in (None, size) for axis, size in zip(axes, shape, strict=False)):
        return axes
    if all(isinstance(axis.get("index_in_array"), int) for axis in axes):
        return sorted(axes, key=lambda axis: axis["index_in_array"])
    return axes


def axis_of(raw: dict[str, Any], size: int) -> Axis:
    """One axis; a non-uniform one (its values listed) is described by its mean step."""
    listed = raw.get("axis")
    if listed is not None and np.ndim(listed) == 1 and len(listed) > 1:
        values = np.asarray(listed, dtype=float)
        scale, offset = number((values[-1] - values[0]) / (len(values) - 1), 1.0), number(values[0], 0.0)
    else:
        scale, offset = number(raw.get("scale"), 1.0), number(raw.get("offset"), 0.0)
    return Axis(text(raw.get("name")), int(size), scale, offset, text(raw.get("units")), bool(raw.get("navigate")))


def number(value: Any, otherwise: float) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return otherwise
    return found if np.isfinite(found) else otherwise


def text(value: Any) -> str:
    """Names and units as text; what readers write for "none" becomes ""."""
    words = "" if value is None else str(value)
    return "" if words in ("None", "<undefined>", "undefined", "Undefined") else words


def guess_navigation(axes: list[Axis]) -> list[Axis]:
    """Where the reader leaves it open: a spectrum is the last axis, else the last two are the picture."""
    shown = 1 if axes and is_spectral(axes[-1]) else 2
    return [replace(axis, is_navigation=n < len(axes) - shown) for n, axis in enumerate(axes)]


def spectrum_last(data: Any, axes: list[Axis]) -> tuple[Any, list[Axis]]:
    """A spectrum image stored energy first (DigitalMicrograph) is turned round, as HyperSpy turns it."""
    if len(axes) > 1 and is_spectral(axes[0]) and not any(is_spectral(axis) for axis in axes[1:]):
        data = data.transpose([*range(1, data.ndim), 0])
        axes = [*(replace(axis, is_navigation=True) for axis in axes[1:]), replace(axes[0], is_navigation=False)]
    return data, axes


def squeezed(data: Any, axes: list[Axis]) -> tuple[Any, list[Axis]]:
    kept = [n for n, axis in enumerate(axes) if axis.size > 1]
    if not kept or len(kept) == len(axes):
        return data, axes
    return data.reshape([data.shape[n] for n in kept]), [axes[n] for n in kept]


def describe(raw: Raw, title: str) -> Signal:
    """title: for a signal to which its vendor gave none."""
    found = calibrated(raw)
    general, signal = raw.metadata.get("General") or {}, raw.metadata.get("Signal") or {}
    dtype = "rgb" if found.is_colour and "A" not in found.data.dtype.names else "rgba" if found.is_colour else ""
    if dtype:
        dtype += str(8 * found.data.dtype[0].itemsize)
    return Signal(
        title=text(general.get("title")) or title,
        signal_type=text(signal.get("signal_type")) or shape_word(found.axes),
        shape=tuple(int(size) for size in found.data.shape),
        dtype=dtype or str(found.data.dtype.newbyteorder("=")),
        axes=found.axes,
    )


def shape_word(axes: tuple[Axis, ...]) -> str:
    """What a signal without a vendor's type is: by its shape and what it is shown over."""
    shown = sum(not axis.is_navigation for axis in axes)
    return {0: "", 1: "spectrum" if any(map(is_spectral, axes)) else "profile", 2: "image"}.get(shown, "volume")


def scaled(signal: Signal, normalised: dict[str, Value]) -> Signal:
    """Give a picture without a scale the pixel size that its vendor's tags know."""
    sizes = normalised.get("pixel_size_y"), normalised.get("pixel_size_x")
    if len(signal.axes) != 2 or any(axis.unit for axis in signal.axes) or None in sizes:
        return signal
    axes = tuple(
        replace(axis, scale=size.value, unit="m")
        for axis, size in zip(signal.axes, sizes, strict=True)
        if size is not None
    )
    return replace(signal, axes=axes)
