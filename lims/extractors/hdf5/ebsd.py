"""Scans of electron backscatter patterns in HDF5: Oxford's .h5oina, EDAX', Bruker's and kikuchipy's H5EBSD.

All keep one row per point of the scan in "Data" and the size and step of the scan in "Header"; EDS of the same points
and electron images lie beside them the same way.
Sources: Oxford's H5OINA specification; Jackson et al., doi:10.1186/2193-9772-3-4 (H5EBSD); the samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lims.extractors.axes import counted, stepped
from lims.extractors.hdf5.generic import (
    MOST_SIGNALS,
    coloured,
    is_colour_picture,
    is_sensible,
    left_out,
    raw,
    signal_of,
)
from lims.extractors.hdf5.scales import text_of
from lims.extractors.hdf5.walk import Array
from lims.extractors.lazy import Scanned, as_lazy, rows_and_columns
from lims.extractors.raw import Raw
from lims.extractors.rosetta.inside_hdf5 import groups

POSITIONS = frozenset(
    {"x", "y", "z", "id", "is_in_data", "valid", "x position", "y position", "beam position x", "beam position y"}
    | {"x beam", "y beam", "x sample", "y sample", "z sample"}
)
"""Columns that say where a point is and not what was measured there."""
ANGLES = ("φ1", "Φ", "φ2")
MOST_ROWS, MOST_POINTS, ENOUGH = 1 << 28, 1 << 26, 256
"""MOST_POINTS: of a map that is filled in part only, such as Bruker's regions.
ENOUGH: signals after which no other scan is looked at; an analysis of particles has thousands of one point each."""


@dataclass(frozen=True)
class Keys:
    """What a vendor calls the size and the step of a scan. data: groups of columns, from the technique's group."""

    rows: str
    columns: str
    step_y: str
    step_x: str
    data: tuple[str, ...] = ("Data",)


OXFORD = Keys("Y Cells", "X Cells", "Y Step", "X Step")
KEYS = {
    "h5oina": OXFORD,
    "h5ebsd-edax": Keys("nRows", "nColumns", "Step Y", "Step X"),
    "h5ebsd-bruker": Keys("NROWS", "NCOLS", "YSTEP", "XSTEP"),
    "h5ebsd-kikuchipy": Keys("n_rows", "n_columns", "step_y", "step_x", ("Data", "CrystalMap/crystal_map/data")),
}
MAKERS = (("oxford", "h5oina"), ("edax", "h5ebsd-edax"), ("bruker", "h5ebsd-bruker"), ("kikuchipy", "h5ebsd-kikuchipy"))


def kind_of(file: h5py.File) -> str:
    """The format by what the file says of its maker, "" for another."""
    said = next((text_of(file[name][()]) for name in file if name.strip().lower() == "manufacturer"
                 and isinstance(file[name], h5py.Dataset)), "").lower()  # fmt: skip
    return next((kind for word, kind in MAKERS if word in said), "")


@dataclass(frozen=True)
class Scan:
    """One technique's columns. places: the number of the row at each point, (y, x) or (n,) where there is no grid."""

    group: h5py.Group
    keys: Keys
    places: NDArray[np.int64]
    axes: list[dict[str, Any]]

    def columns(self) -> Iterator[h5py.Dataset]:
        for name in self.keys.data:
            if isinstance(self.group.get(name), h5py.Group):
                yield from datasets_below(self.group[name])

    def signals(self) -> Iterator[Raw]:
        for column in self.columns():
            if column.ndim and column.shape[0] == self.length and column.dtype.kind in "biuf":
                yield from self.of_column(column)

    @property
    def length(self) -> int:
        return int(self.places.max(initial=-1)) + 1

    def of_column(self, column: h5py.Dataset) -> Iterator[Raw]:
        title, name = (column.name or "").strip("/"), (column.name or "").rpartition("/")[2]
        if name.lower() in POSITIONS:
            return
        if column.ndim == 3:
            frames = as_lazy(Scanned(column, self.places))
            yield raw(frames, [*self.axes, *(counted(one, "px", False) for one in ("dy", "dx"))], title, "EBSD")
        elif column.ndim == 2 and name == "Spectrum":
            spectra = as_lazy(Scanned(column, self.places))
            yield raw(spectra, [*self.axes, self.energy(column.shape[1])], title, "EDS_SEM")
        elif self.length < 2:
            return
        elif column.ndim == 2 and column.shape[1] == 3 and column.dtype == np.uint8:
            yield raw(coloured(as_lazy(Scanned(column, self.places))), self.as_picture(), title)
        elif column.ndim == 2 and column.shape[1] == 3:
            for number, angle in enumerate(ANGLES if "Euler" in name else "123"):
                yield raw(self.map_of(column)[..., number], self.as_picture(), f"{title} {angle}")
        elif column.ndim == 1 or column.shape[1:] == (1,):
            data = self.map_of(column)
            yield raw(data if column.ndim == 1 else data[..., 0], self.as_picture(), title)

    def map_of(self, column: h5py.Dataset) -> Any:
        return as_lazy(Scanned(column, self.places))

    def as_picture(self) -> list[dict[str, Any]]:
        return [one | {"navigate": False} for one in self.axes]

    def energy(self, channels: int) -> dict[str, Any]:
        """Source: the specification has both numbers in electronvolts."""
        width, start = (number(self.group.get("Header"), key) for key in ("Channel Width", "Start Channel"))
        known = {"scale": width, "offset": start or 0.0} if width else {}
        return {"name": "Energy", "units": "eV" if width else "", "navigate": False} | known


