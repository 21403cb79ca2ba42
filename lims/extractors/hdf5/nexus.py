"""NeXus: what a file wants to be plotted (NXdata) and what its detectors recorded.

All three ways in which a group has named its signal and axes are understood: attributes of the group (@signal, @axes,
@NAME_indices), and before 2014 attributes of the datasets (@signal=1 with @axes="y:x", or @axis=1 on each axis).
Source: NeXus manual, "NXdata" and "Storing data".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import h5py
import numpy as np

from lims.extractors.axes import axis
from lims.extractors.hdf5.generic import MOST_SIGNALS, is_sensible, left_out, signal_of, whatever_signals
from lims.extractors.hdf5.scales import axes_of, points, text_of, units_of
from lims.extractors.hdf5.walk import Array
from lims.extractors.raw import Raw
from lims.extractors.rosetta.inside_hdf5 import identity

DEEPEST = 12
SHOWN = {"spectrum": 1, "image": 2, "scaler": 0, "scalar": 0, "vertex": 1, "rgb-image": 2, "rgba-image": 2}
"""How many of the last dimensions one @interpretation shows."""


def is_nexus(file: h5py.File) -> bool:
    """By its classes; a file without any is one by its name."""
    classes = {class_of(file.get(name)) for name in file} | {class_of(file)}
    return bool(classes & {"NXentry", "NXdata", "NXroot"}) or str(file.filename).lower().endswith((".nxs", ".nx5"))


def class_of(thing: Any) -> str:
    return text_of(thing.attrs.get("NX_class")) if isinstance(thing, h5py.Group) else ""


def nexus_signals(file: h5py.File, arrays: Sequence[Array]) -> tuple[list[Raw], list[str]]:
    """Signals of the NXdata groups, the default one first, then detectors' arrays that none of them shows."""
    found: dict[Any, Raw] = {}
    for group in plots(file):
        for dataset in signals_of(group):
            found.setdefault(identity(dataset), plotted(group, dataset))
    shown_as_axes = {identity(one) for group in plots(file) for one in axes_in(group)}
    for array in arrays:
        dataset = file[array.path] if len(array.shape) > 1 and is_sensible(array) else None
        is_detectors = dataset is not None and class_of(dataset.parent) == "NXdetector"
        if is_detectors and identity(dataset) not in shown_as_axes:
            found.setdefault(identity(dataset), signal_of(dataset))
    signals, said = list(found.values()), left_out(len(found) - MOST_SIGNALS)
    if not any(class_of(group) == "NXdata" for group in plots(file)) or not signals:
        shown = {f"/{signal.metadata['General']['title']}" for signal in signals}
        more, said = whatever_signals(file, [array for array in arrays if array.path not in shown])
        signals += more
    return signals[:MOST_SIGNALS], said


def plots(file: h5py.File) -> list[h5py.Group]:
    """Every NXdata group; first the one to which the chain of @default leads.

    Where there is no such class, the groups that have a signal or axes as if they were.
    """
    groups = list(below(file, 0, {identity(file)}))
    found = [group for group in groups if class_of(group) == "NXdata"]
    found = found or [group for group in groups if {"signal", "axes"} & set(group.attrs)]
    default: Any = file
    for _ in range(DEEPEST):  # it may lead in a circle
        if not isinstance(default, h5py.Group) or class_of(default) == "NXdata":
            break
        name = text_of(default.attrs.get("default"))
        default = default.get(name) if name else None
    if default in found:
        found.sort(key=lambda group: group != default)
    return found


def below(group: h5py.Group, depth: int, seen: set[Any]) -> Iterator[h5py.Group]:
    """Each group once, for links may lead in a circle. seen: identities."""
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        member = group.get(name)
        if isinstance(member, h5py.Group) and depth < DEEPEST and identity(member) not in seen:
            seen.add(identity(member))
            yield member
            yield from below(member, depth + 1, seen)


