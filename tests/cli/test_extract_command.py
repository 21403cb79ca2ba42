"""The real command in a process of its own: it forks, and this process has threads that do not survive a fork."""

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COMMAND = "from lims.cli.extract import command; command()"


def invoke(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


def test_json_has_what_the_design_promises(sample_data: Path) -> None:
    result = invoke(sample_data / "vendor/dm3/test_STEM_image.dm3", "--json")
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert set(said) >= {"format", "extractor", "signals", "normalised", "metadata", "warnings"}
    assert set(said["extractor"]) == {"name", "version"}
    (signal,) = said["signals"]
    assert set(signal) >= {"title", "signal_type", "shape", "dtype", "axes"}
    assert set(signal["axes"][0]) >= {"name", "size", "scale", "offset", "unit"}
    voltage = said["normalised"]["acceleration_voltage"]
    assert (voltage["value"], voltage["unit"]) == (200_000, "V")
    assert voltage["source"] == "ImageList.TagGroup0.ImageTags.Microscope Info.Voltage"


@pytest.mark.parametrize(
    "name",
    ["renishaw/renishaw_test_spectrum.wdf", "msa/example1_wrong_date.msa", "tiff/FEI-Helios-navcam-with-no-IRBeam.tif"],
)
def test_what_a_reader_complains_of_is_a_warning_in_the_document_and_printed_nowhere(
    sample_data: Path, name: str
) -> None:
    result = invoke(sample_data / "vendor" / name, "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["signals"]


def test_a_preview_is_written_as_png(sample_data: Path, tmp_path: Path) -> None:
    result = invoke(sample_data / "vendor/ser_emi/16_STOimage.emi", "--preview", tmp_path / "out.png")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_a_blank_signal_writes_no_picture_and_says_so(sample_data: Path, tmp_path: Path) -> None:
    zeroed = sample_data / "store/Titan_TEM/researcher_a/project_alpha/20181113/image_001.dm3"
    result = invoke(zeroed, "--preview", tmp_path / "out.png")
    assert (result.returncode, (tmp_path / "out.png").exists()) == (0, False)
    assert "99.9 % zero" in result.stderr


def test_companions_in_the_folder_are_used(sample_data: Path, tmp_path: Path) -> None:
    for suffix in (".tif", ".hdr"):
        shutil.copy(sample_data / f"vendor/tiff/tescan-pfib_dataZeroed{suffix}", tmp_path)
    said = json.loads(invoke(tmp_path / "tescan-pfib_dataZeroed.tif", "--json").stdout)
    assert said["normalised"]["magnification"]["value"] == 160_000


def test_a_broken_file_ends_with_one_and_a_sentence_and_still_one_document(sample_data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "b & <ü>\n.bcf"
    broken.write_bytes((sample_data / "vendor/bcf/test_TEM.bcf").read_bytes()[:300_000])
    result = invoke(broken, "--json")
    assert result.returncode == 1
    assert "ends too early" in result.stderr
    assert "Traceback" not in result.stderr
    assert json.loads(result.stdout)["failed"][0]["step"] == "extract"


def test_nothing_that_a_file_says_moves_the_cursor(tmp_path: Path) -> None:
    evil = "a\x1b[2J\n\x07b"
    Image.fromarray(np.eye(8, dtype=np.uint8)).save(tmp_path / f"{evil}.png")
    result = invoke(tmp_path / f"{evil}.png", "--preview", tmp_path / "out.png")
    assert r"a\x1b[2J\n\x07b" in result.stdout
    broken = tmp_path / f"{evil}.dm3"
    broken.write_bytes(b"\0\0\0\3")
    failed = invoke(broken)
    assert r"a\x1b[2J\n\x07b.dm3: extract failed" in failed.stderr
    for printed in (result.stdout, result.stderr, failed.stdout, failed.stderr):
        assert not set(printed) & {"\x1b", "\x07"}


def test_a_picture_that_has_no_place_costs_only_itself(sample_data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = invoke(sample_data / "vendor/ser_emi/16_STOimage.emi", "--json", "--preview", tmp_path / "file/out.png")
    said = json.loads(result.stdout)
    assert result.returncode == 1
    assert said["signals"]
    assert [(one["step"], one["errno"]) for one in said["failed"]] == [("preview", errno.EEXIST)]
    assert "there is no place for the picture" in result.stderr


@pytest.mark.parametrize("name", ["there is no such file", ""])
def test_a_file_that_is_not_there_is_bad_usage(tmp_path: Path, name: str) -> None:
    assert invoke(tmp_path / name / "x.dm3").returncode == 2


def test_a_file_is_read_without_hyperspy(sample_data: Path) -> None:
    path = sample_data / "vendor/dm3/test_STEM_image.dm3"
    code = (
        "import sys\n"
        "from lims.extractors.extract import extract_file\n"
        "assert extract_file(__import__('pathlib').Path(sys.argv[1])).extraction\n"
        "print('hyperspy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
