"""Dectris ARINA: NAME_master.h5, which links to NAME_data_000001.h5 and so on, and NAME.h5 with the microscope's words.

RosettaSciIO reads it whole, keeps no metadata, and refuses a scan that is not square.
"""

import math
from pathlib import Path
from typing import Any

import dask.array
import h5py
import hdf5plugin  # noqa: F401  (the detector's compression registers itself)

DATA = "entry/data"
MOST_NUMBERS = 65_536


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """The scan as RosettaSciIO's dictionary; (y, x, ky, kx) where it is square, else (frame, ky, kx).

    Raises FileNotFoundError where a file that the master links to did not come with it.
    """
    path = Path(filename)
    master = h5py.File(path, "r")  # stays open: frames are read from it later
    frames = dask.array.concatenate([lazily(master, key) for key in sorted(master[DATA])])  # type: ignore[no-untyped-call]
    side = math.isqrt(frames.shape[0])
    data = frames.reshape((side, side, *frames.shape[1:])) if side * side == frames.shape[0] else frames
    beside = path.with_name(path.name.removesuffix("_master.h5") + ".h5")
    words = tree_below(beside) if beside.exists() and beside != path else {}
    return [
        {
            "data": data if lazy else data.compute(),
            "axes": axes_of(data.shape, pixel_nm(words)),
            "metadata": {"General": {}, "Signal": {"signal_type": "diffraction"}},
            "original_metadata": tree_of(master["entry"]) | words,
        }
    ]


def lazily(master: h5py.File, key: str) -> Any:
    found = master[DATA].get(key)
    if found is None:
        link = master[DATA].get(key, getlink=True)
        raise FileNotFoundError(2, "linked data", getattr(link, "filename", key))
    frames = max(1, (64 << 20) // max(1, found.dtype.itemsize * math.prod(found.shape[1:])))
    return dask.array.from_array(found, chunks=(frames, *found.shape[1:]))  # type: ignore[no-untyped-call]


def pixel_nm(words: dict[str, Any]) -> float:
    """0 where nobody calibrated it."""
    said = words.get("STEM Metadata", {}).get("Pixel Size")
    return float(said[0]) if said is not None and len(said) else 0.0


def axes_of(shape: tuple[int, ...], step_nm: float) -> list[dict[str, Any]]:
    names = ("y", "x", "ky", "kx") if len(shape) == 4 else ("frame", "ky", "kx")
    return [
        {
            "name": name,
            "size": size,
            "scale": step_nm if name in "yx" and step_nm > 0 else 1.0,
            "offset": 0.0,
            "units": "nm" if name in "yx" and step_nm > 0 else "",
            "navigate": not name.startswith("k"),
        }
        for name, size in zip(names, shape, strict=True)
    ]


def tree_below(path: Path) -> dict[str, Any]:
    with h5py.File(path, "r") as file:
        return tree_of(file)


def tree_of(group: h5py.Group) -> dict[str, Any]:
    """Attributes and datasets by name, groups within groups; the frames and long tables are left out."""
    tree: dict[str, Any] = dict(group.attrs)
    for key in group:
        below = None if f"{group.name}/{key}".endswith(DATA) else group.get(key)
        if isinstance(below, h5py.Group):
            tree[key] = tree_of(below)
        elif isinstance(below, h5py.Dataset):
            is_short = below.size is not None and below.size <= MOST_NUMBERS
            tree[key] = below[()] if is_short else {"array": {"shape": list(below.shape), "dtype": str(below.dtype)}}
    return tree
