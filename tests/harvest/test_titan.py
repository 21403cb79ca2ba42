"""The real session of 2018-11-13 at the Titan, whose times and traps the sample data's README lists."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from lims.extractors import Pool
from lims.facility.local import LocalFacility
from lims.facility.views import AttentionItem, DatasetView, RecordView
from lims.harvest import HarvestReport, preview_paths
from lims.model import SYSTEM, Session, record_id_of
from tests.facilities import write_facility
from tests.harvest.conftest import ADA, BOB, END, START, Lab, open_lab

IMAGES = [f"image_{number:03}.dm3" for number in range(1, 9)]
JUNK = ["test_include.txt", "test_include.jpg", "test_include.jpeg", "test_include.raw"]


def utc(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2018, 11, 13, hour, minute, second, tzinfo=UTC)


@pytest.fixture(scope="module")
def evening(
    tmp_path_factory: pytest.TempPathFactory, pool: Pool, extensions: Path, sample_data: Path
) -> Iterator[tuple[Lab, Session, HarvestReport]]:
    """Harvested once; the tests only look."""
    lab = open_lab(write_facility(tmp_path_factory.mktemp("titan") / "facility"), pool, extensions)
    subprocess.run([sys.executable, sample_data / "lay_out.py", lab.store], check=True)
    session = lab.session()
    yield lab, session, lab.harvest()
    lab.catalog.close()


def test_one_record_holds_the_images_and_the_scan_and_not_the_files_of_1700(
    evening: tuple[Lab, Session, HarvestReport],
) -> None:
    lab, session, report = evening
    names = {one.name for one in lab.catalog.view(ADA).datasets(session=session.id)}
    assert names == {*IMAGES, "scan_001.emi", "tescan-pfib_dataZeroed.tif", *JUNK}
    assert len(lab.catalog.view(SYSTEM).records()) == 1
    assert report.records == (lab.record(session).id,)
    assert report.orphans == 2  # the two of 17:00
    record = lab.record(session)
    assert (record.state, record.datasets) == ("attention", 14)
    assert record.failed == len({failed.dataset for failed in report.failed if "orion" not in failed.key})


def test_the_scan_is_one_dataset_with_its_parts_and_junk_is_none(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab = evening[0]
    scan = lab.datasets()["scan_001.emi"]
    assert [key.rpartition("/")[2] for key in scan.companions] == ["scan_001_1.ser", "scan_001_2.ser"]
    assert scan.bytes == 4_210_954 + 2 * 2_097_286
    assert "test_ignore.db" not in lab.datasets()


def test_checksums_are_those_of_the_manifest(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab = evening[0]
    scan = lab.datasets()["scan_001.emi"]
    assert scan.sha256 == "0db50f5f47f84fa5076c22ec5595dd14e47a0fc3410c7a45c130bf58cb2dc90e"
    assert scan.companions_sha256 == (
        "dcf83b5ef784412d20aef38425ecba257078c3fcaead1d5b217065e0f01463ec",
        "908a5b7df6243e4176dce075e9e3ae0fbbf8c0c128f433e5a3b330b0da30b49a",
    )
    first = lab.datasets()["image_001.dm3"]
    assert first.sha256 == "183df326fcc8208b0a024878b52ff7a0e5abfc8114203a3e065aca0b772f2f74"


def test_the_times_inside_place_the_images_and_the_record_says_so(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab, session, _ = evening
    found = lab.datasets()
    inner = [found[name].acquired.replace(microsecond=0) for name in IMAGES]  # type: ignore[union-attr]
    assert inner == [
        utc(17, 49, 32), utc(17, 55, 49), utc(18, 8, 21), utc(18, 51, 22),
        utc(19, 14, 4), utc(19, 25, 20), utc(19, 34, 26), utc(19, 44, 52),
    ]  # fmt: skip
    assert {found[name].clock for name in IMAGES} == {"inner"}
    assert found["scan_001.emi"].acquired == utc(20, 4, 44)
    clock = lab.record(session).clock
    assert "9 by the time inside the file" in clock
    assert "1 with another instrument's clock inside, not obeyed" in clock


def test_another_instruments_file_is_flagged_and_placed_by_its_own_time(
    evening: tuple[Lab, Session, HarvestReport],
) -> None:
    tescan = evening[0].datasets()["tescan-pfib_dataZeroed.tif"]
    assert (tescan.acquired, tescan.clock) == (utc(19, 0), "file")
    assert "another instrument's clock" in tescan.clock_note
    assert tescan.clock_note.endswith("not obeyed")


def test_activities_have_a_boundary_between_1808_and_1851(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab, session, _ = evening
    activities = lab.activities(session)
    assert len(activities) >= 2
    assert any(one.end <= utc(18, 8, 22) and other.start >= utc(18, 51) for one, other in pairwise(activities))
    assert "acceleration_voltage" in activities[0].setup
    assert activities[0].setup["acceleration_voltage"].unit == "V"
    placed = [dataset for activity in activities for dataset in activity.datasets]
    assert len(placed) == len(set(placed)) == 14


def test_every_file_without_a_picture_says_why(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab = evening[0]
    for name, one in lab.datasets().items():
        if one.preview_size:
            assert preview_paths(lab.folder / "previews", one.id).large.is_file()
            continue
        step = lab.steps(name)["preview"]
        assert step.reason, name
        assert one.blank or step.state in ("failed", "skipped"), name
    assert {one.blank for name, one in lab.datasets().items() if name in IMAGES} == {"99.9 % zero"}


def test_a_second_pass_writes_nothing(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab, _, first = evening
    snapshot = lab.catalog.snapshot()
    again = lab.harvest()
    assert (again.registered, again.extracted, again.records) == (0, 0, ())
    assert again.failed == first.failed
    assert lab.catalog.snapshot() == snapshot


def test_somebody_else_sees_none_of_it(evening: tuple[Lab, Session, HarvestReport]) -> None:
    view = evening[0].catalog.view(BOB)
    assert (view.records(), view.datasets(), view.failed_steps()) == ([], [], [])


def test_a_session_that_is_logged_after_its_files_were_read_counts_the_failed_ones_too(
    tmp_path: Path, pool: Pool, extensions: Path, sample_data: Path
) -> None:
    lab = open_lab(write_facility(tmp_path / "facility"), pool, extensions)
    subprocess.run([sys.executable, sample_data / "lay_out.py", lab.store], check=True)
    lab.harvest()
    session = lab.session()
    lab.harvest()
    view = lab.catalog.view(SYSTEM)
    failed = {step.dataset for step in view.failed_steps(session.id)}
    assert failed
    assert (lab.record(session).state, lab.record(session).failed) == ("attention", len(failed))
    lab.catalog.close()


# --- copied, so that every file has the time of the copying -----------------------------------------------------------

COPIED = {
    "a week later": datetime(2018, 11, 20, 9, 0, tzinfo=UTC),
    "the same evening": datetime(2018, 11, 13, 23, 0, tzinfo=UTC),
}
STRANGERS = ["tescan-pfib_dataZeroed.tif", "orion-fibics_dataZeroed.tif"]
MOMENTS = [
    utc(17, 49, 32), utc(17, 55, 49), utc(18, 8, 21), utc(18, 51, 22),
    utc(19, 14, 4), utc(19, 25, 20), utc(19, 34, 26), utc(19, 44, 52),
]  # fmt: skip
Copied = tuple[LocalFacility, RecordView, dict[str, DatasetView]]


@pytest.fixture(scope="module", params=COPIED)
def copied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sample_data: Path
) -> Iterator[Copied]:
    """The same session, from a store to which somebody has copied it without the files' times."""
    folder = write_facility(tmp_path_factory.mktemp("copied") / "facility")
    subprocess.run([sys.executable, sample_data / "lay_out.py", folder / "store"], check=True)
    at = COPIED[request.param].timestamp()
    for path in (one for one in (folder / "store").rglob("*") if one.is_file()):
        os.utime(path, (at, at))
    with LocalFacility(folder) as facility:
        session = facility.start_session("titan", user="ada", at=START, end=END)
        facility.harvest(all=True)
        ids = [hit.id for hit in facility.search_page("", kind="dataset", limit=200).items]
        datasets = [facility.dataset(one) for one in ids]
        yield facility, facility.record(record_id_of(session.id)), {one.name: one for one in datasets}


