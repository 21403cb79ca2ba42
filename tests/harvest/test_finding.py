"""What is found in a store, what is left out, and that every file seen is one or the other."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lims.catalog import Transaction
from lims.cli.harvest import absolute
from lims.errors import Conflict, Invalid
from lims.extractors import Pool
from lims.harvest import registering
from lims.harvest.registering import put_new
from lims.model import SYSTEM, Dataset
from lims.stores import Listing
from lims.stores.folder import FolderStore
from tests.facilities import write_facility
from tests.harvest.conftest import END, MINUTE, START, Lab, open_lab

ODD = (
    "two\nlines.txt", "\u202etxt.rtl\u202c.txt", "dot.", " leading.txt", "trailing ", "Ünïcödé 像.txt",
    "a&b<c>'d\".txt", "-rf",
)
IGNORING = 'settle_s = 0.2\nignore = ["*.autosave", "scratch/"]'


@pytest.fixture
def choosy(tmp_path: Path, pool: Pool, extensions: Path) -> Iterator[Lab]:
    """A facility that leaves files out: everywhere, of one instrument, and not what a source takes back."""
    folder = write_facility(tmp_path / "choosy")
    toml = folder / "facility.toml"
    text = toml.read_text().replace("settle_s = 0.2", IGNORING)
    text = text.replace('prefix = "Titan_TEM/"', 'prefix = "Titan_TEM/"\nignore = ["/top.txt", "!keep.autosave"]')
    toml.write_text(text)
    opened = open_lab(folder, pool, extensions)
    yield opened
    opened.catalog.close()


def files_known(lab: Lab) -> int:
    found = lab.catalog.view(SYSTEM).datasets()
    return sum(1 + len(one.companions) for one in found if one.status != "missing")


# --- what is left out -------------------------------------------------------------------------------------------------


def test_patterns_leave_out_files_as_a_gitignore_in_the_instruments_folder_would(choosy: Lab) -> None:
    for key in ("a.autosave", "scratch/b.txt", "day/scratch/c.txt", "top.txt", "two\nlines/d.autosave"):
        choosy.put(f"Titan_TEM/{key}")
    for key in ("keep.autosave", "day/top.txt", "scratchy.txt"):
        choosy.put(f"Titan_TEM/{key}")
    choosy.put("FIB-2/top.txt")
    report = choosy.harvest()
    assert set(choosy.datasets()) == {"keep.autosave", "top.txt", "scratchy.txt"}
    assert (report.seen, report.ignored, report.registered) == (9, 5, 4)
    assert choosy.harvester.status()["ignored"] == 5


def test_what_is_known_stays_known_and_is_followed_when_a_pattern_is_added(
    tmp_path: Path, pool: Pool, extensions: Path, lab: Lab
) -> None:
    lab.put("Titan_TEM/scratch/a.txt")
    lab.put("Titan_TEM/b.txt")
    lab.harvest()
    toml = lab.folder / "facility.toml"
    toml.write_text(toml.read_text().replace("settle_s = 0.2", IGNORING))
    later = open_lab(lab.folder, pool, extensions, lab.catalog)
    report = later.harvest()
    assert (report.missing, report.ignored) == (0, 0)
    later.put("Titan_TEM/scratch/a.txt", "more\n", START + 2 * MINUTE)
    later.put("Titan_TEM/scratch/new.txt")
    report = later.harvest()
    assert (report.changed, report.ignored, report.registered) == (1, 1, 0)
    (later.store / "Titan_TEM/scratch/a.txt").unlink()
    assert later.harvest().missing == 1


def test_every_file_seen_is_known_or_accounted_for(choosy: Lab) -> None:
    choosy.harvester.tools.settling.settle_s = 0.0
    for key in ("a.txt", "scan.rpl", "scan.raw", "Thumbs.db", ".hidden/x.txt", "~$a.docx", "b.autosave"):
        choosy.put(f"Titan_TEM/{key}")
    choosy.put("Titan_TEM/big.zspy/.zgroup")
    choosy.put("Titan_TEM/big.zspy/0.0", b"x", START)
    report = choosy.harvest()
    accounted = report.ignored + report.junk + report.unclaimed
    trees = sum(one.name.endswith(".zspy") for one in choosy.datasets().values())  # a tree's own key is a folder
    assert (report.seen, report.ignored, report.junk, report.unclaimed) == (9, 1, 3, 0)
    assert files_known(choosy) - trees + accounted == report.seen
    again = choosy.harvest()
    assert (again.seen, again.ignored, again.junk) == (report.seen, report.ignored, report.junk)


def test_what_lies_where_no_instrument_wrote_at_its_time_is_unclaimed(
    tmp_path: Path, pool: Pool, extensions: Path
) -> None:
    folder = write_facility(tmp_path / "since")
    toml = folder / "facility.toml"
    source = '[[instruments.titan.sources]]\nstore = "raw"\nprefix = "PC/"\nfrom = 2018-11-13\n[access]'
    toml.write_text(toml.read_text().replace("[access]", source, 1))
    lab = open_lab(folder, pool, extensions)
    lab.put("PC/before.txt", at=START - timedelta(days=30))
    lab.put("PC/since.txt")
    report = lab.harvest()
    lab.catalog.close()
    assert (report.seen, report.unclaimed, report.registered) == (2, 1, 1)


@pytest.mark.parametrize(
    ("key", "reason"),
    [("a.autosave", "patterns"), ("scratch", "patterns"), ("Thumbs.db", "leftover"), ("link.txt", "link")],
)
def test_asking_for_a_path_that_is_left_out_says_why(choosy: Lab, key: str, reason: str) -> None:
    for name in ("a.autosave", "scratch/b.txt", "Thumbs.db", "real.txt"):
        choosy.put(f"Titan_TEM/{name}")
    (choosy.store / "Titan_TEM/link.txt").symlink_to(choosy.store / "Titan_TEM/real.txt")
    with pytest.raises(Invalid, match=reason) as refused:
        choosy.harvest(path=f"raw:Titan_TEM/{key}")
    assert refused.value.hint
    assert choosy.datasets() == {}


def test_a_companions_path_brings_the_dataset_that_it_belongs_to(lab: Lab) -> None:
    lab.put("Titan_TEM/scan.rpl", "key\tvalue\n")
    lab.put("Titan_TEM/scan.raw", b"one")
    lab.put("Titan_TEM/other.txt")
    assert lab.harvest(path=str(lab.store / "Titan_TEM/scan.raw")).registered == 1
    assert set(lab.datasets()) == {"scan.rpl"}


# --- hard cases -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_harvested_by_its_path_too(lab: Lab, name: str) -> None:
    path = lab.put(f"Titan_TEM/{name}/{name}")
    assert lab.harvest(path=str(path)).registered == 1
    (one,) = lab.datasets().values()
    assert (one.key, one.status) == (f"Titan_TEM/{name}/{name}", "extracted")
    assert lab.harvest(path=f"raw:Titan_TEM/{name}").registered == 0


def test_a_name_that_is_no_text_is_harvested_by_its_path(lab: Lab) -> None:
    path = Path(os.fsdecode(os.fsencode(lab.store / "Titan_TEM") + b"/caf\xe9.txt"))
    path.write_text("hello\n")
    os.utime(path, (START.timestamp(), START.timestamp()))
    asked = absolute(str(path))
    assert (asked or "").encode()
    assert lab.harvest(path=asked).registered == 1


def test_ten_thousand_files_in_one_folder_are_found_once_each(lab: Lab) -> None:
    folder = lab.store / "Titan_TEM/many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.tmp").touch()
    (folder / "one.txt").write_text("data\n")
    report = lab.harvest()
    assert (report.seen, report.junk, report.registered) == (10_001, 10_000, 1)


def test_files_of_a_folder_that_is_renamed_while_it_is_listed_are_not_lost(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.put("Titan_TEM/day/a.txt", "a\n")
    lab.put("Titan_TEM/b.txt", "other\n")
    lab.harvest()
    before = lab.datasets()["a.txt"]
    scandir, titan = os.scandir, lab.store / "Titan_TEM"

    def renaming(path: str) -> object:
        if os.fspath(path) == str(titan / "day"):
            (titan / "day").rename(titan / "day 2")
        return scandir(path)

    monkeypatch.setattr("lims.stores.folder.os.scandir", renaming)
    assert lab.harvest().missing == 0
    monkeypatch.undo()
    assert lab.harvest().moved == 1
    assert lab.datasets()["a.txt"].id == before.id


def test_a_file_that_a_link_replaces_after_the_listing_is_not_read(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.txt").write_text("secret\n")
    path = lab.put("Titan_TEM/a.txt", "a note\n")
    shutil.copystat(path, tmp_path / "secret.txt")
    look = FolderStore.look

    def swapped(store: FolderStore, prefix: str = "") -> Listing:
        listing = look(store, prefix)
        if prefix == "Titan_TEM/" and not path.is_symlink():
            path.unlink()
            path.symlink_to(tmp_path / "secret.txt")
        return listing

    monkeypatch.setattr(FolderStore, "look", swapped)
    lab.harvest()
    assert lab.datasets()["a.txt"].status == "registered"
    assert lab.datasets()["a.txt"].sha256 is None


# --- an unchanged store -----------------------------------------------------------------------------------------------


def test_a_pass_over_an_unchanged_store_writes_nothing_and_asks_for_no_keys(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        lab.put(f"Titan_TEM/{number}.txt", f"{number}\n")
    lab.harvest()
    lab.harvest()
    snapshot = lab.catalog.snapshot()
    monkeypatch.setattr("lims.catalog.view.View.keys_in", None)
    report = lab.harvest()
    assert (report.seen, report.registered, report.unavailable) == (5, 0, ())
    assert lab.catalog.snapshot() == snapshot


def test_nothing_is_taken_for_unchanged_once_the_catalog_or_the_store_is_another(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "one\n")
    lab.harvest()
    lab.harvest()
    lab.put("Titan_TEM/a.txt", "two\n", START + 2 * MINUTE)
    assert lab.harvest().changed == 1
    lab.harvest()
    known = lab.datasets()["a.txt"]
    lab.catalog.write(lambda change: change.remove(known, action="test"), by=SYSTEM)
    assert lab.harvest().registered == 1


def test_what_is_settled_for_one_instrument_is_not_for_another_that_wrote_to_the_same_place(
    tmp_path: Path, pool: Pool, extensions: Path
) -> None:
    folder = write_facility(tmp_path / "shared")
    toml = folder / "facility.toml"
    sources = "".join(
        f'[[instruments.{one}.sources]]\nstore = "raw"\nprefix = "PC/"\n{when} = 2018-11-01\n'
        for one, when in (("titan", "from"), ("fib", "until"))
    )
    toml.write_text(toml.read_text().replace("[access]", sources + "[access]", 1))
    lab = open_lab(folder, pool, extensions)
    lab.put("PC/new.txt")
    lab.put("PC/old.txt", at=START - timedelta(days=30))
    session = lab.session()
    for _ in range(3):
        lab.harvest(session_id=session.id)
    assert set(lab.datasets()) == {"new.txt"}
    assert lab.harvest().registered == 1
    assert {one.name: one.instrument for one in lab.datasets().values()} == {"new.txt": "titan", "old.txt": "fib"}
    lab.catalog.close()


def test_a_folder_that_cannot_be_read_is_told_though_nothing_else_is_another(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.put("Titan_TEM/a.txt")
    lab.harvest()
    lab.harvest()
    look = FolderStore.look

    def partly(store: FolderStore, prefix: str = "") -> Listing:
        dark = (("Titan_TEM/locked", "permission denied"),) if prefix == "Titan_TEM/" else ()
        return replace(look(store, prefix), unreadable=dark)

    monkeypatch.setattr(FolderStore, "look", partly)
    assert "Titan_TEM/locked" in str(lab.harvest().unavailable)
    assert [one.instrument for one in lab.harvester.troubles()] == ["titan"]


def test_what_the_catalog_refuses_costs_its_own_place_only(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.put("Titan_TEM/a.txt")
    lab.put("FIB-2/b.txt")
    ended = lab.session()

    def refusing(change: Transaction, rows: Sequence[Dataset]) -> None:
        if rows[0].instrument == "titan":
            raise Conflict("Another dataset has the same key.")
        put_new(change, rows)

    monkeypatch.setattr(registering, "put_new", refusing)
    report = lab.harvest()
    assert set(lab.datasets()) == {"b.txt"}
    assert "Another dataset has the same key." in str(report.unavailable)
    assert [one.instrument for one in lab.harvester.troubles()] == ["titan"]
    assert lab.record(ended).state == "building"
    monkeypatch.undo()
    assert lab.harvest().registered == 1
    assert lab.harvester.troubles() == []
    assert lab.record(ended).state == "complete"


# --- what is not there ------------------------------------------------------------------------------------------------


def test_an_ended_session_waits_for_a_folder_that_was_never_there(lab: Lab) -> None:
    (lab.store / "Titan_TEM").rmdir()
    session = lab.session()
    report = lab.harvest()
    assert lab.record(session).state == "building"
    (sentence,) = report.unavailable
    assert "Titan_TEM" in sentence
    (trouble,) = lab.harvester.troubles()
    assert (trouble.instrument, trouble.sentence) == ("titan", sentence)
    lab.harvest()
    assert lab.harvester.troubles() == [trouble]  # it is so since then
    (lab.store / "Titan_TEM").mkdir()
    lab.harvest()
    assert lab.record(session).state == "complete"
    assert lab.harvester.troubles() == []


def test_a_place_that_was_not_the_instruments_at_that_time_keeps_no_session_waiting(
    tmp_path: Path, pool: Pool, extensions: Path
) -> None:
    folder = write_facility(tmp_path / "retired")
    toml = folder / "facility.toml"
    source = '[[instruments.titan.sources]]\nstore = "raw"\nprefix = "Old_PC/"\nuntil = {}\n[access]'
    text = toml.read_text()
    toml.write_text(text.replace("[access]", source.format("2018-11-01"), 1))
    retired = open_lab(folder, pool, extensions)
    session = retired.session()
    assert "Old_PC" in retired.harvest().unavailable[0]
    assert retired.record(session).state == "complete"
    retired.catalog.close()
    toml.write_text(text.replace("[access]", source.format("2018-11-13T13:00:00"), 1))  # in New York, while it ran
    session = (lab := open_lab(folder, pool, extensions)).session(at=END, end=END + MINUTE)
    lab.harvest()
    assert lab.record(session).state == "complete"
    earlier = lab.session(at=START - 60 * MINUTE, end=START - 30 * MINUTE)
    lab.harvest()
    assert lab.record(earlier).state == "building"
    lab.catalog.close()
