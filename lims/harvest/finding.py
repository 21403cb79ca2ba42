"""What a store shows now, against what the catalog knows of it."""

import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from lims.errors import Invalid
from lims.extractors.companions import grouped, is_junk
from lims.harvest.scope import Ground
from lims.stores import Entry, Listing, Store

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

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.moved or self.gone or self.unnoted)


@dataclass(frozen=True)
class Look:
    """What lies below one prefix. keys: of every file that may be data, also those of no instrument at their time.

    junk: keys of leftovers of systems and editors. ignored: how many files the site's patterns leave out. dark: keys
    of what could not be looked at, so that nobody knows whether it is there.
    """

    found: tuple[Found, ...] = ()
    keys: frozenset[str] = frozenset()
    junk: frozenset[str] = frozenset()
    ignored: int = 0
    dark: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        return len(self.keys) + len(self.junk) + self.ignored

    @property
    def unclaimed(self) -> int:
        return len(self.keys) - sum(len(one.parts) for one in self.found)

    @cached_property
    def folders_with_mdoc(self) -> frozenset[str]:
        return frozenset(key.rpartition("/")[0] for key in self.keys if key.lower().endswith(".mdoc"))


def sorted_out(listing: Listing, grounds: Sequence[Ground], known: Container[str]) -> Look:
    """What is data in the one prefix that all `grounds` share. known: keys that the catalog has.

    A pattern says what is registered from now on; what is known already is followed as ever.
    """
    entries, junk, ignored = dict[str, Entry](), set[str](), 0
    for one in listing.entries:
        if not grounds[0].holds(one.key):
            continue
        if is_junk(one.key):
            junk.add(one.key)
        elif one.key not in known and is_ignored(one, grounds):
            ignored += 1
        else:
            entries[one.key] = one
    dark = (*(key for key, _ in listing.unreadable), *listing.vanished)
    return Look(tuple(datasets_in(grounds, entries)), frozenset(entries), frozenset(junk), ignored, dark)


def is_ignored(one: Entry, grounds: Sequence[Ground]) -> bool:
    owner = owner_of(one.modified, grounds)
    return owner is not None and owner.ignores(one.key)


def owner_of(modified: datetime, grounds: Sequence[Ground]) -> Ground | None:
    return next((ground for ground in grounds if ground.is_valid_at(modified)), None)


def refuse_left_out(store: Store, key: str, grounds: Sequence[Ground]) -> None:
    """Raises Invalid, with the reason, for a path that the catalog does not have and that no pass would register."""
    path = store.local_path(key)
    if path is not None and path.is_symlink():
        raise Invalid(f"{key} is a link, and links in a store are not followed.", hint="Name what it leads to.")
    if is_junk(key):
        raise Invalid(
            f"{key} is named like a leftover of a system or an editor; such files are never registered.",
            hint="If it is data, give it another name.",
        )
    inner = key + "/" if path is not None and path.is_dir() else key
    ignoring = next((one for one in grounds if one.ignores(inner)), None)
    if ignoring is not None:
        raise Invalid(
            f"{key} is left out by the facility's patterns ({', '.join(ignoring.source.ignore)}).",
            hint=f"They stand in facility.toml as ignore = [...], for all or for {ignoring.instrument.id}.",
        )


def datasets_in(grounds: Sequence[Ground], entries: Mapping[str, Entry]) -> Iterator[Found]:
    for group in grouped(list(entries)):
        parts = tuple(entries[key] for key in (group.main, *group.companions) if key in entries)
        found = Found(grounds[0], group.main, parts)
        owner = owner_of(found.modified, grounds)
        if owner is not None:
            yield found if owner is grounds[0] else replace(found, ground=owner)


def compare(seen: Look, known: Known, missing: Mapping[str, str]) -> Differences:
    """missing: {id: its main key, "" where that is in another store} of what is known to be gone, and may be back."""
    keys_of: dict[str, set[str]] = defaultdict(set)
    for key, (dataset, *_) in known.items():
        keys_of[dataset].add(key)
    differences = Differences()
    main = main_keys(known)
    back = {key: dataset for dataset, key in missing.items() if key}
    for one in seen.found:
        parts = [known[key][0] for key in one.keys if key in known]
        ids = [dataset for dataset in parts if main[dataset] in one.keys]
        if not ids and one.key in back:
            ids = [back[one.key]]  # what it had become part of is elsewhere now
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
    dark = tuple(folder + "/" for folder in seen.dark)
    there_now = seen.keys | {one.key for one in seen.found}  # a tree's is a folder, which no listing shows
    lost = {dataset for dataset, key in main.items() if key not in there_now and not any_below(keys_of[dataset], dark)}
    differences.gone = lost - missing.keys()
    match_moved(differences, known, main)
    return differences


def main_keys(known: Known) -> dict[str, str]:
    """{dataset: its main file}, which is what it stands and falls with: what is left without it is something else."""
    main: dict[str, str] = {}
    for key, (dataset, *_) in known.items():
        main.setdefault(dataset, key)  # the main key comes first
    return main


def any_below(keys: set[str], folders: tuple[str, ...]) -> bool:
    return any((key + "/").startswith(folders) for key in keys)


Shape = tuple[int, datetime, str]
"""Bytes, time, name."""


def match_moved(differences: Differences, known: Known, main: Mapping[str, str]) -> None:
    """What vanished here and appeared there with the same size, time and name was moved; under another name, too,
    where the disk tells fractions of a second. Where several fit it is none of them, until checksums are known.

    main: {dataset: its main file}, of all that are known.
    """
    gone = {one: main[one] for one in differences.gone}
    left: dict[str, Shape] = {one: (known[key][1], known[key][2], name_of(key)) for one, key in gone.items()}
    for alike in (named, unnamed):
        ids: dict[Shape, list[str]] = defaultdict(list)
        for dataset in left.keys() & differences.gone:
            ids[alike(left[dataset])].append(dataset)
        new: list[Found] = []
        for one in differences.new:
            fitting = ids.pop(alike((one.bytes, one.modified, name_of(one.key))), [])
            is_fine = alike is named or one.modified.microsecond
            if len(fitting) == 1 and one.bytes and is_fine:
                differences.moved.append((fitting[0], one))
                differences.gone.discard(fitting[0])
            else:
                new.append(one)
        differences.new = new


def named(shape: Shape) -> Shape:
    return shape


def unnamed(shape: Shape) -> Shape:
    return (*shape[:2], "")


def name_of(key: str) -> str:
    return key.rpartition("/")[2]
