"""What a store shows now, against what the catalog knows of it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from lims.errors import StoreUnavailable
from lims.extractors.companions import group_companions, is_junk
from lims.harvest.scope import Ground
from lims.stores import Entry, PrefixMissing, Store

Known = Mapping[str, tuple[str, int, datetime, str]]
"""{key: (dataset id, bytes of the dataset, its mtime, its companions' state)}, companions' keys too: `View.keys_in`."""


@dataclass(frozen=True)
class Found:
    """A dataset as the store shows it. key: of the main file (or tree); parts: every file of it, main first."""

    ground: Ground
    key: str
    parts: tuple[Entry, ...]

    @property
    def companions(self) -> tuple[str, ...]:
        return tuple(part.key for part in self.parts if part.key != self.key)

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key, *self.companions)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    @property
    def modified(self) -> datetime:
        """The main file's; a tree has none of its own, so its newest file's."""
        own = next((part for part in self.parts if part.key == self.key), None)
        return own.modified if own else self.newest

    @property
    def newest(self) -> datetime:
        return max(part.modified for part in self.parts)

    @cached_property
    def companions_state(self) -> str:
        return state_of(part for part in self.parts if part.key != self.key)

    @property
    def signature(self) -> tuple[tuple[str, int, datetime], ...]:
        """Differs where any file of it differs."""
        return tuple((part.key, part.bytes, part.modified) for part in self.parts)


def state_of(companions: Iterable[Entry]) -> str:
    """Another text where the key, size or time of any of them is another; "" of none.

    All their times, as the newest alone would miss a copy that keeps an older one.
    """
    listed = sorted(f"{one.modified.timestamp()} {one.bytes} {one.key}" for one in companions)
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:16] if listed else ""


@dataclass
class Differences:
    """changed: (known id, what is there now, ids of datasets that have become part of it). gone: ids not seen.

    unnoted: those that are the same as far as an older catalog knows, which did not note their companions' state.
    """

    new: list[Found] = field(default_factory=list)
    changed: list[tuple[str, Found, frozenset[str]]] = field(default_factory=list)
    moved: list[tuple[str, Found]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    unnoted: list[tuple[str, Found]] = field(default_factory=list)


@dataclass(frozen=True)
class Look:
    """What lies below one prefix. keys: of every file, also those of no instrument at their time."""

    found: tuple[Found, ...] = ()
    keys: frozenset[str] = frozenset()
    unreadable: tuple[tuple[str, str], ...] = ()
    is_absent: bool = False


def look(store: Store, grounds: Sequence[Ground], *, known: int) -> Look:
    """Look at the one prefix that all `grounds` share. known: how many files were there before.

    Raises StoreUnavailable; also where nothing at all is left of what was there: that is a missing mount, not tidying.
    """
    prefix = grounds[0].prefix
    try:
        listing = store.look(prefix)
    except PrefixMissing:
        if known:
            raise
        return Look(is_absent=True)
    if known and not listing.entries:
        raise StoreUnavailable(store.name, store.url, f"{prefix!r} is empty, though {known} files were there before")
    entries = {one.key: one for one in listing.entries if grounds[0].holds(one.key) and not is_junk(one.key)}
    unreadable = tuple(one for one in listing.unreadable if not is_junk(one[0]))
    return Look(tuple(grouped(grounds, entries)), frozenset(entries), unreadable)


def grouped(grounds: Sequence[Ground], entries: Mapping[str, Entry]) -> Iterator[Found]:
    for group in group_companions(list(entries)):
        parts = tuple(entries[key] for key in (group.main, *group.companions) if key in entries)
        found = Found(grounds[0], group.main, parts)
        owner = next((ground for ground in grounds if ground.is_valid_at(found.modified)), None)
        if owner is not None:
            yield replace(found, ground=owner)


def compare(seen: Look, known: Known, missing: frozenset[str]) -> Differences:
    """missing: ids that are already known to be gone, and may have come back."""
    keys_of: dict[str, set[str]] = defaultdict(set)
    for key, (dataset, *_) in known.items():
        keys_of[dataset].add(key)
    differences = Differences()
    for one in seen.found:
        ids = [known[key][0] for key in one.keys if key in known]
        if not ids:
            differences.new.append(one)
            continue
        first = ids[0]
        *there, state = known.get(one.key, (None, ""))
        is_same = there == [first, one.bytes, one.modified] and keys_of[first] == set(one.keys)
        if not is_same or state not in ("", one.companions_state) or first in missing:
            differences.changed.append((first, one, frozenset(ids) - {first}))
        elif state != one.companions_state:
            differences.unnoted.append((first, one))
    dark = tuple(folder + "/" for folder, _ in seen.unreadable)
    lost = {dataset for dataset, keys in keys_of.items() if not keys & seen.keys and not any_below(keys, dark)}
    differences.gone = {dataset for dataset in lost - missing if not is_tree_seen(keys_of[dataset], seen)}
    match_moved(differences, known)
    return differences


def any_below(keys: set[str], folders: tuple[str, ...]) -> bool:
    return any((key + "/").startswith(folders) for key in keys)


def is_tree_seen(keys: set[str], seen: Look) -> bool:
    """A tree's main key is a folder, which no listing shows."""
    return any(one.key in keys for one in seen.found)


def match_moved(differences: Differences, known: Known) -> None:
    """What vanished here and appeared there with the same size, time and (where several fit) name was renamed."""
    left: dict[str, tuple[str, int, datetime]] = {}
    for key, (dataset, size, modified, _) in known.items():
        if dataset in differences.gone:
            left.setdefault(dataset, (key, size, modified))  # the main key comes first
    by_shape: dict[tuple[int, datetime], list[str]] = defaultdict(list)
    for dataset, (_, size, modified) in left.items():
        by_shape[size, modified].append(dataset)
    for one in list(differences.new):
        fitting = [dataset for dataset in by_shape[one.bytes, one.modified] if dataset in differences.gone]
        named = [dataset for dataset in fitting if left[dataset][0].rpartition("/")[2] == one.key.rpartition("/")[2]]
        chosen = named if len(fitting) > 1 else fitting
        if len(chosen) == 1 and one.bytes:
            differences.moved.append((chosen[0], one))
            differences.gone.discard(chosen[0])
            differences.new.remove(one)
