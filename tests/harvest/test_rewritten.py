"""Files that are not what they were: rewritten, renamed, become part of another."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from lims.catalog import Transaction
from lims.errors import Unavailable
from lims.harvest.finding import Found, Look, compare
from lims.harvest.keeping import keep
from lims.harvest.looking import Looking
from lims.harvest.reading import Done, Work, read
from lims.harvest.scope import NOBODYS, Ground
from lims.harvest.tally import Tally
from lims.model import SYSTEM, Collection, Dataset, Run, Source, new_id
from lims.stores import Entry
from tests.harvest.conftest import MINUTE, START, Lab

OF_DATASETS = ("document", "leaf", "word", "normalised")
TREE = '(SELECT "tree" FROM indexed WHERE "dataset" = $id)'
NAMES = '(SELECT "names" FROM indexed WHERE "dataset" = $id)'
OF = dict.fromkeys(OF_DATASETS, f'"doc" = {TREE}') | {"normalised": f'"doc" = {NAMES}'}
HOUR = timedelta(hours=1)
FINE = START + timedelta(milliseconds=250)
"""A time as disks have it that tell fractions of a second."""


@pytest.fixture
def whole(sample_data: Path) -> bytes:
    return min((sample_data / "vendor" / "dm3").rglob("*.dm3"), key=lambda path: path.stat().st_size).read_bytes()


def rows_of(lab: Lab, dataset_id: str) -> dict[str, int]:
    view = lab.catalog.view(SYSTEM)
    asked = {name: f"SELECT count(*) AS n FROM {name} WHERE {OF[name]}" for name in OF_DATASETS}
    return {name: view._ask(sql, {"id": dataset_id})[0]["n"] for name, sql in asked.items()}


# --- a companion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [5 * MINUTE, -HOUR], ids=["newer", "older than the main file"])
def test_a_companion_rewritten_at_the_same_size_is_read_again(lab: Lab, age: timedelta) -> None:
    lab.put("Titan_TEM/scan.rpl", "key\tvalue\n")
    lab.put("Titan_TEM/scan.raw", b"one")
    lab.harvest()
    before = lab.datasets()["scan.rpl"]
    assert before.companions == ("Titan_TEM/scan.raw",)
    lab.put("Titan_TEM/scan.raw", b"two", START + age)
    assert lab.harvest().changed == 1
    after = lab.datasets()["scan.rpl"]
    assert (after.id, after.version, after.modified) == (before.id, 2, before.modified)
    assert after.companions_sha256 != before.companions_sha256
    assert lab.harvest().changed == 0


def test_a_companion_that_is_rewritten_while_it_is_read_is_not_kept(lab: Lab) -> None:
    lab.put("Titan_TEM/scan.rpl", "key\tvalue\n")
    lab.put("Titan_TEM/scan.raw", b"one")
    lab.harvest()
    before, tools = lab.datasets()["scan.rpl"], lab.harvester.tools
    lab.put("Titan_TEM/scan.raw", b"two", START + 5 * MINUTE)
    assert read(Work(before), tools.stores["raw"], tools.pool, tools.previews).is_stale
    lab.harvest()
    now = lab.datasets()["scan.rpl"]
    keep(lab.catalog, [Done(Work(before), hashes=("0" * 64, "1" * 64))], tools.all_grounds, "readers x")
    assert lab.datasets()["scan.rpl"] == now


def test_a_companion_that_comes_late_replaces_nothing(lab: Lab) -> None:
    lab.put("Titan_TEM/scan.raw", b"one")
    session = lab.session()
    lab.harvest()
    alone = lab.datasets()["scan.raw"]
    lab.put("Titan_TEM/scan.rpl", "key\tvalue\n", START + 26 * HOUR)  # written later, of the same acquisition
    lab.harvest()
    (whole,) = lab.datasets().values()
    assert (whole.id, whole.name, whole.version) == (alone.id, "scan.rpl", 1)
    assert lab.catalog.view(SYSTEM).former_versions([whole.id]) == []
    assert whole.session == session.id
    assert [build.text for build in lab.catalog.view(SYSTEM).builds(lab.record(session).id)] == [
        "first built, with 1 file"
    ]


def test_a_companion_that_goes_leaves_a_former_version(lab: Lab) -> None:
    lab.put("Titan_TEM/scan.rpl", "key\tvalue\n")
    lab.put("Titan_TEM/scan.raw", b"one")
    lab.harvest()
    (lab.store / "Titan_TEM/scan.raw").unlink()
    lab.harvest()
    left = lab.datasets()["scan.rpl"]
    assert (left.version, left.companions) == (2, ())
    (former,) = lab.catalog.view(SYSTEM).former_versions([left.id])
    assert former.companions == ("Titan_TEM/scan.raw",)


def test_companions_that_an_older_catalog_knows_nothing_of_are_noted_and_not_read_again(lab: Lab) -> None:
    lab.put("Titan_TEM/scan.rpl", "key\tvalue\n")
    lab.put("Titan_TEM/scan.raw", b"one")
    lab.harvest()
    known = lab.datasets()["scan.rpl"]
    older = Dataset(**{**known.__dict__, "companions_state": ""})
    lab.catalog.write(lambda change: change.put(older, action="test"), by=SYSTEM)
    assert lab.harvest().changed == 0
    assert lab.datasets()["scan.rpl"] == known


# --- another content --------------------------------------------------------------------------------------------------


def test_a_file_that_can_no_longer_be_read_shows_nothing_of_what_it_was(lab: Lab, whole: bytes) -> None:
    lab.put("Titan_TEM/a.dm3", whole)
    lab.harvest()
    one = lab.datasets()["a.dm3"]
    assert all(rows_of(lab, one.id).values())
    lab.put("Titan_TEM/a.dm3", whole[:200], START + 3 * MINUTE)
    lab.harvest()
    assert lab.datasets()["a.dm3"].status == "failed"
    assert not any(rows_of(lab, one.id).values())
    assert lab.catalog.view(SYSTEM).extraction(one.id) is None


def test_a_file_that_fails_at_another_try_shows_nothing_of_the_first(lab: Lab, whole: bytes) -> None:
    path = lab.put("Titan_TEM/a.dm3", whole)
    lab.harvest()
    one, tools = lab.datasets()["a.dm3"], lab.harvester.tools
    times = path.stat()
    path.write_bytes(bytes(len(whole)))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    keep(lab.catalog, [read(Work(one), tools.stores["raw"], tools.pool, tools.previews)], tools.all_grounds, "")
    assert lab.datasets()["a.dm3"].status == "failed"
    assert not any(rows_of(lab, one.id).values())


def test_a_file_that_has_changed_shows_nothing_until_it_is_read(
    lab: Lab, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.put("Titan_TEM/a.dm3", whole)
    lab.harvest()
    one = lab.datasets()["a.dm3"]
    lab.put("Titan_TEM/a.dm3", whole + b"more", START + 3 * MINUTE)
    monkeypatch.setattr("lims.harvest.crew.LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(Unavailable, match="full"):
        lab.harvest()
    now = lab.datasets()["a.dm3"]
    assert (now.status, now.format, now.signals, now.normalised) == ("registered", "", (), {})
    assert not any(rows_of(lab, one.id).values())


# --- another name -----------------------------------------------------------------------------------------------------


def renamed(lab: Lab, content: str) -> Dataset:
    """a.txt is no more, and b.txt has its size and its time."""
    lab.put("Titan_TEM/a.txt", "one\n", FINE)
    lab.put("Titan_TEM/other.txt", "another\n")
    lab.harvest()
    before = lab.datasets()["a.txt"]
    (lab.store / "Titan_TEM/a.txt").unlink()
    lab.put("Titan_TEM/b.txt", content, FINE)
    return before


def test_another_file_of_equal_size_and_time_is_a_new_version_and_the_history_says_so(lab: Lab) -> None:
    before = renamed(lab, "two\n")
    assert lab.harvest().moved == 1
    after = lab.datasets()["b.txt"]
    assert (after.id, after.version, after.status) == (before.id, 2, "extracted")
    assert after.sha256 != before.sha256
    (said,) = [one for one in lab.catalog.view(SYSTEM).history(before.id) if one.action == "dataset.other_content"]
    assert ((said.before or {})["sha256"], (said.after or {})["sha256"]) == (before.sha256, after.sha256)


def test_a_renamed_file_that_cannot_be_opened_at_first_is_held_against_its_checksum_later(lab: Lab) -> None:
    before = renamed(lab, "two\n")
    tools = lab.harvester.tools
    (moved,) = Looking(tools, lab.harvester.scope(None, None), Tally()).found()[:1]
    keep(lab.catalog, [Done(Work(moved), trouble="permission denied")], tools.all_grounds, "")
    assert lab.datasets()["b.txt"].status == "failed"
    lab.harvest()
    after = lab.datasets()["b.txt"]
    assert (after.id, after.version, after.status) == (before.id, 2, "extracted")
    assert lab.steps("b.txt")["hash"].state == "done"


def test_a_missing_file_that_comes_back_unchanged_is_no_new_version(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "one\n")
    lab.put("Titan_TEM/other.txt", "another\n")
    lab.harvest()
    before = lab.datasets()["a.txt"]
    (lab.store / "Titan_TEM/a.txt").unlink()
    lab.harvest()
    lab.put("Titan_TEM/a.txt", "one\n")
    lab.harvest()
    assert lab.datasets()["a.txt"] == before


@pytest.mark.parametrize("name", ["b.txt", "sorted/b.txt"])
def test_on_a_disk_with_whole_seconds_a_renamed_file_is_known_by_its_checksum(lab: Lab, name: str) -> None:
    path = lab.put("Titan_TEM/a.txt", "one\n")
    lab.put("Titan_TEM/other.txt", "another\n")
    session = lab.session()
    lab.harvest()
    before = lab.datasets()["a.txt"]
    target = lab.store / "Titan_TEM" / name
    target.parent.mkdir(exist_ok=True)
    path.rename(target)
    lab.harvest()
    after = lab.datasets()["b.txt"]
    assert (after.id, after.status, after.version, after.session) == (before.id, "extracted", 1, session.id)
    assert set(lab.datasets()) == {"b.txt", "other.txt"}
    assert (lab.record(session).datasets, lab.record(session).state) == (2, "complete")
    assert len(lab.catalog.view(SYSTEM).builds(lab.record(session).id)) == 1
    again = lab.harvest()
    assert (again.registered, again.changed, again.missing) == (0, 0, 0)


def test_on_a_disk_with_whole_seconds_another_file_of_equal_size_and_time_is_another(lab: Lab) -> None:
    first = lab.put("Titan_TEM/frame_1.txt", "one\n")
    lab.put("Titan_TEM/other.txt", "another\n")
    lab.harvest()
    before = lab.datasets()["frame_1.txt"]
    first.unlink()
    lab.put("Titan_TEM/frame_9.txt", "two\n")
    lab.harvest()
    gone, new = lab.datasets()["frame_1.txt"], lab.datasets()["frame_9.txt"]
    assert (gone.id, gone.status, gone.sha256, gone.version) == (before.id, "missing", before.sha256, 1)
    assert (new.status, new.version) == ("extracted", 1)
    assert new.id != before.id


def test_a_newcomer_that_people_mean_by_its_own_name_stays_what_it_is(lab: Lab) -> None:
    path = lab.put("Titan_TEM/a.txt", "one\n")
    lab.put("Titan_TEM/other.txt", "another\n")
    lab.harvest()
    path.rename(path.with_name("b.txt"))
    tools = lab.harvester.tools
    (new,) = Looking(tools, lab.harvester.scope(None, None), Tally()).found()
    lab.catalog.write(lambda change: change.tag(new.id, "figure-2"), by=SYSTEM)
    lab.harvest()
    assert {name: one.status for name, one in lab.datasets().items()} == {
        "a.txt": "missing", "b.txt": "extracted", "other.txt": "extracted",
    }  # fmt: skip
    assert lab.datasets()["b.txt"].id == new.id


@pytest.mark.timeout(120)  # one by one it takes far longer
def test_very_many_moved_files_are_matched_at_once() -> None:
    ground = Ground(NOBODYS, Source("raw", ""), "")
    names = [f"{number}.txt" for number in range(20_000)]
    known = {f"before/{name}": (f"id of {name}", 5, START, "") for name in names}
    entries = [Entry(f"after/{name}", 5, START) for name in names]
    seen = Look(tuple(Found(ground, one.key, (one,)) for one in entries), frozenset(one.key for one in entries))
    differences = compare(seen, known, {})
    assert {dataset: one.key for dataset, one in differences.moved} == {
        f"id of {name}": f"after/{name}" for name in names
    }
    assert not differences.new
    assert not differences.gone


# --- part of another --------------------------------------------------------------------------------------------------


def two_series(lab: Lab) -> Dataset:
    """Two .ser files whose .emi comes afterwards; the second of them."""
    for number in (1, 2):
        lab.put(f"Titan_TEM/h_{number}.ser", f"series {number}")
    lab.harvest()
    return lab.datasets()["h_2.ser"]


def tag(change: Transaction, one: Dataset) -> None:
    change.tag(one.id, "figure-2")


def run(change: Transaction, one: Dataset) -> None:
    change.put(Run(new_id("run"), "ada", "view.ipynb", "done", START, inputs=(one.id,)), action="test")


def collect(change: Transaction, one: Dataset) -> None:
    change.put(Collection(new_id("collection"), "Figures", "ada", members=(one.id,)), action="test")


@pytest.mark.parametrize("name_it", [tag, run, collect])
def test_what_somebody_has_named_stays_when_it_becomes_part_of_another(lab: Lab, name_it: object) -> None:
    second = two_series(lab)
    lab.catalog.write(lambda change: name_it(change, second), by=SYSTEM)  # type: ignore[operator]
    lab.put("Titan_TEM/h.emi", "<metadata/>")
    lab.harvest()
    assert lab.catalog.view(SYSTEM).dataset(second.id).status == "missing"
    again = lab.harvest()
    assert (again.registered, again.changed, again.missing) == (0, 0, 0)
    assert lab.datasets()["h.emi"].companions == ("Titan_TEM/h_1.ser", "Titan_TEM/h_2.ser")


def test_without_its_main_file_it_is_missing_and_what_is_left_is_something_else_until_it_is_back(lab: Lab) -> None:
    for number in (1, 2):
        lab.put(f"Titan_TEM/m_{number}.ser", f"series {number}")
    lab.put("Titan_TEM/m.emi", "<metadata/>")
    lab.harvest()
    whole = lab.datasets()["m.emi"]
    lab.catalog.write(lambda change: tag(change, whole), by=SYSTEM)
    (lab.store / "Titan_TEM/m.emi").unlink()
    report = lab.harvest()
    assert (report.changed, report.registered, report.missing) == (0, 2, 1)
    assert lab.datasets()["m.emi"].status == "missing"
    assert {"m_1.ser", "m_2.ser"} <= set(lab.datasets())
    again = lab.harvest()
    assert (again.registered, again.changed, again.missing) == (0, 0, 0)
    lab.put("Titan_TEM/m.emi", "<metadata/>")
    lab.harvest()
    (one,) = lab.datasets().values()
    assert (one.id, one.version, one.companions) == (whole.id, 1, whole.companions)
    assert lab.catalog.view(SYSTEM).tags(one.id)


def test_a_part_that_somebody_has_named_is_itself_again_when_the_whole_is_gone(lab: Lab) -> None:
    second = two_series(lab)
    lab.catalog.write(lambda change: tag(change, second), by=SYSTEM)
    lab.put("Titan_TEM/h.emi", "<metadata/>")
    lab.harvest()
    (lab.store / "Titan_TEM/h.emi").unlink()
    report = lab.harvest()
    assert (report.unavailable, report.registered, report.missing) == ((), 1, 1)
    assert (lab.datasets()["h_2.ser"].id, lab.datasets()["h_2.ser"].status == "missing") == (second.id, False)


def test_what_has_the_main_file_still_is_what_it_was() -> None:
    ground, at = Ground(NOBODYS, Source("raw", ""), ""), START
    known = dict.fromkeys(("scan.rpl", "scan.raw"), ("id", 2, at, ""))
    other, rest = Entry("scan.hdr", 1, at), Entry("scan.raw", 1, at)
    found = (Found(ground, "scan.hdr", (other, rest)), Found(ground, "scan.rpl", (Entry("scan.rpl", 1, at),)))
    differences = compare(Look(found, frozenset({"scan.hdr", "scan.raw", "scan.rpl"})), known, {})
    assert [(dataset, one.key) for dataset, one, _ in differences.changed] == [("id", "scan.rpl")]
    assert [one.key for one in differences.new] == ["scan.hdr"]


def test_what_nobody_has_named_goes_with_all_that_was_read_of_it(lab: Lab, whole: bytes) -> None:
    second = two_series(lab)
    lab.put("Titan_TEM/a.dm3", whole)
    lab.harvest()
    read_once = lab.catalog.view(SYSTEM).extraction(lab.datasets()["a.dm3"].id)
    assert read_once is not None

    def pretend(change: Transaction) -> None:
        change.put(Dataset(**{**second.__dict__, "normalised": read_once.normalised}), action="test")
        change.put_extraction(second.id, read_once)

    lab.catalog.write(pretend, by=SYSTEM)
    assert all(rows_of(lab, second.id).values())
    lab.put("Titan_TEM/h.emi", "<metadata/>")
    lab.harvest()
    assert lab.catalog.view(SYSTEM).datasets(ids=[second.id]) == []
    assert not any(rows_of(lab, second.id).values())
