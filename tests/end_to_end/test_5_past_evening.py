"""The evening of 2018-11-13, logged years later from a shell: as the documentation says."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lims import connect
from lims.facility.jsonable import to_json
from tests.end_to_end.conftest import lims_command
from tests.facilities import write_facility

IMAGES = [f"image_{number:03}.dm3" for number in range(1, 9)]
UNKNOWN = "alignment.state"


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
    unknown = folder / "store" / "Titan_TEM" / UNKNOWN
    unknown.write_bytes(bytes(range(256)))  # a minute from an image, so that it parts no activities
    written = datetime(2018, 11, 13, 18, 8, 30, tzinfo=UTC).timestamp()
    os.utime(unknown, (written, written))
    logged = ["--at", "2018-11-13T17:30+00:00", "--end", "2018-11-13T20:30+00:00"]
    session = lims(folder, "session", "start", "--instrument", "titan", "--title", "Alpha", *logged)
    report = lims(folder, "harvest", "--session", session["session"])
    (record_id,) = report["records"]
    shown: dict[str, Any] = lims(folder, "show", record_id)
    tiles = [*[one for each in shown["activities"] for one in each["datasets"]], *shown["unplaced"]]
    with connect(folder) as facility:  # what `lims show` prints; a shell for each of them would take a minute
        shown["datasets"] = {tile["name"]: to_json(facility.dataset(tile["id"])) for tile in tiles}
    shown["tiles"] = {tile["name"]: tile for tile in tiles}
    return shown


def test_one_record_holds_the_images_and_the_scan(record: dict[str, Any]) -> None:
    assert set(record["datasets"]) >= {*IMAGES, "scan_001.emi"}
    assert not any("orion" in name for name in record["datasets"])
    assert len(record["datasets"]["scan_001.emi"]["companions"]) == 2


def test_every_file_has_a_picture_or_says_why_not(record: dict[str, Any]) -> None:
    for name, dataset in record["datasets"].items():
        reasons = [dataset["no_picture"], *[failure["reason"] for failure in dataset["failures"]]]
        assert dataset["preview"] or any(reasons), name
        assert dataset["preview"] or record["tiles"][name]["no_picture"], f"{name}: the record's tile is black"
    assert record["datasets"][UNKNOWN]["format"] == "unknown"
    assert not record["datasets"][UNKNOWN]["preview"]
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
