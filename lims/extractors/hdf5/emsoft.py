"""Patterns that EMsoft simulated: EBSD patterns, and master patterns over energy. Source: the samples."""

from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from lims.extractors.axes import axis, counted
from lims.extractors.hdf5.generic import MOST_SIGNALS, generic_signals, left_out, raw
from lims.extractors.hdf5.walk import Array
from lims.extractors.lazy import as_lazy
from lims.extractors.raw import Raw

PATTERNS = ("EBSDPatterns", "mLPNH", "mLPSH", "masterSPNH", "masterSPSH")


def is_emsoft(file: h5py.File) -> bool:
    return "EMheader" in file and "EMData" in file


def emsoft_signals(file: h5py.File, arrays: Sequence[Array]) -> tuple[list[Raw], list[str]]:
    """The patterns, then whatever else is large enough to see."""
    patterns = [one for one in arrays if one.path.rpartition("/")[2] in PATTERNS and len(one.shape) > 2]
    others, said = generic_signals(file, [one for one in arrays if one not in patterns])
    found = [pattern(file[one.path]) for one in patterns]
    found += [one for one in others if len(one.axes) > 1]
    return found[:MOST_SIGNALS], said + left_out(len(found) - MOST_SIGNALS)


def pattern(dataset: h5py.Dataset) -> Raw:
    kind = (dataset.name or "").rpartition("/")[2]
    before = [counted("", "", True) for _ in range(dataset.ndim - 2)]
    if kind != "EBSDPatterns" and before:
        before[-1] = energies(dataset.parent, dataset.shape[-3])
    axes = [*before, counted("dy", "px", False), counted("dx", "px", False)]
    title = (dataset.name or "").strip("/")
    return raw(as_lazy(dataset), axes, title, "EBSD" if kind == "EBSDPatterns" else "EBSDMasterPattern")


def energies(group: h5py.Group, size: int) -> dict[str, Any]:
    """The energies of the beam: in their name, for an axis in keV would be taken for a spectrum's."""
    found = group.get("EkeVs")
    fits = isinstance(found, h5py.Dataset) and found.shape == (size,)
    return axis("beam energy (keV)", np.asarray(found[()]) if fits else None, "", True)