def ebsd_signals(file: h5py.File, arrays: Sequence[Array]) -> tuple[list[Raw], list[str]]:
    """Patterns of every scan, then maps, then the other pictures."""
    keys, said = KEYS[kind_of(file)], []
    found: list[Raw] = []
    used: set[str] = set()
    more = 0
    for group in techniques(file):
        if len(found) > ENOUGH:
            more += 1
            continue
        scan = scan_of(group, keys)
        if isinstance(scan, str):
            said.append(scan)
        elif scan:
            found += scan.signals()
            used |= {column.name or "" for column in scan.columns()}
    said += [f"{more} more scans or points are in it; they are only described in its metadata."] if more else []
    others = [one for one in arrays if one.path not in used and "/Coordinate System/" not in one.path]
    pictures = [file[other.path] for other in others if is_sensible(other) and len(other.shape) in (2, 3)]
    pixels = [counted("y"), counted("x")]  # of a detector or of another picture, not of the scan
    found += [signal_of(picture, pixels) for picture in pictures if picture.ndim == 2 or is_colour_picture(picture)]
    found.sort(key=lambda signal: -len(signal.axes))
    return found[:MOST_SIGNALS], said + left_out(len(found) - MOST_SIGNALS)


def techniques(file: h5py.File) -> list[h5py.Group]:
    """Groups that have a "Header" beside their data."""
    return [one for one in groups(file, 4) if one.name != "/" and isinstance(one.get("Header"), h5py.Group)]


def scan_of(group: h5py.Group, keys: Keys) -> Scan | str | None:
    """How the rows of a technique lie on the sample; what is wrong where they do not fit; None where it is no scan."""
    header = group["Header"]
    rows, columns = number(header, keys.rows), number(header, keys.columns)
    length = rows_of(group, keys)
    if not rows or not columns or not length or length > MOST_ROWS:
        return None
    steps = number(header, keys.step_y), number(header, keys.step_x)
    axes = [stepped(name, step) for name, step in zip("yx", steps, strict=True)]
    shape = int(rows), int(columns)
    if length == shape[0] * shape[1]:
        places = rows_and_columns(*shape)
        return Scan(group, keys, places, axes) if shape[0] > 1 else Scan(group, keys, places[0], axes[1:])
    placed = within_region(group, shape, length)
    if placed is not None:
        return Scan(group, keys, placed, axes)
    scan = Scan(group, keys, np.arange(length), [stepped("x", None)])
    return scan if shape == (1, 1) else f"{group.name}: {length} points do not fill {shape[0]} × {shape[1]}, so no map."


def within_region(group: h5py.Group, shape: tuple[int, int], length: int) -> NDArray[np.int64] | None:
    """Bruker's region of any outline: SEM/IY and SEM/IX say where each row lies, in the frame of its electron image."""
    for sem in (group.get("SEM"), group.parent.get("SEM")):
        for prefix in ("", "SEM "):
            rows, columns = ((sem or {}).get(f"{prefix}{name}") for name in ("IY", "IX"))
            if rows is None or columns is None or rows.shape != (length,) or columns.shape != (length,):
                continue
            y, x = (np.asarray(one[()], dtype=np.int64) - int(np.min(one[()])) for one in (rows, columns))
            extent = int(y.max()) + 1, int(x.max()) + 1
            if extent[0] <= shape[0] and extent[1] <= shape[1] and extent[0] * extent[1] <= MOST_POINTS:
                places = np.full(extent, -1, dtype=np.int64)
                places[y, x] = np.arange(length)
                return places
    return None


def rows_of(group: h5py.Group, keys: Keys) -> int:
    """How many points the columns have: the length that most of them share."""
    lengths = [one.shape[0] for name in keys.data if isinstance(group.get(name), h5py.Group)
               for one in datasets_below(group[name]) if one.ndim]  # fmt: skip
    return max(lengths, key=lengths.count) if lengths else 0


def datasets_below(group: h5py.Group, depth: int = 3) -> Iterator[h5py.Dataset]:
    for name in group:
        member = group.get(name)
        if isinstance(member, h5py.Dataset):
            yield member
        elif isinstance(member, h5py.Group) and depth:
            yield from datasets_below(member, depth - 1)


def number(group: Any, name: str) -> float | None:
    """A number of a header, None where there is none."""
    found = group.get(name) if isinstance(group, h5py.Group) else None
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "iuf" or found.size != 1:
        return None
    value = float(np.asarray(found[()]).reshape(-1)[0])
    return value if np.isfinite(value) else None
