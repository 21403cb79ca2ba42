"""A spectrum or profile as a small plot that reads on white and on black."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lims.model import Axis

WIDTH, HEIGHT, MARGIN, FOOT = 768, 432, 24, 48
SMOOTH = 2
"""Everything is drawn this many times larger and reduced, which smooths the edges."""
LINE, FILL, GREY = (46, 125, 214, 255), (46, 125, 214, 56), (128, 128, 128, 255)


def plot(data: NDArray[Any], axis: Axis | None) -> Image.Image:
    """Draw (x,) on a transparent ground, its ends labelled with the axis' own numbers."""
    values = np.abs(data) if data.dtype.kind == "c" else data
    low, high = columns(values.astype(np.float64), (WIDTH - 2 * MARGIN) * SMOOTH)
    image = Image.new("RGBA", (WIDTH * SMOOTH, HEIGHT * SMOOTH), (128, 128, 128, 0))
    pen = ImageDraw.Draw(image)
    x = np.linspace(MARGIN * SMOOTH, (WIDTH - MARGIN) * SMOOTH, low.size)
    top, bottom = heights(low, high)
    floor = (HEIGHT - FOOT) * SMOOTH
    outline = list(zip(x, top, strict=True))
    pen.polygon([(x[0], floor), *outline, (x[-1], floor)], fill=FILL)
    pen.line(outline + list(zip(x[::-1], bottom[::-1], strict=True)), fill=LINE, width=2 * SMOOTH, joint="curve")
    pen.line([(MARGIN * SMOOTH, floor), ((WIDTH - MARGIN) * SMOOTH, floor)], fill=GREY, width=SMOOTH)
    if axis is not None:
        label(pen, axis)
    return image.reduce(SMOOTH)


def columns(values: NDArray[np.float64], width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and the highest value in each column of pixels, so that no narrow peak is lost."""
    finite = np.where(np.isfinite(values), values, np.nanmin(values[np.isfinite(values)], initial=0.0))
    if finite.size < 2:
        finite = np.repeat(finite, 2)
    if finite.size <= width:
        return finite, finite
    starts = np.linspace(0, finite.size, width, endpoint=False).astype(int)
    return np.minimum.reduceat(finite, starts), np.maximum.reduceat(finite, starts)


def heights(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixel rows of the two outlines; counts start at zero, everything else at its lowest value."""
    bottom, top = float(low.min()), float(high.max())
    bottom = min(bottom, 0.0) if bottom >= 0 or top <= 0 else bottom
    span = (top - bottom) or 1.0
    room = HEIGHT - FOOT - MARGIN
    return tuple((MARGIN + room * (1 - (side - bottom) / span)) * SMOOTH for side in (high, low))  # type: ignore[return-value]


@cache
def label_font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=20 * SMOOTH)


def label(pen: ImageDraw.ImageDraw, axis: Axis) -> None:
    font = label_font()
    row = (HEIGHT - FOOT + 10) * SMOOTH
    unit = axis.unit.replace("µ", "u").replace("μ", "u")  # the built-in font knows no Greek
    first, last = axis.offset, axis.offset + axis.scale * (axis.size - 1)
    name = f"{axis.name} ({unit})" if axis.name and unit else axis.name or unit
    pen.text((MARGIN * SMOOTH, row), f"{first:.4g}", fill=GREY, font=font)
    pen.text(((WIDTH - MARGIN) * SMOOTH, row), f"{last:.4g}", fill=GREY, font=font, anchor="ra")
    pen.text((WIDTH * SMOOTH // 2, row), name.encode("ascii", "ignore").decode(), fill=GREY, font=font, anchor="ma")
