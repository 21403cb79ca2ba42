"""Files find the session they belong to: late ones, copies, corrected times, cancelled sessions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from lims.logbook import cancel_session, edit_session, reopen_session
from lims.model import Dataset
from tests.harvest.conftest import ADA, BOB, END, MINUTE, START, Lab

HOUR = timedelta(hours=1)


def test_a_late_file_rebuilds_the_record(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    lab.harvest()
    built = lab.record(session).built
    lab.put("Titan_TEM/late.txt", at=START + 5 * MINUTE)
    report = lab.harvest()
    assert report.records == (lab.record(session).id,)
    assert (lab.record(session).datasets, lab.record(session).state) == (2, "complete")
    assert built is not None
    assert lab.record(session).built > built  # type: ignore[operator]


def test_a_session_logged_afterwards_takes_the_orphans_of_its_time(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    assert lab.harvest().orphans == 1
    session = lab.session()
    assert lab.harvest().orphans == 0
    assert lab.record(session).datasets == 1


def test_a_late_copy_is_believed_where_the_session_has_files_of_its_instrument(lab: Lab, sample_data: Path) -> None:
    images = sorted((sample_data / "store").rglob("image_00*.dm3"))
    lab.put("Titan_TEM/image_001.dm3", images[0], datetime(2018, 11, 13, 18, 1, tzinfo=UTC))
    lab.put("Titan_TEM/image_002.dm3", images[1], datetime(2018, 11, 20, 9, 0, tzinfo=UTC))  # copied a week later
    session = lab.session()
    lab.harvest()
    assert lab.record(session).datasets == 2
    late = lab.datasets()["image_002.dm3"]
    assert (late.clock, late.acquired) == ("inner", datetime(2018, 11, 13, 17, 55, 49, 187000, tzinfo=UTC))
    assert "copied later" in late.clock_note


def test_a_late_copy_waits_as_an_orphan_until_there_is_a_witness(lab: Lab, sample_data: Path) -> None:
    images = sorted((sample_data / "store").rglob("image_00*.dm3"))
    lab.put("Titan_TEM/image_002.dm3", images[1], datetime(2018, 11, 20, 9, 0, tzinfo=UTC))
    session = lab.session()
    assert lab.harvest().orphans == 1
    assert "late copy" in lab.datasets()["image_002.dm3"].clock_note
    lab.put("Titan_TEM/image_001.dm3", images[0], datetime(2018, 11, 13, 18, 1, tzinfo=UTC))
    assert lab.harvest().orphans == 0
    assert lab.record(session).datasets == 2


def test_a_late_copy_without_a_witness_is_believed_among_the_files_of_its_session_only(
    lab: Lab, sample_data: Path
) -> None:
    lab.session()
    lab.session(BOB, at=END, end=END + HOUR)
    lab.put("Titan_TEM/ada/note.txt")
    lab.put("Titan_TEM/bob/note.txt", "another note\n", END + MINUTE)
    image = next((sample_data / "store").rglob("image_002.dm3"))
    path = lab.put("Titan_TEM/bob/image_002.dm3", image, datetime(2018, 11, 20, 9, 0, tzinfo=UTC))
    assert lab.harvest().orphans == 1
    path.rename(lab.store / "Titan_TEM" / "ada" / "image_002.dm3")
    assert lab.harvest().orphans == 0
    assert lab.datasets()["image_002.dm3"].clock == "inner"


def test_a_result_that_nobody_read_before_the_process_was_killed_is_read(lab: Lab) -> None:
    path = lab.folder / "derived" / "result.txt"
    path.parent.mkdir()
    path.write_text("42\n")
    written = lab.harvester.tools.stores["derived"].entry("result.txt")
    made = Dataset(
        "dat-0000000001",
        "derived",
        "derived",
        written.key,
        written.bytes,
        written.modified,
        owner="ada",
        sha256="0" * 64,
    )
    lab.catalog.write(lambda change: change.put(made, action="dataset.derive"), by=ADA)
    lab.harvest()
    read = lab.catalog.view(ADA).dataset(made.id)
    assert (read.status, read.format, read.session, read.owner) == ("extracted", "text", None, "ada")


def test_corrected_times_move_files_from_record_to_record(lab: Lab) -> None:
    lab.put("Titan_TEM/early.txt", at=START + MINUTE)
    lab.put("Titan_TEM/late.txt", at=START + HOUR)
    mine = lab.session()
    lab.harvest()
    edit_session(lab.catalog, ADA, mine.id, changes={"end": START + HOUR / 2})
    theirs = lab.session(BOB, at=START + HOUR / 2)
    lab.harvest()
    assert [one.name for one in lab.catalog.view(ADA).datasets()] == ["early.txt"]
    assert [one.name for one in lab.catalog.view(BOB).datasets()] == ["late.txt"]
    assert {lab.record(one).state for one in (mine, theirs)} == {"complete"}


def test_a_cancelled_sessions_files_are_free_and_come_back_with_it(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    lab.harvest()
    cancel_session(lab.catalog, ADA, session.id)
    assert lab.harvest().orphans == 1
    assert (lab.record(session).state, lab.activities(session)) == ("cancelled", [])
    reopen_session(lab.catalog, ADA, session.id)
    assert lab.harvest().orphans == 0
    assert (lab.record(session).state, len(lab.activities(session))) == ("complete", 1)
