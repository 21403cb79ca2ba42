"""Ordinary pictures, by Pillow: photographs of a sample holder, screenshots, exported images."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from lims.extractors.tree import as_json, clean_text
from lims.model import Axis, Extraction, Signal
from lims.plugins import Frame

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"\0\0\0\x0cjP  \r\n", "jpeg2000"),
    (b"P5", "pgm"),
    (b"P6", "ppm"),
    (b"8BPS", "psd"),
    (b"DDS ", "dds"),
    (b"SIMPLE  =", "fits"),
)
MOST_PIXELS = 200_000_000


def format_of(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return next((name for magic, name in MAGIC if head.startswith(magic)), "")


class Pictures:
    """Reads what Pillow opens."""

    name = "pictures"
    version = f"1+pillow-{version('pillow')}"
    formats = (*(name for _, name in MAGIC), "webp")

    def sniff(self, head: bytes, name: str) -> bool:
        return format_of(head) != ""

    def extract(self, path: Path, companions: Sequence[Path]) -> Extraction:
        with path.open("rb") as file:
            found = format_of(file.read(16))
        with opened(path) as image:
            image.verify()  # the whole file is there; it does not decode a pixel
        with opened(path) as image:
            return Extraction(
                format=found,
                extractor=self.name,
                extractor_version=self.version,
                signals=(signal_of(image, path),),
                metadata=tree_of(image),
            )

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        with opened(path) as image:
            image.draft("RGB", (1024, 1024))  # a JPEG is decoded at a fraction of its size
            plain = image if image.mode in ("L", "F", "I", "I;16", "RGB", "RGBA") else image.convert(plain_mode(image))
            return Frame(np.asarray(plain))


def opened(path: Path) -> Image.Image:
    """Raises ValueError for more pixels than any camera has: a bomb."""
    Image.MAX_IMAGE_PIXELS = None
    image = Image.open(path)
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(f"{image.width} × {image.height} pixels are more than a picture may have")
    return image


def plain_mode(image: Image.Image) -> str:
    return "RGBA" if "A" in image.mode or "transparency" in image.info else "RGB" if image.mode != "1" else "L"


def signal_of(image: Image.Image, path: Path) -> Signal:
    dtype = {"RGB": "rgb8", "RGBA": "rgba8", "P": "rgb8", "CMYK": "rgb8", "YCbCr": "rgb8", "F": "float32", "I": "int32"}
    axes = (Axis("height", image.height, 1.0, 0.0, ""), Axis("width", image.width, 1.0, 0.0, ""))
    kind = dtype.get(image.mode, "uint16" if image.mode.startswith("I;16") else "uint8")
    return Signal(clean_text(path.stem), "image", (image.height, image.width), kind, axes)


def tree_of(image: Image.Image) -> dict[str, Any]:
    """The picture's own notes (text chunks, resolution) and its EXIF tags by name."""
    hidden = ("exif", "icc_profile", "photoshop", "xmp")
    tree = {str(key): as_json(value) for key, value in image.info.items() if key not in hidden}
    exif = image.getexif()
    named = {ExifTags.TAGS.get(tag, str(tag)): rational(value) for tag, value in exif.items()}
    details = exif.get_ifd(ExifTags.IFD.Exif)
    named |= {ExifTags.TAGS.get(tag, str(tag)): rational(value) for tag, value in details.items()}
    return tree | ({"Exif": named} if named else {})


def rational(value: Any) -> Any:
    return as_json(float(value) if hasattr(value, "numerator") and hasattr(value, "denominator") else value)


extractor = Pictures()
