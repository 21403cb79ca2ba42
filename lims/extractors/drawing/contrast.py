"""From numbers to the 256 greys of a screen."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.model import Axis

PERCENTILES = (0.3, 99.7)
SPECTRUM = (50.0, 99.97)
"""Of a transform nearly every pixel is noise and a few are spots: black is the middle of the noise."""


def as_grey(data: NDArray[Any], axes: tuple[Axis, ...] = ()) -> NDArray[np.float32]:
    """(y, x) of any kind as finite real numbers to look at: complex ones and diffraction on a logarithmic scale."""
    real = np.abs(data) if data.dtype.kind == "c" else data
    image = real.astype(np.float32)
    finite = np.isfinite(image)
    if not finite.all():
        image = np.where(finite, image, image[finite].min() if finite.any() else 0)
    if data.dtype.kind == "c" or is_reciprocal(axes):
        image = np.log1p(image - image.min())
    return np.asarray(image, dtype=np.float32)


def is_reciprocal(axes: tuple[Axis, ...]) -> bool:
    """Both axes count in 1/length or angle: a diffraction pattern, whose centre outshines the rest a thousandfold."""
    return len(axes) == 2 and all(axis.unit.replace(" ", "").startswith("1/") or axis.unit in ANGLES for axis in axes)


ANGLES = ("mrad", "rad", "°", "deg")


def stretch(image: NDArray[np.float32], between: tuple[float, float] = PERCENTILES) -> NDArray[np.uint8]:
    """Spread the values between two percentiles over 0…255; what lies outside is clipped."""
    low, high = np.percentile(image, between)
    if high <= low:
        low, high = image.min(), image.max()
    if high <= low:
        return np.full(image.shape, 128, dtype=np.uint8)
    scaled = (image - low) * (255.0 / (high - low))
    return np.asarray(np.clip(np.rint(scaled), 0, 255), dtype=np.uint8)


def colours_as_bytes(data: NDArray[Any]) -> NDArray[np.uint8]:
    """(y, x, 3 or 4) as 8 bits a channel; already 8 bits stay as they are."""
    if data.dtype == np.uint8:
        return data
    if data.dtype.kind == "u":
        return np.asarray(data >> (8 * (data.dtype.itemsize - 1)), dtype=np.uint8)
    top = float(np.nanmax(data)) or 1.0
    return np.asarray(np.clip(np.nan_to_num(data) * (255.0 / top), 0, 255), dtype=np.uint8)
