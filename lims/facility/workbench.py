"""What a researcher's notebook calls: open a dataset, save a result with where it came from."""

import os
import re
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.facility.connect import connect
from lims.facility.facility import Facility
from lims.facility.local_files import cache_folder, local_file
from lims.facility.remote import RemoteFacility
from lims.facility.signals import choose, is_large, read_signals, write_thing
from lims.facility.views import DatasetView
from lims.model import Dataset
from lims.provenance.content import content_hash

ID = re.compile(r"dat-[0-9a-z]{10}")
Reference = str | Path | Dataset | DatasetView
CONNECTED: dict[str, Facility] = {}
"""The services this process has spoken to, by where it looked for them: one connection serves a whole notebook."""
ORIGINS: dict[int, tuple[weakref.ref[Any], str]] = {}
"""id(thing) -> the thing and its dataset, for what came from `open` or went to `save`: so it can be a parent."""


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


def open_dataset(
    facility: Facility, ref: Reference, *, signal: int | str | None = None, lazy: bool | None = None
) -> Any:
    """As `open`, at a given facility."""
    dataset_id = id_of(facility, ref)
    about = facility.call("dataset", DatasetView, dataset=dataset_id, metadata=False)
    path = local_file(facility, facility.location(dataset_id))
    wants_lazy = is_large(about.bytes, about.signals) if lazy is None else lazy
    found = read_signals(path, about.format, lazy=wants_lazy)
    opened = choose(found, signal, about.name)
    run = os.environ.get("LIMS_RUN")
    if run:
        facility.record_read(run, dataset_id)
    for one in found:
        remember(one, dataset_id)
    return opened


def save_dataset(
    facility: Facility, thing: Any, name: str, parents: Sequence[Any], relation: str, params: Mapping[str, Any]
) -> DatasetView:
    """As `save`, at a given facility."""
    checked_name(name)
    ids = [parent_id(parent) for parent in parents]
    with tempfile.TemporaryDirectory(prefix="lims-save-") as folder:
        path = write_thing(thing, Path(folder), name)
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


def id_of(facility: Facility, ref: Reference) -> str:
    """A dataset's id from whatever names it. Raises NotFound for a path in no store, Invalid for what is neither."""
    if isinstance(ref, Dataset | DatasetView):
        return ref.id
    text = str(ref)
    if ID.fullmatch(text):
        return text
    if isinstance(ref, str) and not re.search(r"[/\\.]", ref):
        raise Invalid(f"{ref!r} is neither the id of a dataset nor a path.", hint="Find ids with: lims search")
    path = Path(text).expanduser().absolute()
    cached = re.match(rf"{re.escape(str(cache_folder()))}/({ID.pattern})/", str(path))
    return cached[1] if cached else facility.locate(str(path)).id


def parent_id(parent: Any) -> str:
    """Raises Invalid for a thing of which nobody knows the dataset."""
    if isinstance(parent, Dataset | DatasetView):
        return parent.id
    if isinstance(parent, str) and ID.fullmatch(parent):
        return parent
    thing, dataset_id = ORIGINS.get(id(parent), (None, ""))
    if thing is not None and thing() is parent:
        return dataset_id
    raise Invalid(
        f"Nothing is known about where this {type(parent).__name__} came from, so it cannot be a parent.",
        hint="Give what lims.open gave you, what lims.save returned, or a dataset's id.",
    )


def remember(thing: Any, dataset_id: str) -> None:
    """Know the thing's dataset for as long as the thing lives; what is made from it is another thing."""
    key = id(thing)
    try:
        ORIGINS[key] = (weakref.ref(thing, lambda _: ORIGINS.pop(key, None)), dataset_id)
    except TypeError:
        return  # text and the like: nobody can be told apart by them


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
