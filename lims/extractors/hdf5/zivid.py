"""Zivid's .zdf, a netCDF4 file: a point (x, y, z in millimetres) and a colour for each pixel of the camera.

Source: the vendor's published reading examples: data/pointcloud, data/rgba_image, data/contrast or data/snr.
"""

from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from lims.extractors.axes import counted
from lims.extractors.hdf5.generic import coloured, generic_signals, raw, signal_of
from lims.extractors.hdf5.walk import Array
from lims.extractors.lazy import as_lazy
from lims.extractors.raw import Raw

CLOUD, COLOURS = "data/pointcloud", "data/rgba_image"
QUALITY = ("data/snr", "data/contrast")
COORDINATES = ((2, "depth Z (mm)"), (0, "X (mm)"), (1, "Y (mm)"))


def is_zivid(file: h5py.File) -> bool:
    cloud = file.get(CLOUD)
    return isinstance(cloud, h5py.Dataset) and cloud.ndim == 3 and cloud.shape[2] in (3, 4)


def zivid_signals(file: h5py.File, arrays: Sequence[Array]) -> tuple[list[Raw], list[str]]:
    """Depth first, for that is what such a camera is for."""
    cloud = as_lazy(file[CLOUD])
    found = [raw(cloud[..., number], pixels(), f"{CLOUD} {title}") for number, title in COORDINATES]
    colours = file.get(COLOURS)
    if isinstance(colours, h5py.Dataset) and colours.ndim == 3 and colours.shape[2] in (3, 4):
        as_bytes = as_lazy(colours) if colours.dtype == np.uint8 else from_shares(as_lazy(colours))
        found.append(raw(coloured(as_bytes), pixels(), COLOURS))
    found += [signal_of(file[name], pixels()) for name in QUALITY if name in file and file[name].ndim == 2]
    known = {f"/{name}" for name in (CLOUD, COLOURS, *QUALITY)}
    others, said = generic_signals(file, [one for one in arrays if one.path not in known])
    return found + [one for one in others if len(one.axes) > 1], said


def pixels() -> list[dict[str, Any]]:
    return [counted("row", "px", False), counted("column", "px", False)]


def from_shares(colours: Any) -> Any:
    """Colours between 0 and 1 as bytes."""
    return (colours * 255).clip(0, 255).astype(np.uint8)