def test_copied_files_are_in_their_session_and_activities_by_the_times_inside(copied: Copied) -> None:
    _, record, datasets = copied
    names = [tile.name for activity in record.activities for tile in activity.datasets]
    assert sorted(names) == sorted([*IMAGES, "scan_001.emi"])
    assert record.record.datasets == len(names)
    assert [datasets[name].acquired.replace(microsecond=0) for name in IMAGES] == MOMENTS  # type: ignore[union-attr]
    pairs = pairwise(record.activities)
    assert any(one.end <= utc(18, 8, 22) and other.start >= utc(18, 51) for one, other in pairs)


def test_the_record_of_copied_files_says_which_clock_placed_each(copied: Copied) -> None:
    _, record, datasets = copied
    tiles = [tile for activity in record.activities for tile in activity.datasets]
    assert {datasets[tile.name].clock for tile in tiles} == {"inner"}
    assert record.record.clock == "9 by the time inside the file"
    late = [name for name in sorted(datasets) if datasets[name].clock_note.startswith("copied later")]
    is_late = datasets[IMAGES[0]].modified == COPIED["a week later"]
    assert late == ([*IMAGES, "scan_001.emi"] if is_late else [])


def test_strangers_among_copied_files_are_flagged_and_not_obeyed(copied: Copied) -> None:
    _, _, datasets = copied
    for name in STRANGERS:
        one = datasets[name]
        assert (one.session, one.clock, one.acquired) == (None, "file", one.modified), name
        assert "another instrument's clock" in one.clock_note
        assert one.clock_note.endswith("not obeyed")


