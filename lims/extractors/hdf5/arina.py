"""Dectris' masters (ARINA, QUADRO, EIGER): the frames lie in files beside it, to which the master links.

Source: Dectris' NXmx layout (entry/data/data_000001 …); the scan is described in a NAME.h5 beside NAME_master.h5.
"""

import re
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lims.extractors.axes import counted, stepped
from lims.extractors.hdf5.generic import raw
from lims.extractors.hdf5.scales import text_of
from lims.extractors.hdf5.walk import Array
from lims.extractors.lazy import Joined, Scanned, as_lazy, rows_and_columns
from lims.extractors.raw import Raw

FRAMES, SPECIFIC = "entry/data", "entry/instrument/detector/detectorSpecific"
SCAN = "STEM Metadata"


def is_dectris(file: h5py.File) -> bool:
    return SPECIFIC in file and isinstance(file.get(FRAMES), h5py.Group)


def is_arina(file: h5py.File) -> bool:
    """A detector for scans in an electron microscope; the others take single pictures or series of them."""
    described = file.get("entry/instrument/detector/description")
    return is_dectris(file) and isinstance(described, h5py.Dataset) and "arina" in text_of(described[()]).lower()


def arina_signals(
    file: h5py.File, arrays: Sequence[Array], scan: dict[str, Any] | None = None
) -> tuple[list[Raw], list[str]]:
    """All frames as one scan; none where files are missing. scan: attributes of the scan's description."""
    names = [name for name in sorted(file[FRAMES]) if re.fullmatch(r"data_\d+", name)] or ["data"]
    parts = [file[FRAMES].get(name) for name in names]
    missing = sum(part is None for part in parts)
    found = [part for part in parts if isinstance(part, h5py.Dataset) and part.ndim == 3]
    if missing or not found or len({(part.shape[1:], part.dtype) for part in found}) != 1:
        return [], [f"{missing} of {len(parts)} data files are missing: there is only metadata."] if missing else []
    frames = Joined(found)
    said: list[str] = []
    places: NDArray[np.int64] = np.arange(frames.shape[0], dtype=np.int64)
    if is_arina(file):
        places, said = places_of(frames.shape[0], scan or {}, number(file, "nimages"), number(file, "ntrigger"))
    step, is_trusted = pixel_nm(scan or {})
    said += [] if is_trusted or step is None else ["The pixel size of the scan is not calibrated."]
    axes = [stepped(name, step, "nm") for name in "yx"[-places.ndim :]]
    data = as_lazy(Scanned(frames, places))
    return [raw(data, [*axes, counted("dy", "px", False), counted("dx", "px", False)], "frames")], said


def places_of(count: int, scan: dict[str, Any], images: int, triggers: int) -> tuple[NDArray[np.int64], list[str]]:
    """The scan's rows and columns: as described, else one trigger per row, else square, else none."""
    described = int(scan.get("NumPixelsY", 0)), int(scan.get("NumPixelsX", 0))
    side = round(count**0.5)
    if described[0] * described[1] == count:
        return rows_and_columns(*described), []
    if images > 1 and triggers > 1 and images * triggers == count:
        return rows_and_columns(triggers, images), []
    if count > 1 and side * side == count:
        return rows_and_columns(side, side), [f"Nothing says how the {count} frames were scanned; shown as a square."]
    return np.arange(count, dtype=np.int64), []


def pixel_nm(scan: dict[str, Any]) -> tuple[float | None, bool]:
    step = float(scan.get("Pixel Size", 0))
    return (step if step > 0 else None), bool(scan.get("IsPixelSizeCalibrated", True))


def scan_described(file: h5py.File) -> dict[str, Any]:
    """The attributes that describe the scan, each a number."""
    group = file.get(SCAN)
    if not isinstance(group, h5py.Group):
        return {}
    values = {name: np.asarray(group.attrs[name]).reshape(-1) for name in group.attrs}
    return {name: value[0] for name, value in values.items() if value.size and value.dtype.kind in "iuf"}


def number(file: h5py.File, name: str) -> int:
    found = file[SPECIFIC].get(name)
    return int(found[()]) if isinstance(found, h5py.Dataset) and found.shape == () else 0
