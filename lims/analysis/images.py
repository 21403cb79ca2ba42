"""Between HyperSpy signals and the arrays that the analysis works on."""

import re
from dataclasses import dataclass
from typing import Any

import hyperspy.api as hs
import numpy as np
import pint

from lims.analysis.fourier import Array, frequencies
from lims.errors import Invalid

UNKNOWN_UNITS = ("", "None", "<undefined>", "_None_")


@dataclass(frozen=True)
class Image:
    """data: (y, x). scale: (y, x), size of a pixel in `unit`; "px" and 1 where the file says nothing."""

    data: Array
    scale: tuple[float, float]
    unit: str
    title: str


def image_of(signal: Any) -> Image:
    """The image that a signal holds; colours as their mean. A lazy signal is read.

    Raises Invalid for a spectrum, a stack or a map, and says what to choose from it.
    """
    if signal.axes_manager.signal_dimension != 2 or signal.axes_manager.navigation_size > 1:
        raise Invalid(
            f"{title_of(signal)!r} is not one image: its shape is {signal.data.shape}.",
            hint="Choose a frame first, for instance with signal.inav[0], or another signal of the file.",
        )
    data = np.asarray(signal.data.compute() if hasattr(signal.data, "compute") else signal.data)
    data = data.reshape(data.shape[-2:])
    if data.dtype.names:
        data = np.mean([data[name] for name in data.dtype.names], axis=0)
    x, y = signal.axes_manager.signal_axes
    unit = str(y.units)
    known = unit not in UNKNOWN_UNITS and unit == str(x.units) and x.scale != 0 and y.scale != 0
    scale = (abs(y.scale), abs(x.scale)) if known else (1.0, 1.0)
    return Image(data, scale, unit if known else "px", title_of(signal))


def title_of(signal: Any) -> str:
    """The name of the file it came from, without its ending; else its title. Fit to begin a file's name."""
    # A result keeps the raw file's name in its metadata; where HyperSpy has just loaded it from stands beside them.
    loaded = str(signal.tmp_parameters.get_item("original_filename", "") or "")
    name = loaded or str(signal.metadata.get_item("General.original_filename", "")).rpartition(".")[0]
    title = name or str(signal.metadata.get_item("General.title", ""))
    return re.sub(r"[/\\\x00-\x1f]", "_", title).strip(" .")[:100] or "image"


def spectrum_signal(image: Image, spectrum: Array) -> Any:
    """The centred spectrum of an image as a complex HyperSpy signal, its axes in cycles per unit."""
    signal = hs.signals.ComplexSignal2D(spectrum)
    for axis, size, scale in zip(("y", "x"), spectrum.shape, image.scale, strict=True):
        along = frequencies(size, scale)
        # HyperSpy lists the signal's axes as x, y; numpy has y first.
        set_axis(signal.axes_manager.signal_axes[1 if axis == "y" else 0], f"1/{axis}", along, f"1/{image.unit}")
    signal.metadata.General.title = f"{image.title} FFT"
    return signal


def image_signal(image: Image, data: Array, title: str) -> Any:
    """An image of the same place and scale with other values."""
    signal = hs.signals.Signal2D(data)
    for number, axis in enumerate(("x", "y")):
        size, scale = data.shape[1 - number], image.scale[1 - number]
        set_axis(signal.axes_manager.signal_axes[number], axis, np.arange(size) * scale, image.unit)
    signal.metadata.General.title = title
    return signal


def crop(signal: Any, x: int, y: int, width: int, height: int) -> Any:
    """The section of an image, in pixels from its upper left corner; scale and metadata go with it.

    Raises Invalid for a section that is empty or reaches beyond the image.
    """
    columns, rows = (axis.size for axis in signal.axes_manager.signal_axes)
    if min(x, y) < 0 or min(width, height) < 1 or x + width > columns or y + height > rows:
        raise Invalid(
            f"A section of {width} × {height} pixels at ({x}, {y}) does not lie in an image of {columns} × {rows}.",
            hint="Give x, y, width and height in pixels from the upper left corner.",
        )
    return signal.isig[x : x + width, y : y + height]


def place_of(signal: Any, x: int, y: int, width: int, height: int) -> dict[str, dict[str, float | str]]:
    """Where a section lies in its image, from the upper left corner: in pixels, and in metres where these are known.

    Returns `x0`, `y0`, `width` and `height`, and with the axes calibrated as lengths the same with `_m` at the end.
    """
    along_x, along_y = signal.axes_manager.signal_axes
    places = {"x0": (x, along_x), "y0": (y, along_y), "width": (width, along_x), "height": (height, along_y)}
    pixels = {name: quantity(count, "px") for name, (count, _) in places.items()}
    sizes = [metres(str(axis.units)) for axis in (along_x, along_y)]
    if None in sizes or not (along_x.scale and along_y.scale):
        return pixels
    metre = {"x0": sizes[0], "y0": sizes[1], "width": sizes[0], "height": sizes[1]}
    lengths = {name: count * abs(axis.scale) * (metre[name] or 0.0) for name, (count, axis) in places.items()}
    return pixels | {f"{name}_m": quantity(length, "m") for name, length in lengths.items()}


def quantity(value: float, unit: str) -> dict[str, float | str]:
    """As the parameters of a relation hold a number with its unit."""
    return {"value": value, "unit": unit}


def metres(unit: str) -> float | None:
    """How many metres a unit of length is; None for any other. For pint a pixel is a length, on paper."""
    if unit in UNKNOWN_UNITS or unit in ("px", "pixel", "pixels"):
        return None
    try:
        units: Any = pint.get_application_registry()  # type: ignore[no-untyped-call]
        return float(units.Quantity(1.0, unit).to("m").magnitude)
    except (pint.PintError, ValueError, AttributeError):
        return None


def set_axis(axis: Any, name: str, along: Array, unit: str) -> None:
    axis.name, axis.units = name, unit
    axis.offset, axis.scale = float(along[0]), float(along[1] - along[0])