def test_what_copied_files_do_not_say_waits_for_a_person(copied: Copied) -> None:
    """Also what nobody can place is somewhere: each file is in the record, or waits."""
    facility, record, datasets = copied
    placed = {tile.id for activity in record.activities for tile in activity.datasets}
    waiting = sum(item.files for item in orphans(facility))
    assert waiting == len(datasets) - len(placed)
    assert not placed & {one.id for one in datasets.values() if one.session is None}


def orphans(facility: LocalFacility) -> list[AttentionItem]:
    return [item for item in facility.attention() if item.kind == "orphan"]


def test_a_lone_late_copy_waits_with_a_proposal_and_one_call_settles_it_or_takes_that_back(
    tmp_path: Path, sample_data: Path
) -> None:
    folder = write_facility(tmp_path / "facility")
    path = folder / "store" / "Titan_TEM" / "image_002.dm3"
    path.write_bytes(next((sample_data / "store").rglob("image_002.dm3")).read_bytes())
    at = COPIED["a week later"].timestamp()
    os.utime(path, (at, at))
    with LocalFacility(folder) as facility:
        session = facility.start_session("titan", user="ada", at=START, end=END)
        record = record_id_of(session.id)
        facility.harvest(all=True)
        (item,) = orphans(facility)
        assert (item.session, item.files, item.title) == (session.id, 1, "image_002.dm3")
        assert "the time inside lies in ada's session" in item.reason
        assert facility.record(record).record.datasets == 0

        facility.settle(item.thing)
        assert orphans(facility) == []
        (activity,) = facility.record(record).activities
        assert [tile.name for tile in activity.datasets] == ["image_002.dm3"]
        assert facility.dataset(item.thing).home_note == "put there by m.keller"
        facility.harvest(all=True)
        assert facility.record(record).record.datasets == 1

        facility.unsettle(item.thing)
        assert [one.thing for one in orphans(facility)] == [item.thing]
        assert facility.record(record).activities == ()
        assert facility.record(record).record.datasets == 0
