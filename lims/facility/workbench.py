"""What a researcher's notebook calls: open a dataset, save a result with where it came from."""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.facility import replayed
from lims.facility.connect import connect
from lims.facility.facility import Facility
from lims.facility.opening import Reference, open_dataset, parent_id, remember
from lims.facility.remote import RemoteFacility
from lims.facility.signals import write_thing
from lims.facility.views import DatasetView
from lims.provenance.content import content_hash

CONNECTED: dict[str, Facility] = {}
"""The services this process has spoken to, by where it looked for them: one connection serves a whole notebook."""


def open(ref: Reference, signal: int | str | None = None, lazy: bool | None = None) -> Any:
    """Open a dataset as HyperSpy signal(s).

    ref: a dataset's id, or the path of its file in a mounted store.
    signal: of several in the file one, by position or title; by default the only one, or a list of all.
    lazy: by default from 512 MB on. Inside a run the read is recorded.
    Raises NotFound, Conflict where the file is not the one that was registered, Unavailable where it cannot be read.
    """
    return open_dataset(here(), ref, signal=signal, lazy=lazy)


def save(
    thing: Any,
    name: str,
    parents: Sequence[Any] = (),
    relation: str = "",
    params: Mapping[str, Any] | None = None,
) -> DatasetView:
    """Save a result as a dataset of the derived store, with where it came from.

    thing: a HyperSpy signal (.hspy), a NumPy array (.npy), a Matplotlib figure (.png) or the path of a file.
    name: a plain file name; the suffix may be left out.
    parents: what it was made from: signals from `open`, datasets, or ids. relation: the operation, in words.
    params: its parameters; anything JSON can hold, and NumPy numbers.
    Raises Invalid, Forbidden, Unavailable.
    """
    return save_dataset(here(), thing, name, parents, relation, params or {})


def here() -> Facility:
    """The facility of this process: $LIMS_FACILITY, else the present folder's."""
    place = os.environ.get("LIMS_FACILITY") or str(Path.cwd())
    facility = CONNECTED.get(place) or connect()
    if isinstance(facility, RemoteFacility):
        CONNECTED[place] = facility
    return facility


def save_dataset(
    facility: Facility, thing: Any, name: str, parents: Sequence[Any], relation: str, params: Mapping[str, Any]
) -> DatasetView:
    """As `save`, at a given facility."""
    checked_name(name)
    ids = [parent_id(parent) for parent in parents]
    with tempfile.TemporaryDirectory(prefix="lims-save-") as folder:
        path = write_thing(thing, Path(folder), name)
        replay = replayed.shelf()
        if replay is not None:
            made = replayed.put(replay, path, {"parents": ids, "relation": relation, "params": plain(params)})
            remember(thing, made.id)
            return made
        made = facility.save_derived(
            path,
            path.name,
            parents=ids,
            relation=relation,
            params=plain(params),
            run=os.environ.get("LIMS_RUN"),
            content_hash=content_hash(path),
        )
    remember(thing, made.id)
    return made


def checked_name(name: str) -> None:
    """Raises Invalid unless it is a plain file name: where a result is kept is the store's business."""
    if not name or name.startswith(".") or re.search(r"[/\\\x00-\x1f\x7f]", name):
        raise Invalid(
            f"{name!r} cannot be the name of a result.",
            hint="Give a plain name such as Eve_FFT.hspy; raw data and other folders cannot be written.",
        )


def plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's, tuples as lists, anything else that JSON lacks as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
