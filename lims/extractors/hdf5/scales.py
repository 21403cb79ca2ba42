"""Axes of a dataset: from values that stand for them, from HDF5's dimension scales, from netCDF's coordinates."""

from typing import Any

import h5py
import numpy as np

from lims.extractors.tree import text_of_bytes

MOST_POINTS = 1 << 20
NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable"
UNIT_NAMES = ("units", "unit", "Unit", "Units")
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


def axes_of(dataset: h5py.Dataset) -> list[dict[str, Any]]:
    """One axis per dimension; a dimension without a scale has at most a name."""
    return [scale_of(dataset, number) for number in range(dataset.ndim)]


def scale_of(dataset: h5py.Dataset, number: int) -> dict[str, Any]:
    try:
        dimension = dataset.dims[number]
        scales, label = list(dimension.values()), text_of(dimension.label)
    except (RuntimeError, OSError, KeyError, ValueError):
        return axis()
    if not scales:
        return axis(label)
    scale = scales[0]
    name = label or (scale.name or "").rpartition("/")[2]
    if NO_VARIABLE in text_of(scale.attrs.get("NAME")):
        return axis(name)
    return axis(name, points(scale, dataset.shape[number]), units_of(scale))


def points(scale: h5py.Dataset, size: int) -> Any:
    """The values of an axis; of size + 1 edges the middles. None where they do not fit."""
    if scale.dtype.kind not in "iuf" or scale.size not in (size, size + 1) or size > MOST_POINTS:
        return None
    values = np.asarray(scale[()], dtype=float).reshape(-1)
    return values if len(values) == size else (values[1:] + values[:-1]) / 2


def units_of(thing: Any) -> str:
    return next((text_of(thing.attrs[name]) for name in UNIT_NAMES if name in thing.attrs), "")


def text_of(value: Any) -> str:
    """A text attribute or dataset, whichever way it was written; "" for none."""
    if isinstance(value, np.ndarray):
        value = value.reshape(-1)[0] if value.size else ""
    if value is None or isinstance(value, h5py.Empty):
        return ""
    found = text_of_bytes(bytes(value)) if isinstance(value, bytes) else str(value)
    return found.strip() if isinstance(found, str) else ""
