"""The picture of a frame, in two sizes, written whole or not at all."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lims.extractors.drawing.contrast import PERCENTILES, SPECTRUM, as_grey, colours_as_bytes, stretch
from lims.extractors.drawing.line import plot
from lims.extractors.outcome import PreviewTarget
from lims.plugins import Frame

LARGE, THUMB, SMALLEST = 768, 256, 256
FLATTEST = 24
"""A picture this many times longer than high is drawn as a line."""


def draw(frame: Frame, target: PreviewTarget) -> tuple[int, int]:
    """Write the pictures of a frame; returns (width, height) of the large one in pixels."""
    image = picture(frame)
    whole = encoded(image, target.large.suffix, is_drawing=is_profile(frame.data))
    write(whole, target.large)
    if target.thumb is not None:
        small = thumbnail(image)
        is_same = small.size == image.size and target.thumb.suffix == target.large.suffix
        write(whole if is_same else encoded(small, target.thumb.suffix), target.thumb)
    return image.size


def thumbnail(image: Image.Image) -> Image.Image:
    """At most 256 pixels a side. A whole factor is averaged, which costs a fifth of any other."""
    factor, rest = divmod(max(image.size), THUMB)
    if rest == 0:
        return image.reduce(factor)
    small = image.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return small


def picture(frame: Frame) -> Image.Image:
    """The large picture: at most 768 pixels a side; tiny ones are enlarged by a whole factor, pixels visible."""
    data = frame.data
    if is_profile(data):
        along = int(np.argmax(data.shape))
        profile = data if data.ndim == 1 else np.nanmean(data, axis=1 - along)
        return plot(profile, frame.axes[along] if frame.axes else None)
    if data.ndim == 3:
        return fit(Image.fromarray(colours_as_bytes(np.ascontiguousarray(data))))
    between = SPECTRUM if data.dtype.kind == "c" else PERCENTILES
    return Image.fromarray(enlarged(stretch(reduced(as_grey(data, frame.axes)), between)))


def is_profile(data: NDArray[Any]) -> bool:
    """Whether it is drawn as a line: (x,), or (y, x) of which one is many times longer."""
    return data.ndim == 1 or (data.ndim == 2 and max(data.shape) >= FLATTEST * min(data.shape))


def reduced(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average neighbouring pixels until the picture fits. Before the contrast is chosen: it evens out hot pixels."""
    size = fitting(image.shape[1], image.shape[0])
    if size == (image.shape[1], image.shape[0]):
        return image
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))


def enlarged(image: NDArray[Any]) -> NDArray[Any]:
    factor = max(1, SMALLEST // max(image.shape[:2]))
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def fit(image: Image.Image) -> Image.Image:
    size = fitting(*image.size)
    if size != image.size:
        return image.resize(size, Image.Resampling.BOX)
    return Image.fromarray(enlarged(np.asarray(image)))


def fitting(width: int, height: int) -> tuple[int, int]:
    factor = min(1.0, LARGE / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def encoded(image: Image.Image, suffix: str, *, is_drawing: bool = False) -> bytes:
    """WebP by method 1, which is quicker than 2 and as small; 3 and 4 take twice the time for no less.

    is_drawing: lines on an even ground, which are as small without loss, five times as quick, and crisp.
    """
    file = io.BytesIO()
    if suffix == ".webp" and is_drawing:
        image.save(file, "WEBP", lossless=True, quality=0, method=0)
    elif suffix == ".webp":
        image.save(file, "WEBP", quality=82, method=1)
    else:
        image.save(file, "PNG")
    return file.getvalue()


def write(picture: bytes, to: Path) -> None:
    """Write beside the place and rename, so that nobody ever reads half a picture."""
    to.parent.mkdir(parents=True, exist_ok=True)
    half = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        half.write_bytes(picture)
        half.replace(to)
    finally:
        half.unlink(missing_ok=True)
