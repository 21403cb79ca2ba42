"""Is there anything to see? A (nearly) constant signal must not pass for an ordinary picture."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.plugins import Frame

NEARLY_ALL = 0.999
"""Share of one value above which a picture is blank. An image of noise or of a few atoms stays far below."""


def why_blank(frame: Frame) -> str:
    """Say why there is nothing to see ("99.9 % zero", "constant (7)", "no values"), or "" where there is something.

    A line with one peak is something; a picture with one odd pixel in a thousand is not.
    """
    if frame.data.dtype.kind not in "biufc":
        return "it holds no numbers"
    values = comparable(frame.data)
    if values.size == 0:
        return "no values"
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if finite.size == 0:
        return "no finite value"
    value, share = commonest(finite)
    if share == 1.0 or (share >= NEARLY_ALL and frame.data.ndim > 1):
        return sentence(value, share)
    return ""


def comparable(data: NDArray[Any]) -> NDArray[Any]:
    """One number per pixel (an opaque alpha channel says nothing), in one dimension."""
    if data.ndim == 3 and data.shape[2] == 4:
        data = data[..., :3]
    return np.abs(data).ravel() if data.dtype.kind == "c" else data.ravel()


def commonest(values: NDArray[Any]) -> tuple[float, float]:
    """The commonest value and its share: the median of anything nearly constant, so that nothing needs sorting."""
    middle = values[values.size // 2]  # nearly always the one; and partitioning takes longest where all are equal
    if np.count_nonzero(values == middle) <= values.size / 2:
        middle = np.partition(values, values.size // 2)[values.size // 2]
    return float(middle), np.count_nonzero(values == middle) / values.size


def sentence(value: float, share: float) -> str:
    if share == 1.0:
        return "all zero" if value == 0 else f"every value is {value:g}"
    percent = f"{math.floor(share * 1000) / 10:.1f} %"
    return f"{percent} zero" if value == 0 else f"{percent} of the values are {value:g}"
