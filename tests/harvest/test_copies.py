"""One content in two places, other contents under one name, and what is known of all of them."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lims.harvest.copies import bare
from lims.harvest.looking import Looking
from lims.harvest.tally import Tally
from lims.model import SYSTEM, Dataset
from tests.harvest.conftest import ADA, BOB, END, MINUTE, START, Lab

DAY = timedelta(days=1)


def at(lab: Lab, key: str) -> Dataset:
    found = lab.catalog.view(SYSTEM).dataset_at("raw", key)
    assert found is not None
    return found


def test_a_copy_is_another_place_of_the_same_dataset(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "one content\n")
    session = lab.session()
    lab.harvest()
    lab.put("Titan_TEM/backup/a.txt", "one content\n", START + 5 * MINUTE)
    lab.put("Titan_TEM/other.txt", "another\n", START + 6 * MINUTE)
    report = lab.harvest()
    assert report.registered == 2
    original, copy = at(lab, "Titan_TEM/a.txt"), at(lab, "Titan_TEM/backup/a.txt")
    assert (original.copy_of, copy.copy_of, copy.activity) == (None, original.id, None)
    assert lab.record(session).datasets == 2
    assert {one for activity in lab.activities(session) for one in activity.datasets} == {
        original.id, at(lab, "Titan_TEM/other.txt").id,
    }
    assert lab.catalog.view(ADA).search("a.txt", kind="dataset").total == 1
    assert lab.harvest().changed == 0


def test_a_copy_stays_one_when_its_original_is_renamed(lab: Lab) -> None:
    path = lab.put("Titan_TEM/a.txt", "one content\n", START + MINUTE + timedelta(milliseconds=250))
    lab.put("Titan_TEM/backup/a.txt", "one content\n", START + 5 * MINUTE)
    session = lab.session()
    lab.harvest()
    original = at(lab, "Titan_TEM/a.txt")
    path.rename(lab.store / "Titan_TEM/best of all.txt")
    assert lab.harvest().moved == 1
    assert at(lab, "Titan_TEM/best of all.txt").id == original.id
    assert at(lab, "Titan_TEM/backup/a.txt").copy_of == original.id
    assert lab.record(session).datasets == 1


def test_files_that_happen_to_say_the_same_are_files_of_their_own(lab: Lab) -> None:
    lab.put("Titan_TEM/image_1.txt", "gain 3\n")
    lab.put("Titan_TEM/image_2.txt", "gain 3\n", START + 2 * MINUTE)
    session = lab.session()
    lab.harvest()
    assert lab.record(session).datasets == 2


def test_another_sessions_copy_is_that_sessions_own(lab: Lab) -> None:
    lab.put("Titan_TEM/ada/calibration.txt", "gain 3\n")
    lab.put("Titan_TEM/bob/calibration.txt", "gain 3\n", END + 5 * MINUTE)
    hers, his = lab.session(), lab.session(BOB, at=END, end=END + 60 * MINUTE)
    lab.harvest()
    assert (lab.record(hers).datasets, lab.record(his).datasets) == (1, 1)
    assert at(lab, "Titan_TEM/bob/calibration.txt").copy_of is None


def test_a_copy_in_no_session_is_no_orphan(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "one content\n")
    lab.put("Titan_TEM/old/a.txt", "one content\n", END + DAY)
    lab.session()
    assert lab.harvest().orphans == 0
    assert at(lab, "Titan_TEM/old/a.txt").copy_of == at(lab, "Titan_TEM/a.txt").id


def test_what_was_copied_and_then_deleted_has_moved(lab: Lab) -> None:
    first = lab.put("Titan_TEM/a.txt", "one content\n")
    session = lab.session()
    lab.harvest()
    known = at(lab, "Titan_TEM/a.txt")
    lab.put("Titan_TEM/sorted/a.txt", "one content\n", START + 7 * MINUTE)
    lab.harvest()
    first.unlink()
    report = lab.harvest()
    now = at(lab, "Titan_TEM/sorted/a.txt")
    assert (now.id, now.status, now.session, now.written) == (known.id, "extracted", session.id, known.modified)
    assert [one.id for one in lab.catalog.view(SYSTEM).datasets()] == [known.id]
    assert lab.record(session).datasets == 1
    assert report.missing == 1  # the place, not the dataset
    assert lab.harvest().registered == 0


@pytest.mark.parametrize("at_time", [START + 7 * MINUTE, END + DAY], ids=["in the session", "later"])
def test_a_copy_that_people_mean_by_its_own_name_stays_when_the_original_goes(lab: Lab, at_time: datetime) -> None:
    first = lab.put("Titan_TEM/a.txt", "one content\n")
    lab.put("Titan_TEM/keep/a.txt", "one content\n", at_time)
    session = lab.session()
    lab.harvest()
    known, copy = at(lab, "Titan_TEM/a.txt"), at(lab, "Titan_TEM/keep/a.txt")
    lab.catalog.write(lambda change: change.tag(copy.id, "figure-2"), by=SYSTEM)
    first.unlink()
    report = lab.harvest()
    now = lab.catalog.view(SYSTEM).dataset(copy.id)
    assert (report.unavailable, report.missing) == ((), 1)
    assert (now.key, now.status, now.copy_of) == (copy.key, "extracted", None)
    assert lab.catalog.view(SYSTEM).dataset(known.id).status == "missing"
    assert lab.record(session).datasets == (2 if copy.session else 1)
    lab.put("Titan_TEM/a.txt", "one content\n")
    lab.harvest()
    assert (at(lab, "Titan_TEM/a.txt").id, at(lab, "Titan_TEM/keep/a.txt").copy_of) == (known.id, known.id)


def test_when_the_original_changes_the_copy_stands_alone(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "one content\n")
    lab.put("Titan_TEM/keep/a.txt", "one content\n", START + 2 * MINUTE)
    session = lab.session()
    lab.harvest()
    lab.put("Titan_TEM/a.txt", "other content\n", START + 3 * MINUTE)
    lab.harvest()
    assert at(lab, "Titan_TEM/keep/a.txt").copy_of is None
    assert lab.record(session).datasets == 2


@pytest.mark.parametrize(
    "name",
    [
        "Eve.dm3", "eve.DM3", "Eve - Copy.dm3", "Eve - Copy (2).dm3", "Copy of Eve.dm3", "Eve (1).dm3", "Eve copy.dm3",
        "Eve_copy.dm3",
    ],
)
def test_the_names_that_desktops_give_to_copies(name: str) -> None:
    assert bare(name) == "eve.dm3"


def test_a_version_number_is_no_mark_of_a_copy() -> None:
    assert bare("Eve_2.dm3") == "eve_2.dm3"
    assert bare("Eve(old).dm3") == "eve(old).dm3"


# --- versions ---------------------------------------------------------------------------------------------------------


def test_a_new_content_under_an_old_name_is_a_version_and_the_old_one_stays_known(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "first\n")
    session = lab.session()
    lab.harvest()
    before = at(lab, "Titan_TEM/a.txt")
    lab.put("Titan_TEM/a.txt", "second, longer\n", START + 9 * MINUTE)
    lab.harvest()
    after = at(lab, "Titan_TEM/a.txt")
    [former] = lab.catalog.view(ADA).former_versions([after.id])
    assert (after.id, after.version) == (before.id, 2)
    assert (former.version, former.sha256, former.bytes, former.modified) == (1, before.sha256, 6, before.modified)
    assert former.normalised == before.normalised
    [first, second] = lab.catalog.view(ADA).builds(lab.record(session).id)
    assert (first.added, second.changed, second.text) == ((after.id,), (after.id,), "1 file changed (a.txt)")


def test_a_file_that_was_only_touched_is_no_other_version_and_stays_in_its_session(lab: Lab) -> None:
    path = lab.put("Titan_TEM/a.txt")
    session = lab.session()
    lab.harvest()
    known = at(lab, "Titan_TEM/a.txt")
    late = (END + 7 * DAY).timestamp()
    os.utime(path, (late, late))
    lab.harvest()
    now = at(lab, "Titan_TEM/a.txt")
    assert (now.version, now.session, now.acquired, now.written) == (1, session.id, known.acquired, known.modified)
    assert lab.catalog.view(SYSTEM).former_versions([now.id]) == []
    assert len(lab.catalog.view(SYSTEM).builds(lab.record(session).id)) == 1


def test_a_file_that_was_touched_twice_before_it_was_read_again_keeps_its_time(lab: Lab) -> None:
    path = lab.put("Titan_TEM/a.txt")
    session = lab.session()
    lab.harvest()
    known = at(lab, "Titan_TEM/a.txt")
    lab.harvester.tools.settling.settle_s = 0.0
    for day in (7, 8):
        late = (END + day * DAY).timestamp()
        os.utime(path, (late, late))
        Looking(lab.harvester.tools, lab.harvester.scope(None, None), Tally()).found()
    lab.harvest()
    now = at(lab, "Titan_TEM/a.txt")
    assert (now.version, now.session, now.written) == (1, session.id, known.modified)


def test_a_file_rewritten_after_its_session_stays_there(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "raw\n")
    session = lab.session()
    lab.harvest()
    lab.put("Titan_TEM/a.txt", "with a scale bar\n", END + DAY)
    assert lab.harvest().orphans == 0
    now = at(lab, "Titan_TEM/a.txt")
    assert (now.version, now.session) == (2, session.id)
    assert "rewritten since" in now.home_note


def test_a_name_that_is_used_again_by_the_next_person_is_theirs_then(lab: Lab) -> None:
    lab.put("Titan_TEM/test.txt", "ada's\n")
    hers, his = lab.session(), lab.session(BOB, at=END, end=END + 60 * MINUTE)
    lab.harvest()
    lab.put("Titan_TEM/test.txt", "bob's, longer\n", END + MINUTE)
    lab.harvest()
    assert (lab.record(hers).datasets, lab.record(his).datasets) == (0, 1)
    news = lab.catalog.view(SYSTEM).builds(lab.record(hers).id)
    assert [one.text for one in news] == ["first built, with 1 file", "1 file left (test.txt)"]


def test_a_late_file_is_told_in_the_record(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    lab.harvest()
    lab.put("Titan_TEM/late.txt", "late\n", START + 5 * MINUTE)
    lab.harvest()
    lab.harvest()
    news = lab.catalog.view(ADA).builds(lab.record(session).id)
    assert [(one.number, one.text) for one in news] == [(1, "first built, with 1 file"), (2, "1 file came (late.txt)")]


def test_a_whole_folder_copied_a_week_later_finds_its_session_by_the_times_inside(
    lab: Lab, sample_data: Path
) -> None:
    images = sorted((sample_data / "store").rglob("image_00*.dm3"))
    for image in images:
        lab.put(f"Titan_TEM/{image.name}", image, END + 7 * DAY)
    session = lab.session()
    lab.harvest()
    assert lab.record(session).datasets == 8
    assert len(lab.activities(session)) >= 2
    assert all("copied later" in one.clock_note for one in lab.datasets().values())