def signals_of(group: h5py.Group) -> list[h5py.Dataset]:
    """The signal, and what @auxiliary_signals or the numbers 2, 3 … name beside it.

    Nothing is guessed where the group names a signal that is not there.
    """
    names = [text_of(group.attrs.get("signal")), *words(group.attrs.get("auxiliary_signals"))]
    named = [group.get(name) for name in names if name]
    marked = [one for one in members(group) if text_of(one.attrs.get("signal")).isdigit()]
    marked.sort(key=lambda one: int(text_of(one.attrs["signal"])))
    usual = [group.get("data")] if "data" in group else [one for one in members(group) if one.ndim > 1][:1]
    chosen = next((choice for choice in (named, marked, usual) if choice), [])
    datasets = [one for one in chosen if isinstance(one, h5py.Dataset)]
    return [one for one in datasets if one.dtype.kind in "biufc" and one.ndim and one.size]


def members(group: h5py.Group) -> list[h5py.Dataset]:
    return [one for name in group if isinstance(one := group.get(name), h5py.Dataset)]


def words(value: Any) -> list[str]:
    """Names in an attribute: an array of texts, or one text with ":" or "," between them, maybe in brackets."""
    if isinstance(value, np.ndarray) and value.ndim and value.size > 1:
        return [text_of(item) for item in value.reshape(-1)]
    return [word.strip() for word in re.split(r"[:,]", text_of(value).strip("[]")) if word.strip()]


def plotted(group: h5py.Group, dataset: h5py.Dataset) -> Raw:
    """The dataset as its group wants it shown. What it is called for people is the quantity on HyperSpy's plots."""
    axes = placed_axes(group, dataset)
    shown = SHOWN.get(text_of(dataset.attrs.get("interpretation") or group.attrs.get("interpretation")).lower())
    if shown is not None and len(axes) > 1:
        axes = [one | {"navigate": number < len(axes) - max(shown, 1)} for number, one in enumerate(axes)]
    found = signal_of(dataset, axes)
    called = text_of(dataset.attrs.get("long_name"))
    return replace(found, metadata={**found.metadata, "Signal": {"quantity": called}}) if called else found


def placed_axes(group: h5py.Group, dataset: h5py.Dataset) -> list[dict[str, Any]]:
    """One axis per dimension of the signal."""
    names = axis_names(group, dataset)
    own = axes_of(dataset)
    for number, name in enumerate(names):
        values = group.get(name) if name else None
        if isinstance(values, h5py.Dataset):
            own[number] = axis(name, points(values, dataset.shape[number]), units_of(values))
        elif name and not own[number]["name"]:
            own[number] = axis(name)
    return own


def axis_names(group: h5py.Group, dataset: h5py.Dataset) -> list[str]:
    """The name of the axis of each dimension, "" where it has none."""
    found = [""] * dataset.ndim
    listed = words(group.attrs.get("axes")) or words(dataset.attrs.get("axes"))
    for number, name in enumerate(listed):
        indices = group.attrs.get(f"{name}_indices")
        places = np.asarray(number if indices is None else indices).reshape(-1)
        if len(places) == 1 and name != "." and 0 <= int(places[0]) < dataset.ndim:
            found[int(places[0])] = name
    return found if any(found) else numbered(group, dataset)


def numbered(group: h5py.Group, dataset: h5py.Dataset) -> list[str]:
    """Axes that say themselves which dimension is theirs, counted from 1; of several the one marked @primary=1."""
    found = [""] * dataset.ndim
    candidates = [one for one in members(group) if "axis" in one.attrs]
    candidates.sort(key=lambda one: text_of(one.attrs.get("primary")) != "1")
    for one in candidates:
        for word in words(one.attrs["axis"]):
            number = max(int(word) - 1, 0) if word.isdigit() else -1  # some count from 0
            if 0 <= number < dataset.ndim and not found[number] and one.shape == (dataset.shape[number],):
                found[number] = (one.name or "").rpartition("/")[2]
    return found


def axes_in(group: h5py.Group) -> list[h5py.Dataset]:
    """The datasets of a group that are axes, or the errors of something, and no signal of their own."""
    names = {name for dataset in signals_of(group) for name in axis_names(group, dataset) if name}
    names |= {name for name in group if name.endswith("_errors") or name in ("errors", "uncertainties")}
    return [one for name in names if isinstance(one := group.get(name), h5py.Dataset)]
