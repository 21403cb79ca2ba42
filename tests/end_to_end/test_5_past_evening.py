"""The evening of 2018-11-13, logged years later from a shell: as the documentation says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import lims_command
from tests.facilities import write_facility

IMAGES = [f"image_{number:03}.dm3" for number in range(1, 9)]


def lims(folder: Path, *arguments: str) -> Any:
    ran = subprocess.run(
        [lims_command(), "--facility", str(folder), *arguments, "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> dict[str, Any]:
    folder = write_facility(tmp_path_factory.mktemp("past") / "facility")
    subprocess.run([sys.executable, sample_data / "lay_out.py", folder / "store"], check=True)
    logged = ["--at", "2018-11-13T17:30+00:00", "--end", "2018-11-13T20:30+00:00"]
    session = lims(folder, "session", "start", "--instrument", "titan", "--title", "Alpha", *logged)
    report = lims(folder, "harvest", "--session", session["session"])
    (record_id,) = report["records"]
    shown: dict[str, Any] = lims(folder, "show", record_id)
    shown["datasets"] = {
        tile["name"]: lims(folder, "show", tile["id"])
        for tile in [*[one for each in shown["activities"] for one in each["datasets"]], *shown["unplaced"]]
    }
    return shown


def test_one_record_holds_the_images_and_the_scan(record: dict[str, Any]) -> None:
    assert set(record["datasets"]) >= {*IMAGES, "scan_001.emi"}
    assert not any("orion" in name for name in record["datasets"])
    assert len(record["datasets"]["scan_001.emi"]["companions"]) == 2


def test_every_file_has_a_picture_or_says_why_not(record: dict[str, Any]) -> None:
    for name, dataset in record["datasets"].items():
        assert dataset["preview"] or dataset["blank"] or dataset["failures"] or dataset["format"] == "unknown", name
    assert all(record["datasets"][name]["blank"] for name in IMAGES), "the publisher zeroed their pixels"


def test_activities_are_parted_where_the_person_paused(record: dict[str, Any]) -> None:
    acquired = {name: one["acquired"] for name, one in record["datasets"].items()}
    activity_of = {one["name"]: each["id"] for each in record["activities"] for one in each["datasets"]}
    assert len(record["activities"]) >= 2
    assert acquired["image_003.dm3"].startswith("2018-11-13T18:08")
    assert activity_of["image_003.dm3"] != activity_of["image_004.dm3"]


def test_the_record_says_which_clock_placed_its_files(record: dict[str, Any]) -> None:
    assert record["record"]["clock"]
    foreign = record["datasets"]["tescan-pfib_dataZeroed.tif"]
    assert foreign["clock"] == "file"
    assert foreign["clock_note"]
