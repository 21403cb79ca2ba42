import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lims.errors import Invalid, NotFound, Unavailable
from lims.harvest import Harvester, Progress, preview_paths
from lims.harvest.keeping import keep
from lims.harvest.reading import Done, Work
from lims.model import SYSTEM
from tests.harvest.conftest import ADA, END, MINUTE, START, Lab, until

HOUR = timedelta(hours=1)
HOSTILE = ("a&b<c>'d\".txt", "100 %.txt", "two\nlines.txt", "Ünïcödé 像.txt")


def test_files_of_a_session_become_its_record(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "one\n")
    lab.put("Titan_TEM/b.txt", "two\n", START + 2 * MINUTE)
    lab.put("Titan_TEM/before.txt", at=START - MINUTE)
    lab.put("Titan_TEM/at-the-end.txt", at=END)
    lab.put("FIB-2/elsewhere.txt")
    session = lab.session()
    report = lab.harvest()
    assert (report.seen, report.registered, report.extracted, report.orphans) == (5, 5, 5, 3)
    members = lab.catalog.view(ADA).datasets(session=session.id)
    assert [one.name for one in members] == ["a.txt", "b.txt"]
    record = lab.record(session)
    assert (record.state, record.datasets, record.activities, record.bytes) == ("complete", 2, 1, 8)


def test_a_session_without_files_is_complete_and_empty(lab: Lab) -> None:
    session = lab.session()
    lab.harvest()
    assert (lab.record(session).state, lab.record(session).datasets) == ("complete", 0)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_read_like_others(lab: Lab, name: str) -> None:
    lab.put(f"Titan_TEM/{name}")
    session = lab.session()
    assert lab.harvest().failed == ()
    (one,) = lab.catalog.view(ADA).datasets(session=session.id)
    assert (one.name, one.status, one.sha256 is not None) == (name, "extracted", True)


def test_a_name_that_is_no_text_is_read_like_others(lab: Lab) -> None:
    Path(os.fsdecode(os.fsencode(lab.store / "Titan_TEM") + b"/caf\xe9.txt")).write_text("hello\n")
    assert lab.harvest().failed == ()
    (one,) = lab.datasets().values()
    assert one.status == "extracted"
    assert one.key.encode("utf-8")


def test_junk_links_and_pipes_are_passed_over(lab: Lab, tmp_path: Path) -> None:
    for name in ("Thumbs.db", ".hidden", "~$x.docx", ".DS_Store"):
        lab.put(f"Titan_TEM/{name}")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret")
    (lab.store / "Titan_TEM" / "way-out").symlink_to(tmp_path / "outside")
    os.mkfifo(lab.store / "Titan_TEM" / "pipe")
    assert lab.harvest().registered == 0


