"""The real session of 2018-11-13 at the Titan, whose times and traps the sample data's README lists."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from lims.extractors import Pool
from lims.harvest import HarvestReport, preview_paths
from lims.model import SYSTEM, Session
from tests.facilities import write_facility
from tests.harvest.conftest import ADA, BOB, Lab, open_lab

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
