"""png-1: the mode, pixels and texts of a PNG; how it is compressed, who wrote it and when do not matter."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from lims.errors import Invalid
from lims.provenance.content.digests import add, add_array
from lims.provenance.content.volatile import PNG_VOLATILE, TIFF_VOLATILE, without_dates

UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, Image.DecompressionBombError)
SIXTEEN_BIT_COLOURS = {b"\x10\x02": "RGB", b"\x10\x04": "LA", b"\x10\x06": "RGBA"}
"""Depth and kind of colour of a PNG's header, where Pillow reads 8 of the 16 bits."""


def png_hash(path: Path) -> str:
    """Raises Invalid for a file that cannot be read."""
    digest = hashlib.sha256()
    try:
        with Image.open(path, formats=["PNG"]) as image:
            for mode, pixels in frames(image, path):
                add(digest, "frame", mode)
                add_array(digest, pixels)
            for name, words in sorted(texts(image).items()):
                add(digest, name, words)
    except UNREADABLE as error:
        raise Invalid(f"{path.name} cannot be read as PNG: {error}.") from error
    return f"png-1:{digest.hexdigest()}"


def frames(image: Image.Image, path: Path) -> Iterator[tuple[str, Any]]:
    """(mode, pixels (y, x) or (y, x, colours)) of each; of a palette the colours, with all bits there are."""
    deep = deep_colours(path) if image.format == "PNG" else ""
    if deep:
        image.load()
        yield f"{deep};16", np.asarray(imagecodecs.png_decode(path.read_bytes()))
        return
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        shown = image.convert("RGBA") if image.mode in ("P", "PA") else image
        yield image.mode, np.asarray(shown)


def deep_colours(path: Path) -> str:
    with path.open("rb") as file:
        return SIXTEEN_BIT_COLOURS.get(file.read(26)[24:26], "")


def texts(image: Image.Image) -> dict[str, str]:
    """Everything that is written beside the pixels of a picture that has been loaded, as words."""
    image.load()
    kept = {str(name): value for name, value in image.info.items() if str(name).lower() not in PNG_VOLATILE}
    exif = {f"exif {tag}": value for tag, value in image.getexif().items() if tag not in TIFF_VOLATILE}
    return {name: without_dates(worded(value)) for name, value in {**kept, **exif}.items()}


def worded(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