def test_a_store_that_is_gone_is_said_and_no_file_is_missing(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    lab.harvest()
    lab.store.rename(lab.folder / "unmounted")
    with pytest.raises(Unavailable, match="raw"):
        lab.harvest()
    assert lab.datasets()["a.txt"].status == "extracted"
    assert lab.record(session).state == "complete"
    lab.store.mkdir()  # the empty mount point
    with pytest.raises(Unavailable, match="Titan_TEM"):
        lab.harvest(path="raw:Titan_TEM")
    (lab.store / "Titan_TEM").mkdir()
    assert "is empty, though" in lab.harvest().unavailable[0]
    assert lab.datasets()["a.txt"].status == "extracted"


def test_a_record_is_not_called_complete_while_its_store_is_gone(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    lab.store.rename(lab.folder / "unmounted")
    with pytest.raises(Unavailable):
        lab.harvest(session_id=session.id)
    assert lab.record(session).state == "building"
    (lab.folder / "unmounted").rename(lab.store)
    lab.harvest(session_id=session.id)
    assert (lab.record(session).state, lab.record(session).datasets) == ("complete", 1)


def test_a_missing_file_is_not_forgotten_and_comes_back(lab: Lab) -> None:
    gone = lab.put("Titan_TEM/gone.txt")
    lab.put("Titan_TEM/stays.txt")
    session = lab.session()
    lab.harvest()
    known = lab.datasets()["gone.txt"]
    gone.unlink()
    assert lab.harvest().missing == 1
    assert lab.datasets()["gone.txt"].status == "missing"
    assert lab.datasets()["gone.txt"].sha256 == known.sha256
    assert lab.harvest().missing == 0
    lab.put("Titan_TEM/gone.txt")
    lab.harvest()
    assert (lab.datasets()["gone.txt"].status, lab.datasets()["gone.txt"].id) == ("extracted", known.id)
    assert lab.record(session).datasets == 2


def test_a_renamed_file_keeps_its_id(lab: Lab) -> None:
    path = lab.put("Titan_TEM/a.txt", at=START + timedelta(milliseconds=250))
    lab.put("Titan_TEM/other.txt", "another\n")
    session = lab.session()
    lab.harvest()
    before = lab.datasets()["a.txt"]
    (lab.store / "Titan_TEM" / "maria").mkdir()
    path.rename(lab.store / "Titan_TEM" / "maria" / "b.txt")
    report = lab.harvest()
    assert (report.moved, report.registered, report.missing) == (1, 0, 0)
    after = lab.datasets()["b.txt"]
    assert (after.id, after.sha256, after.version, after.session) == (before.id, before.sha256, 1, session.id)


def test_another_content_under_the_same_name_is_a_new_version(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "one\n")
    lab.session()
    lab.harvest()
    first = lab.datasets()["a.txt"]
    lab.put("Titan_TEM/a.txt", "other\n", START + 3 * MINUTE)
    assert lab.harvest().changed == 1
    second = lab.datasets()["a.txt"]
    assert (second.id, second.version) == (first.id, 2)
    assert second.sha256 != first.sha256
    history = lab.catalog.view(SYSTEM).history(first.id)
    assert any((entry.before or {}).get("sha256") == first.sha256 for entry in history)


def test_a_part_that_comes_before_its_main_file_becomes_part_of_it(lab: Lab, sample_data: Path) -> None:
    folder = sample_data / "vendor" / "ser_emi"
    emi = min(folder.glob("*.emi"), key=lambda path: path.stat().st_size)
    sers = sorted(folder.glob(f"{emi.stem}_*.ser"))
    assert sers, "the sample has a .ser beside its .emi"
    for ser in sers:
        lab.put(f"Titan_TEM/{ser.name}", ser)
    lab.harvest()
    assert len(lab.datasets()) == len(sers)
    lab.put(f"Titan_TEM/{emi.name}", emi)
    lab.harvest()
    (one,) = lab.datasets().values()
    assert one.name == emi.name
    assert [key.rpartition("/")[2] for key in one.companions] == [ser.name for ser in sers]
    assert len(one.companions_sha256) == len(sers)
    assert lab.catalog.view(SYSTEM).failed_steps() == []


def test_a_growing_file_waits_and_is_read_whole(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.harvest.harvester.ROUNDS", 1)
    lab.harvester.tools.settling.settle_s = 2  # a busy machine may keep the writer waiting
    growing = lab.put("Titan_TEM/log.txt", "", datetime.now(UTC))
    session = lab.session(at=datetime.now(UTC) - HOUR, end=None)
    stop = threading.Event()

    def grow() -> None:
        with growing.open("a") as file:
            while not stop.wait(0.02):
                file.write("a line\n")
                file.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        report = lab.harvest(session_id=session.id)
        assert report.waiting == ("Titan_TEM/log.txt",)
        assert report.registered == 0
    finally:
        stop.set()
        writer.join()
    until(lambda: lab.harvest(session_id=session.id).registered == 1)
    assert lab.datasets()["log.txt"].bytes == growing.stat().st_size
    assert lab.datasets()["log.txt"].version == 1


def test_one_unreadable_file_costs_nothing_else(lab: Lab, sample_data: Path) -> None:
    bcf = next(path for path in sorted((sample_data / "vendor" / "bcf").glob("*.bcf")) if path.stat().st_size > 50_000)
    raw = bcf.read_bytes()
    lab.put("Titan_TEM/cut.bcf", raw[: len(raw) * 97 // 100])
    lab.put("Titan_TEM/good.txt")
    lab.put("Titan_TEM/empty.dm3", b"")
    lab.put("Titan_TEM/half.dm3", smallest(sample_data / "vendor" / "dm3", "*.dm3").read_bytes()[:200])
    session = lab.session()
    report = lab.harvest()
    assert lab.datasets()["good.txt"].status == "extracted"
    assert {failed.key.rpartition("/")[2] for failed in report.failed} <= {"cut.bcf", "half.dm3", "empty.dm3"}
    assert "half.dm3" in {failed.key.rpartition("/")[2] for failed in report.failed}
    assert all(failed.reason for failed in report.failed)
    assert all(one.sha256 for one in lab.datasets().values())
    assert (lab.record(session).state, lab.record(session).datasets) == ("attention", 4)


def smallest(folder: Path, pattern: str) -> Path:
    return min(folder.rglob(pattern), key=lambda path: path.stat().st_size)


def test_a_failure_is_not_tried_again_until_something_changes(lab: Lab, sample_data: Path) -> None:
    whole = smallest(sample_data / "vendor" / "dm3", "*.dm3").read_bytes()
    lab.put("Titan_TEM/half.dm3", whole[:200])
    lab.session()
    lab.harvest()
    failed = lab.steps("half.dm3")["extract"]
    assert (failed.state, failed.attempt) == ("failed", 1)
    lab.harvest(path="raw:Titan_TEM/half.dm3")
    assert lab.steps("half.dm3")["extract"] == failed
    lab.put("Titan_TEM/half.dm3", whole, START + 2 * MINUTE)
    assert lab.harvest().failed == ()
    assert lab.steps("half.dm3")["extract"].state == "done"


def test_a_failure_of_another_reader_version_is_tried_again(lab: Lab, sample_data: Path) -> None:
    lab.put("Titan_TEM/half.dm3", smallest(sample_data / "vendor" / "dm3", "*.dm3").read_bytes()[:200])
    lab.harvest()
    failed = lab.steps("half.dm3")["extract"]
    older = type(failed)(**{**failed.__dict__, "version": "rosetta 0.0.1"})
    lab.catalog.write(lambda change: change.put(older, action="test"), by=SYSTEM)
    lab.harvest()
    again = lab.steps("half.dm3")["extract"]
    assert (again.state, again.attempt, again.version) == ("failed", 2, failed.version)


def test_a_file_that_could_not_be_opened_is_opened_when_somebody_asks_again(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    lab.harvest()
    trouble = Done(Work(lab.datasets()["a.txt"]), trouble="the file cannot be read: permission denied")
    unread = replace(lab.datasets()["a.txt"], sha256=None)
    lab.catalog.write(lambda change: change.put(unread, action="test"), by=SYSTEM)
    keep(lab.catalog, [trouble], lab.harvester.tools.all_grounds, "")
    assert lab.datasets()["a.txt"].status == "failed"
    lab.harvester.beat(is_slow=True)
    assert lab.datasets()["a.txt"].status == "failed"  # never in a loop
    assert lab.harvest().failed == ()
    assert (lab.datasets()["a.txt"].status, lab.datasets()["a.txt"].sha256 is not None) == ("extracted", True)


@pytest.mark.parametrize("do_hash", [True, False], ids=["hash", "large"])
def test_a_file_that_was_not_given_is_tried_again_by_itself_after_longer_and_longer_pauses(
    lab: Lab, do_hash: bool
) -> None:
    lab.put("Titan_TEM/a.txt")
    lab.harvest()
    work = Work(lab.datasets()["a.txt"], do_hash, attempt=2)
    trouble = Done(work, trouble="the file cannot be read: input/output error")
    keep(lab.catalog, [trouble], lab.harvester.tools.all_grounds, "")
    failed = next(step for step in lab.steps("a.txt").values() if step.state == "failed")
    assert (failed.attempt, failed.at is not None, failed.reason) == (3, True, trouble.trouble)
    for minutes, status in ((7, "failed"), (8, "extracted")):
        then = replace(failed, at=datetime.now(UTC) - minutes * MINUTE)
        lab.catalog.write(lambda change, then=then: change.put(then, action="test"), by=SYSTEM)  # type: ignore[misc]
        lab.harvester.beat(is_slow=True)
        assert lab.datasets()["a.txt"].status == status
    assert all(step.state != "failed" for step in lab.steps("a.txt").values())


def test_every_step_of_a_file_is_a_row(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    lab.session()
    lab.harvest()
    steps = lab.steps("a.txt")
    assert {name: step.state for name, step in steps.items()} == {
        "register": "done", "hash": "done", "extract": "done", "preview": "skipped", "attach": "done",
    }  # fmt: skip
    assert steps["preview"].reason
    assert steps["extract"].version.startswith("text ")


def test_a_picture_has_a_preview_where_the_facility_looks_for_it(lab: Lab, sample_data: Path) -> None:
    lab.put("Titan_TEM/a.dm3", smallest(sample_data / "vendor" / "dm3", "*.dm3"))
    lab.harvest()
    one = lab.datasets()["a.dm3"]
    paths = preview_paths(lab.folder / "previews", one.id)
    assert one.preview_size or one.blank or lab.steps("a.dm3")["preview"].reason
    assert (one.preview_size is not None) == paths.large.is_file()


def test_a_path_in_a_store_is_harvested_alone(lab: Lab) -> None:
    lab.put("Titan_TEM/maria/a.txt")
    lab.put("Titan_TEM/maria/b.txt")
    lab.put("Titan_TEM/other/c.txt")
    session = lab.session()
    assert lab.harvest(path=str(lab.store / "Titan_TEM" / "maria" / "a.txt")).registered == 1
    assert lab.harvest(path="raw:Titan_TEM/maria").registered == 1
    assert lab.record(session).state == "building"  # c.txt has not been looked at
    assert lab.harvest(path=str(lab.store)).registered == 1
    assert (lab.record(session).state, lab.record(session).datasets) == ("complete", 3)


def test_a_path_in_no_store_is_refused_with_the_stores(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="in no store") as refused:
        lab.harvest(path=str(tmp_path / "elsewhere"))
    assert "raw" in refused.value.hint
    with pytest.raises(NotFound):
        lab.harvest(path=str(lab.store / "Titan_TEM" / "none"))
    lab.put("nobody/a.txt")
    with pytest.raises(Invalid, match="No instrument writes"):
        lab.harvest(path=str(lab.store / "nobody"))
    with pytest.raises(Invalid, match="one of them"):
        lab.harvest(path="raw:", all=True)


def test_activities_keep_their_ids_when_files_are_added(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", at=START + MINUTE)
    lab.put("Titan_TEM/b.txt", at=START + 2 * HOUR)
    session = lab.session()
    lab.harvest()
    first, second = lab.activities(session)
    lab.put("Titan_TEM/c.txt", at=START + HOUR)
    lab.harvest()
    activities = lab.activities(session)
    assert [activity.number for activity in activities] == [1, 2, 3]
    assert (activities[0].id, activities[2].id) == (first.id, second.id)
    found = lab.datasets()
    assert [found[name].activity for name in ("a.txt", "c.txt", "b.txt")] == [activity.id for activity in activities]


def test_progress_counts_to_the_total(lab: Lab) -> None:
    for number in range(5):
        lab.put(f"Titan_TEM/{number}.txt")
    heard: list[Progress] = []
    lab.harvest(progress=heard.append)
    assert [(one.done, one.total) for one in heard] == [(number, 5) for number in range(1, 6)]


def test_status_is_one_document(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    before = lab.harvester.status()
    assert before["building"] == [lab.record(session).id]
    lab.harvest()
    after = lab.harvester.status()
    assert (after["building"], after["pending"], after["failed"], after["running"]) == ([], 0, 0, False)


def test_nothing_is_read_where_the_disk_is_full(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    monkeypatch.setattr("lims.harvest.crew.LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(Unavailable, match="full"):
        lab.harvest()
    assert lab.record(session).state == "building"
    assert lab.datasets()["a.txt"].status == "registered"
    monkeypatch.undo()
    lab.harvest()
    assert lab.record(session).state == "complete"
    assert isinstance(lab.harvester, Harvester)
