"""Opening a dataset of a facility, and knowing afterwards which dataset a thing came from.

The facility itself opens with this, so it is known here by name only.
"""

import os
import re
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lims.errors import Invalid
from lims.facility import replayed
from lims.facility.local_files import cache_folder, companions, local_file
from lims.facility.signals import choose, is_large, read_signals
from lims.facility.views import DatasetView
from lims.model import Dataset

if TYPE_CHECKING:
    from lims.facility.facility import Facility

ID = re.compile(r"dat-[0-9a-z]{10}")
Reference = str | Path | Dataset | DatasetView
ORIGINS: dict[int, tuple[weakref.ref[Any], str]] = {}
"""id(thing) -> the thing and its dataset, for what came from `open` or went to `save`: so it can be a parent."""


def open_dataset(
    facility: "Facility", ref: Reference, *, signal: int | str | None = None, lazy: bool | None = None
) -> Any:
    """As `lims.open`, at a given facility."""
    dataset_id = id_of(facility, ref)
    replay = replayed.shelf()
    saved = replayed.find(replay, dataset_id) if replay else None
    if saved is not None:
        own = read_signals(saved.path, "", lazy=bool(lazy))
        return choose(own, signal, saved.name)
    about = facility.call("dataset", DatasetView, dataset=dataset_id, metadata=False)
    location = facility.location(dataset_id)
    path = local_file(facility, location)
    wants_lazy = is_large(about.bytes, about.signals) if lazy is None else lazy
    found = read_signals(path, about.format, companions(path, location), about.signals, lazy=wants_lazy)
    opened = choose(found, signal, about.name)
    run = os.environ.get("LIMS_RUN")
    if run:
        facility.record_read(run, dataset_id)
    for one in found:
        remember(one, dataset_id)
    return opened


def id_of(facility: "Facility", ref: Reference) -> str:
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
