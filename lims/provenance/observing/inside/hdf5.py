"""h5py opens files in C, where Python's audit events do not reach: its two functions for that are wrapped."""

from __future__ import annotations

import functools
from typing import Any

from .gate import Gate

READ_WRITE, TRUNCATE = 1, 2
"""H5F_ACC_RDWR and H5F_ACC_TRUNC. Source: H5Fpublic.h."""


def wrap(gate: Gate, h5py: Any) -> None:
    opening, creating, asking = h5py.h5f.open, h5py.h5f.create, h5py.h5f.is_hdf5

    @functools.wraps(opening)
    def open_(name: Any, flags: int = READ_WRITE, *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        changes = bool(flags & READ_WRITE)
        return opening(gate.enter(name, reads=True, writes=changes, by="h5py"), flags, *args, **options)

    @functools.wraps(creating)
    def create(name: Any, flags: int = TRUNCATE, *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        return creating(gate.enter(name, reads=False, writes=True, by="h5py"), flags, *args, **options)

    @functools.wraps(asking)
    def is_hdf5(name: Any) -> Any:
        return asking(gate.overlay.enter(name, True, False))

    h5py.h5f.open, h5py.h5f.create, h5py.h5f.is_hdf5 = open_, create, is_hdf5
