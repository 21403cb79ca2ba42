"""Axes as readers describe them: from the values of their points, in even steps, or merely counted."""

from typing import Any

import numpy as np

SAME_STEP = 1e-3
"""By which part of the mean step the steps of an even axis may differ: single precision has no more digits."""


def axis(name: str = "", values: Any = None, units: str = "", navigate: bool | None = None) -> dict[str, Any]:
    """One axis. values: of its points, or of the edges between them; none where it only counts."""
    found: dict[str, Any] = {"name": name, "units": units}
    if navigate is not None:
        found["navigate"] = navigate
    if values is None or not np.all(np.isfinite(values)) or len(values) == 0:
        return found
    points = np.asarray(values, dtype=float)
    if len(points) == 1:
        return found | {"offset": float(points[0])}
    step = (points[-1] - points[0]) / (len(points) - 1)
    is_even = step != 0 and np.all(np.abs(np.diff(points) - step) <= abs(step) * SAME_STEP)
    return found | ({"offset": float(points[0]), "scale": float(step)} if is_even else {"axis": points})


def counted(name: str = "", units: str = "px", navigate: bool | None = None) -> dict[str, Any]:
    return axis(name, None, units, navigate)


def stepped(name: str, step: float | None, units: str = "µm", navigate: bool = True) -> dict[str, Any]:
    """An axis in even steps; one whose step is not known only counts."""
    known = step is not None and np.isfinite(step) and step > 0
    return axis(name, None, units if known else "", navigate) | ({"scale": step, "offset": 0.0} if known else {})
