"""Expected, found and difference beside each other, as one PNG."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lims.provenance.content.slabs import Array

PANEL = 480
GAP, LINE, LETTERS = 12, 22, 14
LARGEST_PLANE = 4096
"""Side beyond which only what lies around the largest difference is shown."""


def draw(expected: Any, found: Any, target: Path) -> None:
    """Two planes (y, x) or (y, x, colours). The difference is amplified so that its largest value is white."""
    words = ["expected", "found"]
    shown = [panel(one) for one in grey(expected, found)]
    if expected.shape == found.shape:
        error, largest = error_of(expected, found)
        shown.append(panel(as_bytes(error, 0.0, largest), is_difference=True))
        words.append(f"difference, at most {largest:.4g}" if largest else "no difference")
    else:
        sizes = (" × ".join(map(str, one.shape)) for one in (expected, found))
        words = [f"{word}, {size}" for word, size in zip(words, sizes, strict=True)]
    beside(shown, words).save(target, format="PNG")


def plane_of(array: Array, index: tuple[int, ...]) -> Any:
    """The (y, x) plane of an array of numbers in which the element is; None where there is none to look at."""
    shape, dtype = tuple(array.shape), array.dtype
    if len(shape) < 2 or min(shape[-2:]) < 2 or dtype.names or dtype.kind not in "biufc" or 0 in shape:
        return None
    at = index if len(index) == len(shape) else (0,) * len(shape)
    window = tuple(around(place, side) for place, side in zip(at[-2:], shape[-2:], strict=True))
    plane = np.asarray(array[(*at[:-2], *window)])
    return np.abs(plane) if dtype.kind == "c" else plane


def around(place: int, side: int) -> slice:
    start = max(0, min(place - LARGEST_PLANE // 2, side - LARGEST_PLANE))
    return slice(start, min(side, start + LARGEST_PLANE))


def grey(expected: Any, found: Any) -> list[Any]:
    """Both in the same greys, from the darkest to the brightest of what was expected but its outermost hundredths."""
    if expected.dtype == np.uint8 and expected.ndim == 3:
        return [expected, found]
    finite = expected[np.isfinite(expected)].astype("f8")
    low, high = np.percentile(finite, (0.5, 99.5)) if finite.size else (0.0, 1.0)
    return [as_bytes(one.astype("f8"), low, high) for one in (expected, found)]


def as_bytes(values: Any, low: float, high: float) -> Any:
    with np.errstate(all="ignore"):
        scaled = (values - low) / (high - low) if high > low else np.zeros(values.shape)
        return np.nan_to_num(np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def error_of(expected: Any, found: Any) -> tuple[Any, float]:
    """|found - expected|, of colours the largest; white where only one of them is a number."""
    with np.errstate(all="ignore"):
        error = np.abs(found.astype("f8") - expected.astype("f8"))
    error = error.max(-1) if error.ndim == 3 else error
    odd = np.isnan(found.astype("f8")) != np.isnan(expected.astype("f8"))
    largest = float(error[np.isfinite(error)].max(initial=0.0))
    error[odd if odd.ndim == 2 else odd.any(-1)] = largest or 1.0
    return error, largest or float(odd.any())


def panel(pixels: Any, is_difference: bool = False) -> Image.Image:
    """At most 480 pixels wide and high; of a difference no single pixel is lost by that."""
    side = max(pixels.shape[:2])
    if side <= PANEL:
        enlarged = max(1, PANEL // side)
        image = Image.fromarray(pixels)
        return image.resize((image.width * enlarged, image.height * enlarged), Image.Resampling.NEAREST)
    step = -(-side // PANEL)
    if is_difference:
        return Image.fromarray(largest_of(pixels, step))
    return Image.fromarray(pixels).reduce(step)


def largest_of(pixels: Any, step: int) -> Any:
    """The brightest pixel of each step × step."""
    padded = np.pad(pixels, [(0, -side % step) for side in pixels.shape])
    height, width = (side // step for side in padded.shape)
    return padded.reshape(height, step, width, step).max((1, 3))


def beside(panels: list[Image.Image], words: list[str]) -> Image.Image:
    font = ImageFont.load_default(LETTERS)
    widths = [max(one.width, int(font.getlength(said)) + 1) for one, said in zip(panels, words, strict=True)]
    height = max(one.height for one in panels) + LINE + 2 * GAP
    sheet = Image.new("RGB", (sum(widths) + GAP * (len(panels) + 1), height), "white")
    pen, left = ImageDraw.Draw(sheet), GAP
    for one, said, width in zip(panels, words, widths, strict=True):
        pen.text((left, GAP // 2), said, "black", font)
        sheet.paste(one, (left, GAP + LINE))
        pen.rectangle((left - 1, GAP + LINE - 1, left + one.width, GAP + LINE + one.height), outline="#888888")
        left += width + GAP
    return sheet
