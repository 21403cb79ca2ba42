"""The extractor over pictures."""

import struct
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from lims.extractors.arrays import ArrayExtractor, Reading
from lims.extractors.pictures.formats import BY_NAME, WEAK, identify, known, named
from lims.extractors.pictures.words import tree_of
from lims.extractors.planes import lazy
from lims.extractors.raw import Raw
from lims.extractors.tree import clean_text
from lims.plugins import Frame, NotMine, head_of

MOST_PIXELS = 200_000_000
ANIMATED = ("GIF", "PNG", "WEBP", "AVIF", "FLI")
"""Formats whose frames are of one size and follow each other in time."""
MOST_FRAMES = 100_000
PLAIN = ("L", "F", "I", "RGB", "RGBA")
ALPHA = ("LA", "PA", "La", "RGBa")
NUMBERS = {"L": "u1", "F": "f4", "I": "i4"}
LOOKED_AT = (1024, 1024)
SIXTEEN_BIT_COLOURS = b"\x10\x02", b"\x10\x06"


class Pictures(ArrayExtractor):
    """Reads what Pillow opens."""

    name = "pictures"
    version = f"2+pillow-{version('pillow')}"
    formats = tuple(known())
    modules = ("dask.array",)

    def sniff(self, head: bytes, name: str) -> bool:
        return identify(head, name) != ""

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        head = head_of(path)
        format_name = identify(head, path.name)
        try:
            with opened(path, format_name) as image:
                image.verify()  # the whole file is there; it does not decode a pixel
        except (SyntaxError, OSError, struct.error) as error:
            if format_name in WEAK or format_name in BY_NAME.values():
                raise NotMine(path.name) from error
            if isinstance(error, UnidentifiedImageError | SyntaxError):
                raise ValueError(f"the picture is damaged ({error})") from error
            raise
        with opened(path, format_name) as image:
            tree = tree_of(image)
            frames = frames_of(image)
            tree |= {"frames": frames} if frames > 1 else {}
            raw = signal(path, image, format_name, tree)
        is_reduced = format_name == "PNG" and head[24:26] in SIXTEEN_BIT_COLOURS
        warnings = ["Its colours have 16 bits, of which 8 are read."] if is_reduced else []
        return Reading(named(format_name, head), [raw], tree, warnings)

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        """The picture, of an animation the frame in the middle. TIFF is shown for its own extractor, too."""
        with opened(path, identify(head_of(path), path.name)) as image:
            frames = frames_of(image) if image.format in ANIMATED else 1
            if frames > 1:
                image.seek(frames // 2)
            image.draft("RGB", LOOKED_AT)  # a JPEG is decoded at a fraction of its size
            shown = pixels(image)
            words = f"frame {frames // 2} of {frames}" if frames > 1 else ""
            return Frame(shown, reduced=words)


def opened(path: Path, format_name: str) -> Image.Image:
    """Raises ValueError for more pixels than any camera has: a bomb."""
    Image.MAX_IMAGE_PIXELS = None
    image = Image.open(path, formats=[format_name] if format_name else None)
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(f"{image.width} × {image.height} pixels are more than a picture may have")
    return image


def frames_of(image: Image.Image) -> int:
    """Raises ValueError for more frames than any film has."""
    found = int(getattr(image, "n_frames", 1) or 1)
    if found > MOST_FRAMES:
        raise ValueError(f"{found} frames are more than a picture may have")
    return found


def plain_mode(image: Image.Image) -> str:
    """The mode to which a picture is converted so that numpy has it as HyperSpy does."""
    if image.mode in PLAIN or image.mode.startswith("I;16"):
        return image.mode
    if image.mode in ALPHA or "transparency" in image.info:
        return "RGBA"
    return "L" if image.mode == "1" else "RGB"


def pixels(image: Image.Image) -> NDArray[Any]:
    """(y, x) or (y, x, colours)."""
    mode = plain_mode(image)
    return np.asarray(image if image.mode == mode else image.convert(mode))


def dtype_of(image: Image.Image) -> np.dtype[Any]:
    mode = plain_mode(image)
    if mode in ("RGB", "RGBA"):
        return np.dtype([(colour, np.uint8) for colour in mode])
    return np.dtype(NUMBERS.get(mode, ">u2" if mode.endswith("B") else "<u2"))


def signal(path: Path, image: Image.Image, format_name: str, tree: dict[str, Any]) -> Raw:
    """One picture, or those of an animation over time."""
    frames = tree.get("frames", 1) if format_name in ANIMATED else 1
    shape = (*((frames,) if frames > 1 else ()), image.height, image.width)
    read = partial(frame_number, path, format_name, dtype_of(image))
    axes = [walked(path, format_name, frames)] if frames > 1 else []
    axes += picture_axes(image, tree.get("Exif") or {})
    named = {"General": {"title": clean_text(path.stem)}, "Signal": {"signal_type": ""}}
    return Raw(lazy(shape, dtype_of(image), read), axes, named, tree)


def frame_number(
    path: Path, format_name: str, dtype: np.dtype[Any], index: tuple[int, ...], rows: slice, columns: slice
) -> NDArray[Any]:
    """Raises ValueError for a frame whose pixels are of another kind than the first one's."""
    with opened(path, format_name) as image:
        if index:
            image.seek(index[0])
        mode = "".join(dtype.names) if dtype.names else plain_mode(image)
        whole = np.asarray(image if image.mode == mode else image.convert(mode))[rows, columns]
        return np.ascontiguousarray(whole).view(dtype)[..., 0] if dtype.names else whole


def walked(path: Path, format_name: str, frames: int) -> dict[str, Any]:
    """Time where the first frames are shown equally long, as they are in all but drawn animations."""
    durations = set()
    with opened(path, format_name) as image:
        for number in range(min(frames, 3)):
            image.seek(number)
            if format_name not in ("GIF", "PNG"):
                image.load()  # what some plug-ins need before they know
            durations.add(float(image.info.get("duration") or 0))
    step = durations.pop() / 1000 if len(durations) == 1 else 0.0
    said = {"name": "time", "scale": step, "units": "s"} if step else {"name": "frame", "scale": 1.0, "units": ""}
    return {"size": frames, "offset": 0.0, "navigate": True} | said


def picture_axes(image: Image.Image, exif: dict[str, Any]) -> list[dict[str, Any]]:
    """Dots per inch are of paper and no size on the sample; but Renishaw writes its field of view, in µm, into EXIF."""
    sizes = {"height": image.height, "width": image.width}
    axes: list[dict[str, Any]] = [
        {"name": name, "size": size, "scale": 1.0, "offset": 0.0, "units": "", "navigate": False}
        for name, size in sizes.items()
    ]
    view = [exif.get("FocalPlaneYResolution"), exif.get("FocalPlaneXResolution")]
    if str(exif.get("Make")).startswith("Renishaw") and all(view) and exif.get("FocalPlaneResolutionUnit") == MICRONS:
        corner = exif.get(PLACE) or [0.0, 0.0]
        for axis, extent, offset in zip(axes, view, corner[::-1], strict=True):
            axis |= {"scale": float(extent or 0) / axis["size"], "offset": float(offset), "units": "µm"}
    return axes


MICRONS, PLACE = 5, "65184"
"""EXIF's word for µm, and Renishaw's own tag for the place of the picture on the stage."""
