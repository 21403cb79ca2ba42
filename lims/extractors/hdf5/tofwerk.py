"""Tofwerk's time-of-flight mass spectra (TofDAQ), among them those of a FIB: .h5.

Source: RosettaSciIO's description of the file (rsciio.tofwerk), whose reader gives the sum spectrum alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import h5py
import numpy as np

from lims.extractors.axes import axis, stepped
from lims.extractors.hdf5.generic import MOST_SIGNALS, generic_signals, left_out, raw
from lims.extractors.hdf5.walk import Array
from lims.extractors.lazy import Joined, Scanned, as_lazy
from lims.extractors.raw import Raw

MASS, UNIT = "m/Q", "Th"
SUM, MASSES, PEAKS, TABLE = "FullSpectra/SumSpectrum", "FullSpectra/MassAxis", "PeakData/PeakData", "PeakData/PeakTable"
EVENTS, IMAGES, SPECTRA = "FullSpectra/EventList", "FIBImages", "FullSpectra/TofData"
NOMINAL = b"nominal"
"""What the labels of the peaks begin with that the program made itself, one for each whole mass."""


def is_tofwerk(file: h5py.File) -> bool:
    return "TofDAQ Version" in file.attrs or ("FullSpectra" in file and "TimingData" in file)


def tofwerk_signals(file: h5py.File, arrays: Sequence[Array]) -> tuple[list[Raw], list[str]]:
    """The sum of all spectra, the peaks of each pixel, the electron images of each slice."""
    found = [*sum_spectrum(file), *peaks(file), *spectra(file), *images(file)]
    known = tuple(f"/{name}" for name in (SUM, MASSES, PEAKS, SPECTRA, IMAGES))
    others, said = generic_signals(file, [one for one in arrays if not one.path.startswith(known)])
    found += [one for one in others if len(one.axes) > 1]
    if EVENTS in file:
        said.append("The list of single ions (FullSpectra/EventList) is described, not shown.")
    return found[:MOST_SIGNALS], said + left_out(len(found) - MOST_SIGNALS)


def sum_spectrum(file: h5py.File) -> Iterator[Raw]:
    spectrum = file.get(SUM)
    if isinstance(spectrum, h5py.Dataset) and spectrum.ndim == 1:
        masses = masses_of(file, spectrum.shape[0])
        start = first_valid(masses)
        yield raw(as_lazy(spectrum)[start:], [mass_axis(masses[start:])], "sum spectrum", "FIB-SIMS")


def masses_of(file: h5py.File, size: int) -> Any:
    found = file.get(MASSES)
    fits = isinstance(found, h5py.Dataset) and found.shape == (size,)
    return np.asarray(found[()], dtype=float) if fits else np.arange(0)


def first_valid(masses: Any) -> int:
    """The calibration gives no masses for the shortest times of flight: they are negative, or fall."""
    bad = np.flatnonzero(~(masses >= 0))
    falling = np.flatnonzero(np.diff(masses) <= 0)
    start = max(bad[-1] + 1 if bad.size else 0, falling[-1] + 1 if falling.size else 0)
    return int(start) if start < len(masses) - 1 else 0


def mass_axis(masses: Any) -> dict[str, Any]:
    return axis(MASS, masses if len(masses) else None, UNIT if len(masses) else "", False)


def peaks(file: h5py.File) -> Iterator[Raw]:
    """(slice, y, x, peak): the peaks at each whole mass, and apart from them those that somebody defined."""
    data, table = file.get(PEAKS), file.get(TABLE)
    if not isinstance(data, h5py.Dataset) or data.ndim != 4:
        return
    masses, is_own = peak_table(table, data.shape[3])
    axes = scan_axes(file, data.shape[2])
    parts = [("nominal peaks", ~is_own), ("added peaks", is_own)] if is_own.any() and not is_own.all() else []
    for title, chosen in parts or [("peaks", np.ones(data.shape[3], dtype=bool))]:
        numbers = np.flatnonzero(chosen)
        numbers = numbers[np.argsort(masses[numbers], kind="stable")] if len(masses) else numbers
        whole = as_lazy(data)
        part = whole if len(numbers) == data.shape[3] and np.all(np.diff(numbers) == 1) else whole[..., numbers]
        yield raw(part, [*axes, mass_axis(masses[numbers] if len(masses) else masses)], title, "FIB-SIMS")


def peak_table(table: Any, size: int) -> tuple[Any, Any]:
    """(masses, which peaks are somebody's own); no masses where the table does not fit."""
    names = table.dtype.names if isinstance(table, h5py.Dataset) else None
    if not names or table.shape != (size,) or not {"label", "mass"} <= set(names):
        return np.arange(0), np.zeros(size, dtype=bool)
    rows = table[()]
    labels = [one if isinstance(one, bytes) else str(one).encode() for one in rows["label"]]
    return np.asarray(rows["mass"], float), np.array([not one.startswith(NOMINAL) for one in labels], dtype=bool)


def scan_axes(file: h5py.File, columns: int) -> list[dict[str, Any]]:
    step = field_of_view_um(file)
    size = step / columns if step else None
    return [axis("slice", None, "", True), stepped("y", size), stepped("x", size)]


def field_of_view_um(file: h5py.File) -> float | None:
    """FIBParams' ViewField is in millimetres."""
    group = file.get("FIBParams")
    value = np.asarray(group.attrs.get("ViewField", 0)).reshape(-1) if isinstance(group, h5py.Group) else np.zeros(1)
    return float(value[0]) * 1e3 if value.size and value.dtype.kind in "iuf" and value[0] > 0 else None


def spectra(file: h5py.File) -> Iterator[Raw]:
    data = file.get(SPECTRA)
    if isinstance(data, h5py.Dataset) and data.ndim > 1 and data.size:
        axes = [axis(name, None, "", True) for name in ("write", "segment", "buffer")[: data.ndim - 1]]
        yield raw(as_lazy(data), [*axes, mass_axis(masses_of(file, data.shape[-1]))], SPECTRA)


def images(file: h5py.File) -> Iterator[Raw]:
    """The stack of those that have the commonest size: the last one is often cut short."""
    group = file.get(IMAGES)
    found = [group[name]["Data"] for name in sorted(group) if "Data" in group[name]] if group is not None else []
    found = [one for one in found if one.ndim == 2]
    if not found:
        return
    shapes = [one.shape for one in found]
    shape = max(shapes, key=shapes.count)
    chosen = [Slice(one) for one in found if one.shape == shape]
    stack = Scanned(Joined(chosen), np.arange(len(chosen)))
    step = field_of_view_um(file)
    axes = [one | {"navigate": False} for one in [stepped("y", step / shape[1] if step else None)] * 2]
    axes[1]["name"] = "x"
    yield raw(as_lazy(stack), [axis("slice", None, "", True), *axes], IMAGES)


class Slice:
    """One image as a stack of one."""

    def __init__(self, image: h5py.Dataset) -> None:
        self.image = image
        self.shape, self.dtype = (1, *image.shape), image.dtype

    def __getitem__(self, key: Any) -> Any:
        _, *inside = key
        return self.image[tuple(inside)][None]
