"""At the end of the week every byte that the instrument has written is accounted for."""

import getpass
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lims.facility.facility import Facility
from tests.services import Service, until
from tests.simulator.account import Account, account, twice
from tests.simulator.book import Book, Line, in_words
from tests.simulator.instrument import Instrument
from tests.simulator.week import VISITS, Week, write_week

SETTLE_S = 1.0
SCAN = "vendor/ser_emi/128x128x5-diffraction_preview"
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 8))]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_byte_of_a_week_is_accounted_for(
    tmp_path: Path, sample_data: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    folder = write_week(tmp_path / "facility", getpass.getuser(), SETTLE_S)
    book, store = Book(), folder / "store"
    scan = tuple((sample_data / f"{SCAN}{end}").read_bytes() for end in (".emi", "_1.ser"))
    week = Week(Instrument(store, book, SETTLE_S), seed, scan)  # type: ignore[arg-type]
    with Service(folder) as service:
        with service.start() as facility:
            week.play(facility)
            wait_for(facility, store, book)
        for part in (week.meddle, week.bring_late):  # days later; the service was started anew meanwhile
            service.stop()
            with service.start() as facility:
                part()
                known = wait_for(facility, store, book)
                check(known, book)
                again = facility.harvest(all=True)
                assert (again["registered"], again["changed"], again["moved"], again["missing"]) == (0, 0, 0, 0)
                check(account(facility, store), book)
    record_property("says", f"week {seed}: {balance(known, book)}")


def wait_for(facility: Facility, store: Path, book: Book) -> Account:
    """Until the facility knows what the book says; fails with the differences where it never does."""
    known, snapshot = account(facility, store), -1

    def is_known() -> bool:
        """Asks for everything only when nothing was written since the last time."""
        nonlocal known, snapshot
        before, snapshot = snapshot, facility.place().snapshot
        if before != snapshot or is_at_work(facility):
            return False
        known = account(facility, store)
        return differences(known, book) == ([], [])

    try:
        until(is_known, "the facility knows what was written", pause_s=1.0)
    except AssertionError:
        unknown, unwritten = differences(known, book)
        said = [f"not known: {line}" for line in unknown] + [f"not in the book: {line}" for line in unwritten]
        pytest.fail("\n".join([*said, str(facility.ask("harvest_status", {}))]))
    return known


def balance(known: Account, book: Book) -> str:
    """What the facility and the store tell, in words; only the sizes are the book's."""
    junk = [line for line in book.lines() if line.fate == "junk" and known.on_disk.get(line.key) == line.sha256]
    sizes = {line.sha256: line.bytes for line in book.lines()}
    told = [replace(line, bytes=sizes.get(line.sha256, 0)) for line in (*known.lines, *junk)]
    return in_words(told, unaccounted=len(set(book.lines()) - set(told)))


def is_at_work(facility: Facility) -> bool:
    status = facility.ask("harvest_status", {})
    return any(status[name] for name in ("open", "building", "pending", "hash_pending", "waiting", "backlog"))


def differences(known: Account, book: Book) -> tuple[list[Line], list[Line]]:
    """(what the book says and nobody knows, what is known and not in the book)."""
    wanted = {line for line in book.lines() if line.fate != "junk"}
    there = {line for line in known.lines if not (line.fate == "former" and line.sha256 in book.may_be_former)}
    return sorted(wanted - there), sorted(there - wanted)


def check(known: Account, book: Book) -> None:
    assert differences(known, book) == ([], [])
    assert twice((line.key, line.sha256) for line in known.lines) == []
    assert twice((one.store, one.key) for one in known.datasets) == []
    check_disk(known, book)
    check_records(known)


def check_disk(known: Account, book: Book) -> None:
    """What lies in the store is what the instrument wrote, and known, or junk."""
    assert known.on_disk == {key: line.sha256 for key, line in book.now.items()}
    there = {line.key: line.sha256 for line in known.lines if line.fate not in ("former", "missing")}
    junk = {key for key, line in book.now.items() if line.fate == "junk"}
    assert {key: sha for key, sha in known.on_disk.items() if key not in junk} == there


def check_records(known: Account) -> None:
    assert len(known.records) == len(VISITS)
    placed = [tile.id for record in known.records for activity in record.activities for tile in activity.datasets]
    assert twice(placed) == []
    for record in known.records:
        assert record.unplaced == ()
        assert record.record.datasets == sum(len(activity.datasets) for activity in record.activities)
        mine = {one.id for one in known.datasets if one.session == record.session.id and not one.copy_of}
        assert mine == {tile.id for activity in record.activities for tile in activity.datasets}
