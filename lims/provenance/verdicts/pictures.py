"""Whether two pictures look the same."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image
from scipy.ndimage import uniform_filter
from skimage.metrics import structural_similarity

from lims.provenance.verdicts.contents import UNREADABLE, Unreadable
from lims.provenance.verdicts.tolerances import VISUAL

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
"""Of eight bits: what has more holds measurements, which are no figure."""
MOST_PIXELS = 64_000_000
WINDOW = 8
SIMILARITY_WINDOW = 7


@dataclass(frozen=True)
class Likeness:
    """similarity: mean structural similarity, 1 for the same.

    window: the largest mean difference of a window of 8 × 8 pixels in a colour, a fraction of full scale; at (y, x).
    """

    similarity: float
    window: float
    at: tuple[int, int]

    def passes(self, visual: float | None) -> bool:
        """A label that is missing, or a curve that has moved by a pixel, changes a window by more than 0.02.

        The mean similarity hardly notices a small label, so it alone would not do; it is there for faint patterns over
        the whole picture, of which no window has much.
        """
        most = VISUAL if visual is None else visual
        return self.window <= most and self.similarity >= 1 - 2 * most


def figure(path: Path, suffix: str) -> Any:
    """(y, x, 3) uint8, on white where it is transparent; None for what is no figure. Raises Unreadable."""
    try:
        if suffix in (".tif", ".tiff"):
            return figure_of_tiff(path)
        return figure_of_image(path, FORMATS[suffix]) if suffix in FORMATS else None
    except UNREADABLE as error:
        raise Unreadable(path, error) from error


def figure_of_image(path: Path, format_name: str) -> Any:
    with Image.open(path, formats=[format_name]) as image:
        if image.mode not in MODES or getattr(image, "n_frames", 1) > 1 or image.width * image.height > MOST_PIXELS:
            return None
        return on_white(image)


def figure_of_tiff(path: Path) -> Any:
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        is_coloured = page.dtype == np.uint8 and len(page.shape) == 3 and page.shape[-1] in (3, 4)
        if len(file.pages) > 1 or not is_coloured or page.size > 4 * MOST_PIXELS:
            return None
        return on_white(Image.fromarray(page.asarray()))


def on_white(image: Image.Image) -> Any:
    coloured = image.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured).convert("RGB"))


def likeness(expected: Any, found: Any) -> Likeness:
    """Of two figures of one shape (y, x, 3)."""
    error = np.abs(expected.astype(np.float32) - found) / 255
    means = np.stack([uniform_filter(error[..., colour], WINDOW, mode="constant") for colour in range(3)], -1).max(-1)
    y, x = np.unravel_index(int(np.argmax(means)), means.shape)
    return Likeness(similarity(expected, found), float(means[y, x]), (int(y), int(x)))


def similarity(expected: Any, found: Any) -> float:
    """Of a picture narrower than three pixels only whether it is the same."""
    side = min(SIMILARITY_WINDOW, *expected.shape[:2])
    if side < 3:
        return 1.0
    compared: Any = structural_similarity
    return float(compared(expected, found, channel_axis=-1, win_size=side - (side + 1) % 2))
