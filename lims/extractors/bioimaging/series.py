"""The axes of such images as RosettaSciIO would give them, lengths in µm."""

from typing import Any

import numpy as np

MICRO = 1e6


def walk(name: str, size: int, scale: float | None = None, offset: float = 0.0, units: str = "") -> dict[str, Any]:
    """An axis to walk along (time, depth, wavelength). scale: None where the file knows none."""
    return axis(name, size, scale, offset, units) | {"navigate": True}


def axis(name: str, size: int, scale: float | None = None, offset: float = 0.0, units: str = "") -> dict[str, Any]:
    """An axis of the picture."""
    known = scale is not None and np.isfinite(scale) and scale != 0
    return {
        "name": name,
        "size": int(size),
        "scale": float(scale) if known and scale is not None else 1.0,
        "offset": float(offset) if known else 0.0,
        "units": units if known else "",
        "navigate": False,
    }


def listed(name: str, values: Any, size: int, units: str) -> dict[str, Any]:
    """An axis of measured places or times; told by their mean step where they do not fit a line."""
    found = np.asarray(values, dtype=float).ravel()[:size]
    if len(found) < 2 or len(found) != size or not np.isfinite(found).all() or found[0] == found[-1]:
        return walk(name, size)
    return walk(name, size, (found[-1] - found[0]) / (size - 1), found[0], units)


def general(title: str) -> dict[str, Any]:
    return {"General": {"title": title}, "Signal": {"signal_type": ""}}


def titled(stem: str, labels: list[tuple[str, str]]) -> list[str]:
    """Titles from (series, channel): what all of them share is not said, and the file's name goes before."""
    told = [n for n in (0, 1) if len({one[n] for one in labels}) > 1]
    return [" ".join([stem, *(one[n] for n in told if one[n])]) for one in labels]
