"""What HDF5 types become: text, numbers, names of enumerated values, paths of what is referred to."""

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray


def plain(value: Any, dtype: Any, file: h5py.File) -> Any:  # noqa: PLR0911 (one return per kind of type)
    """A value as h5py gives it, without what is only HDF5's. dtype: its type in the file, None where not known."""
    if isinstance(value, h5py.Empty):
        return None
    if isinstance(value, h5py.RegionReference | h5py.Reference):
        return referred(value, file)
    names = h5py.check_enum_dtype(dtype) if dtype is not None else None
    if names and np.asarray(value).dtype.kind in "iu":
        return named(value, {number: name for name, number in names.items()})
    if not isinstance(value, np.ndarray | np.generic):
        return value
    if value.dtype.names:
        return records(value, file)
    if value.dtype.kind == "V":
        return opaque(value)
    if value.dtype.kind == "O":
        return [plain(item, None, file) for item in np.asarray(value)]
    return value.astype(wide(value.dtype)) if value.dtype.itemsize > wide(value.dtype).itemsize else value


def referred(reference: Any, file: h5py.File) -> str | None:
    """The path that a reference leads to; None where it leads nowhere. Of a region, the path of its dataset."""
    try:
        name = h5py.h5r.get_name(reference, file.id) if reference else None
    except (ValueError, RuntimeError, OSError, KeyError):
        return None
    return name.decode("utf-8", "surrogateescape") if name else None


def named(value: Any, names: dict[int, str]) -> Any:
    """Enumerated values by name; a number that has none stays one."""
    if np.ndim(value):
        return [named(item, names) for item in value]
    return names.get(int(value), int(value))


def records(value: Any, file: h5py.File) -> Any:
    """A table as a list of rows, each {column: value}."""
    if np.ndim(value):
        return [records(row, file) for row in value]
    return {name: plain(value[name], value.dtype[name], file) for name in value.dtype.names}


def opaque(value: NDArray[Any] | np.generic) -> Any:
    return [opaque(item) for item in value] if isinstance(value, np.ndarray) and value.ndim else value.tobytes()


def wide(dtype: Any) -> Any:
    """Python's own numbers have no more digits than these."""
    return {"f": np.dtype(float), "c": np.dtype(complex)}.get(dtype.kind, dtype)
