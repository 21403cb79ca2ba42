"""Axes of a dataset, from HDF5's dimension scales, among them netCDF's coordinates."""

from typing import Any

import h5py
import numpy as np

from lims.extractors.axes import axis
from lims.extractors.tree import text_of_bytes

MOST_POINTS = 1 << 20
NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable"
UNIT_NAMES = ("units", "unit", "Unit", "Units")


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
