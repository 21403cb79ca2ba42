"""What was found goes into the catalog before anything is read of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from lims.catalog import Catalog, Transaction
from lims.harvest.absorbing import absorb, forget
from lims.harvest.building import build_finished
from lims.harvest.copies import moved_to_copy, with_copies
from lims.harvest.correcting import of_people
from lims.harvest.finding import Differences, Found
from lims.harvest.rejoining import note_return
from lims.harvest.scope import Ground
from lims.model import SYSTEM, Dataset, FormerVersion, Step, new_id
from lims.model.datasets import StepName

BATCH = 100
T = TypeVar("T")


def batches(things: Sequence[T], size: int = BATCH) -> Iterator[list[T]]:
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch


def register(catalog: Catalog, differences: Differences, grounds: Sequence[Ground]) -> list[Dataset]:
    """Write what differs into the catalog. Returns the datasets to read: new, changed and renamed ones.

    grounds: of every instrument.
    A dataset gets its session only when it has been read: until then nobody knows whose it is.
    """
    datasets: list[Dataset] = []
    for batch in batches(differences.new):
        rows = [new_row(found) for found in batch]
        catalog.write(lambda change, rows=rows: put_new(change, rows), by=SYSTEM)  # type: ignore[misc]
        datasets += rows
    for changed in batches(differences.changed):
        datasets += catalog.write(lambda change, batch=changed: put_changed(change, batch), by=SYSTEM)  # type: ignore[misc]
    for moved in batches(differences.moved):
        datasets += catalog.write(lambda change, batch=moved: put_moved(change, batch), by=SYSTEM)  # type: ignore[misc]
    if differences.gone:
        catalog.write(lambda change: put_missing(change, differences.gone, grounds), by=SYSTEM)
    for unnoted in batches(differences.unnoted):
        catalog.write(lambda change, batch=unnoted: put_noted(change, batch), by=SYSTEM)  # type: ignore[misc]
    return datasets


def new_row(found: Found) -> Dataset:
    return Dataset(
        id=new_id("dataset"),
        kind="raw",
        store=found.ground.store,
        key=found.key,
        bytes=found.bytes,
        modified=found.modified,
        companions=found.companions,
        companions_state=found.companions_state,
        instrument=found.ground.instrument.id or None,
        owner=found.ground.owner,
    )


def put_new(change: Transaction, rows: Sequence[Dataset]) -> None:
    change.put_all(rows, action="dataset.register")
    change.put_all([step for row in rows for step in first_steps(row.id)], action="harvest.register")


def first_steps(dataset: str, *names: StepName) -> list[Step]:
    """Registered, all else still to do."""
    now = datetime.now(UTC)
    pending = [Step(dataset, name, "pending", at=now) for name in names or ("hash", "extract", "preview", "attach")]
    return [Step(dataset, "register", "done", attempt=1, at=now), *pending]


def put_changed(change: Transaction, batch: Sequence[tuple[str, Found, frozenset[str]]]) -> list[Dataset]:
    """The same dataset with other bytes: a new version, to be read again. What it was stays in the audit.

    One that was missing and is back as it was, is held against its checksum as if it had been renamed.
    """
    old = {one.id: one for one in change.unrestricted.datasets(ids=[dataset for dataset, _, _ in batch])}
    rows = []
    for dataset, found in ((dataset, found) for dataset, found, _ in batch if dataset in old):
        if is_as_it_was(old[dataset], found):
            rows.append(as_moved(old[dataset], found))
        else:
            rows.append(as_changed(old[dataset], found))
            change.drop_extraction(dataset)
            if old[dataset].sha256:
                change.put(former_of(old[dataset]), action="dataset.change")
    absorb(change, frozenset[str]().union(*(swallowed for _, _, swallowed in batch)))
    back = [one.id for one in old.values() if one.status == "missing"]
    if back:
        note_return(change, back)
    change.put_all(with_copies(change.unrestricted, rows), action="dataset.change")
    change.put_all([step for row in rows for step in first_steps(row.id)], action="harvest.register")
    return rows


def is_as_it_was(old: Dataset, found: Found) -> bool:
    then = (old.key, old.companions, old.bytes, old.modified, old.companions_state)
    return then == (found.key, found.companions, found.bytes, found.modified, found.companions_state)


def as_changed(old: Dataset, found: Found) -> Dataset:
    """Back to the beginning; its version counts contents that were known, not files that were still growing.

    Until its checksum says otherwise it may be the same file with a new time, so it keeps the time that it had.
    """
    return replace(
        as_moved(old, found),
        sha256=None,
        companions_sha256=(),
        format="",
        signals=(),
        normalised=of_people(old.normalised),
        version=old.version + (1 if old.sha256 else 0),
        content_since=old.written if old.sha256 else old.content_since,
        copy_of=None,
    )


def former_of(old: Dataset) -> FormerVersion:
    """What lies under a dataset's name no longer, noticed now."""
    return FormerVersion(
        old.id, old.version, old.store, old.key, old.bytes, old.modified, datetime.now(UTC), old.companions, old.sha256,
        old.companions_sha256, old.format, old.signals, old.normalised, old.acquired,
    )


def as_moved(old: Dataset, found: Found) -> Dataset:
    """To be read again, with the checksum that it is to be held against."""
    return replace(
        old,
        store=found.ground.store,
        key=found.key,
        companions=found.companions,
        companions_state=found.companions_state,
        bytes=found.bytes,
        modified=found.modified,
        instrument=found.ground.instrument.id or old.instrument,
        status="registered",
        preview_size=None,
        blank="",
    )


def put_moved(change: Transaction, batch: Sequence[tuple[str, Found]]) -> list[Dataset]:
    """The same dataset under another name, as far as size and time say; its checksum will say whether it is."""
    old = {one.id: one for one in change.unrestricted.datasets(ids=[dataset for dataset, _ in batch])}
    rows = [as_moved(old[dataset], found) for dataset, found in batch if dataset in old]
    change.put_all(rows, action="dataset.move")
    change.put_all([step for row in rows for step in first_steps(row.id)], action="harvest.register")
    return rows


def put_noted(change: Transaction, batch: Sequence[tuple[str, Found]]) -> None:
    state = {dataset: found.companions_state for dataset, found in batch}
    rows = [replace(one, companions_state=state[one.id]) for one in change.unrestricted.datasets(ids=state)]
    change.put_all(rows, action="dataset.note")


def put_missing(change: Transaction, gone: set[str], grounds: Sequence[Ground]) -> None:
    """Gone is not forgotten: everything known of it stays. One that has a copy elsewhere is there now; where that copy
    has to stay what it is, it stands alone, in the records, too.
    """
    lost = change.unrestricted.datasets(ids=gone)
    moved, used = moved_to_copy(change.unrestricted, lost)
    for one in used:
        forget(change, one)
    change.put_all(moved, action="dataset.move")
    alive = {one.id for one in moved}
    rows = [replace(one, status="missing") for one in lost if one.id not in alive]
    arranged = with_copies(change.unrestricted, rows)
    change.put_all(arranged, action="dataset.missing")
    build_finished(change, {one.session for one in arranged if one.session and one.id not in gone}, grounds)
