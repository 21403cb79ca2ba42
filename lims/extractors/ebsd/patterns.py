"""Patterns in a file as a signal: a stack on disk, and where each lies on the sample."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.extractors.axes import counted
from lims.extractors.lazy import Scanned, as_lazy
from lims.extractors.raw import Raw


def stack(
    path: Path, dtype: Any, size: tuple[int, int], offset: int = 0, least: int = 1
) -> tuple[NDArray[Any], list[str]]:
    """((n, height, width) mapped from the file, what to say of it). Raises EOFError for fewer than `least` patterns."""
    one = int(np.dtype(dtype).itemsize) * size[0] * size[1]
    rest = path.stat().st_size - offset
    count = max(rest, 0) // one
    if count < least:
        raise EOFError(f"{max(rest, 0)} of {one * least} bytes of patterns")
    said = [f"Behind {count} whole patterns there are {rest % one} bytes that are none."] if rest % one else []
    return np.memmap(path, dtype, "r", offset, (count, *size)), said


def patterns(data: Any, places: Any, axes: Sequence[dict[str, Any]]) -> Raw:
    """data: (n, height, width). places: the number of the pattern at each point. axes: of the points."""
    shown = [*axes, counted("dy", "px", False), counted("dx", "px", False)]
    return Raw(as_lazy(Scanned(data, np.asarray(places))), shown, {"Signal": {"signal_type": "EBSD"}}, {})
