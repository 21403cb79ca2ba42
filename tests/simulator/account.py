"""What the facility knows of a store, asked from the outside, in the terms of the book."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from lims.errors import LimsError
from lims.facility.facility import Facility
from lims.facility.views import DatasetView, RecordView
from lims.stores.keys import key_of_name
from tests.simulator.book import Fate, Line

PAGE = 100


@dataclass(frozen=True)
class Account:
    """lines: every content that the facility knows. on_disk: key -> checksum of every file that lies in the store."""

    lines: tuple[Line, ...]
    datasets: tuple[DatasetView, ...]
    records: tuple[RecordView, ...]
    on_disk: dict[str, str]


def account(facility: Facility, store: Path) -> Account:
    datasets = tuple(known_datasets(facility))
    records = tuple(facility.record(one) for one in found(facility, "record"))
    lines = [line for one in datasets for line in lines_of(facility, one)]
    return Account(tuple(sorted(lines)), datasets, records, dict(files_in(store)))


def found(facility: Facility, kind: str) -> list[str]:
    """The ids of everything that an empty query finds."""
    ids: list[str] = []
    while True:
        page = facility.search_page("", kind=kind, limit=PAGE, offset=len(ids), sort="oldest")
        ids += [hit.id for hit in page.items]
        if not page.items or len(ids) >= page.total:
            return ids


def known_datasets(facility: Facility) -> Iterator[DatasetView]:
    """What a search finds, and the other places of it."""
    waiting, seen = found(facility, "dataset"), set[str]()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            view = facility.call("dataset", DatasetView, dataset=one, metadata=False)
            waiting += [place.dataset for place in view.locations]
            yield view


def lines_of(facility: Facility, one: DatasetView) -> Iterator[Line]:
    fate = fate_of(one)
    session = "" if fate in ("copy", "orphan") else one.session or ""
    yield from lines_of_files((one.key, *one.companions), hashes_of(facility, one), fate, session, one.version)
    for old in one.former:
        hashes = (old.sha256 or "", *old.companions_sha256)
        yield from lines_of_files((old.key, *old.companions), hashes, "former", "", old.version)


def lines_of_files(
    keys: Iterable[str], hashes: Iterable[str], fate: Fate, session: str, version: int
) -> Iterator[Line]:
    """The sizes are not asked for: a checksum says enough."""
    for key, sha256 in zip_longest(keys, hashes, fillvalue=""):
        yield Line(key, sha256, 0, fate, session, version)


def hashes_of(facility: Facility, one: DatasetView) -> list[str]:
    """Of the main file and its companions; those of a dataset that is just being changed may not be told."""
    if not one.companions:
        return [one.sha256 or ""]
    try:
        return [file.sha256 or "" for file in facility.location(one.id).files]
    except LimsError:
        return []


def fate_of(one: DatasetView) -> Fate:
    if one.copy_of:
        return "copy"
    if one.status == "missing":
        return "missing"
    if one.status == "failed":
        return "failed"
    return "record" if one.session else "orphan"


def files_in(store: Path) -> Iterator[tuple[str, str]]:
    """Links are no files of the store's."""
    for path in sorted(store.rglob("*")):
        if path.is_file() and not path.is_symlink():
            key = "/".join(key_of_name(part) for part in path.relative_to(store).parts)
            yield key, hashlib.sha256(path.read_bytes()).hexdigest()


def twice(things: Iterable[object]) -> list[object]:
    return [one for one, count in Counter(things).items() if count > 1]
