"""npy, npz, TIFF and pictures as arrays and metadata."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from lims.provenance.content.npy import mapped
from lims.provenance.content.pictures import frames, texts
from lims.provenance.content.tiff import pages
from lims.provenance.verdicts.contents import Contents

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}


def npy(path: Path, stack: ExitStack) -> Contents:
    return Contents({"": mapped(path)})


def npz(path: Path, stack: ExitStack) -> Contents:
    """Its arrays are read whole: they are compressed together with their header."""
    file = stack.enter_context(np.load(path, allow_pickle=False))
    return Contents({name: file[name] for name in file.files})


def tif(path: Path, stack: ExitStack) -> Contents:
    file = stack.enter_context(tifffile.TiffFile(path))
    arrays: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    for name, pixels, tags in pages(file, path):
        arrays[name] = pixels
        metadata |= {f"{name} {tag}": words for tag, words in tags.items()}
    return Contents(arrays, metadata)


def picture(path: Path, stack: ExitStack) -> Contents:
    image = stack.enter_context(Image.open(path, formats=[FORMATS[path.suffix.lower()]]))
    found = list(frames(image, path))
    arrays = {f"frame {number}" if len(found) > 1 else "": pixels for number, (_, pixels) in enumerate(found)}
    return Contents(arrays, texts(image) | {"mode": found[0][0]})
