"""lims extractors and lims correct, as a shell asks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lims.errors import Forbidden
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from lims.model import Principal
from lims.plugins import BUILT_IN
from tests.cli.conftest import Lims
from tests.facilities import write_facility


def test_the_list_has_every_extractor_in_the_order_in_which_they_are_asked(lims: Lims) -> None:
    listed = lims("extractors", "list", "--json").document
    assert [one["name"] for one in listed if one["package"] == "jupyter-lims"] == [name for name, _ in BUILT_IN]
    assert all(one["version"] and one["formats"] for one in listed)


@pytest.fixture
def package(lims: Lims, tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    assert lims("extractors", "new", "my-camera", str(folder)).code == 0
    return folder


def test_a_new_package_keeps_every_promise_by_its_own_tests_too(package: Path, lims: Lims) -> None:
    asked = lims("extractors", "test", str(package), "--json")
    assert asked.code == 0
    assert len(asked.document) > 10
    assert not [one for one in asked.document if one["broken"]]
    own = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package / "tests")],
        env=with_path(package / "src"), capture_output=True, text=True, timeout=120, check=False,
    )
    assert own.returncode == 0, own.stdout
    assert f"{len(asked.document)} passed" in own.stdout


def with_path(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


def test_a_broken_promise_is_named_with_what_broke_it(package: Path, lims: Lims) -> None:
    code = package / "src" / "my_camera" / "__init__.py"
    code.write_text(code.read_text().replace('"kV"', '"V"').replace('formats = ("my_camera",)', 'formats = ("other",)'))
    text = subprocess.run(
        [sys.executable, "-m", "lims.cli.main", "extractors", "test", str(package)],
        capture_output=True, text=True, timeout=120, check=False,
    )
    assert text.returncode == 1
    assert "✗ It sniffs its sample, and says format, name and version as it announces them." in text.stdout
    assert "it reads a format that it does not announce: my_camera" in text.stdout


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ('("x", width)', '("x", width + 1)', "its axes are given the sizes (24, 33)"),
        ("lines = text", 'path.with_suffix(".cache").touch(); lines = text', "there is another first.cache"),
        ("width, height", 'header["n"] = str(__import__("uuid").uuid4()); width, height', "metadata.header.n is"),
        (
            "width, height",
            'here = __import__("threading"); seen.append(here.current_thread() is not here.main_thread()); '
            'header["n"] = str(sum(seen) > 1); width, height',
            "as a child's second file it says something else: metadata.header.n is",
        ),
        ('Rule("operator"', 'Rule("operater"', "no field 'operater' in the vocabulary; is operator meant?"),
        ("extractor = Extractor()", "extractor = Extractor", "extractor = Extractor()"),
        ("extractor = Extractor()", "extractor = None", "it lacks: name, version"),
    ],
)
def test_what_is_wrong_with_an_extractor_is_said_by_name(package: Path, good: str, bad: str, says: str) -> None:
    code = package / "src" / "my_camera" / "__init__.py"
    code.write_text("seen = []\n" + code.read_text().replace(good, bad, 1))
    asked = subprocess.run(
        [sys.executable, "-m", "lims.cli.main", "extractors", "test", str(package)],
        capture_output=True, text=True, timeout=120, check=False,
    )
    assert asked.returncode == 1
    assert says in asked.stdout + asked.stderr


def test_an_extractor_without_samples_has_kept_no_promise(package: Path, lims: Lims) -> None:
    for sample in (package / "samples").iterdir():
        sample.unlink()
    asked = lims("extractors", "test", str(package))
    assert asked.code == 1
    assert "no sample" in asked.err


@pytest.mark.parametrize("name", ["", "9lives", "a/b", "../up", "Ünï"])
def test_a_package_that_cannot_be_imported_is_not_made(lims: Lims, tmp_path: Path, name: str) -> None:
    assert lims("extractors", "new", name, str(tmp_path / "x")).code == 2
    assert not (tmp_path / "x").exists()


def test_nothing_is_overwritten(package: Path, lims: Lims) -> None:
    before = {file: file.read_bytes() for file in package.rglob("*") if file.is_file()}
    assert lims("extractors", "new", "other", str(package)).code == 1
    assert {file: file.read_bytes() for file in package.rglob("*") if file.is_file()} == before


def test_what_nobody_knows_is_told_what_can_be_meant(lims: Lims) -> None:
    asked = lims("extractors", "test", "no-such-thing")
    assert asked.code == 1
    assert "rosetta" in asked.err


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> tuple[Path, str]:
    """A facility with one micrograph in a session, and the micrograph's id."""
    folder = write_facility(tmp_path_factory.mktemp("measured") / "facility")
    shutil.copy(sample_data / "vendor/dm3/test_STEM_image.dm3", folder / "store" / "Titan_TEM" / "a.dm3")
    with LocalFacility(folder) as facility:
        facility.harvest(all=True)
        return folder, facility.search("format:dm3", kind="dataset")[0].id


@pytest.fixture
def there(lims: Lims, measured: tuple[Path, str]) -> Lims:
    return lambda *arguments: lims("--facility", str(measured[0]), *arguments)


def test_a_correction_is_shown_with_what_the_file_says_and_can_be_taken_back(
    there: Lims, measured: tuple[Path, str]
) -> None:
    one = measured[1]
    before = there("show", one, "--json").document["normalised"]["acceleration_voltage"]
    assert there("correct", one, "voltage", "80 kV", "--note", "read off the desk").code == 0
    value = there("show", one, "--json").document["normalised"]["acceleration_voltage"]
    assert (value["value"], value["origin"], value["note"]) == (80_000, "person", "read off the desk")
    assert value["others"][0]["value"] == before["value"]
    assert "read off the desk; elsewhere 200 kV" in there("show", one).out
    assert there("search", "voltage:80kV", "--json").document["total"] >= 1
    difference = there("extractors", "diff", "--all", "--json")
    assert difference.code == 0
    assert not difference.document["different"]
    assert there("correct", one, "voltage", "--withdraw").code == 0
    assert there("show", one, "--json").document["normalised"]["acceleration_voltage"] == before
    assert there("correct", one, "voltage", "--withdraw").code == 1


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("voltage", "80 nm", "does not fit acceleration_voltage"),
        ("voltage", "high", "is not a number"),
        ("voltage", " ", "needs a value"),
        ("shape", "3", "no field that a person can correct"),
        ("colour", "red", "no field that a person can correct"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(
    there: Lims, measured: tuple[Path, str], field: str, value: str, says: str
) -> None:
    asked = there("correct", measured[1], field, value)
    assert asked.code == 2
    assert says in asked.err
    assert "character" not in asked.err


def test_a_stranger_corrects_nothing_and_compares_nothing(measured: tuple[Path, str]) -> None:
    folder, one = measured
    with LocalFacility(folder) as facility:
        refused(facility, "compare_extractors", {"all": True}, Forbidden)
        with pytest.raises(Exception, match=r"No dataset|not yours"):
            facility.run_as(Principal("stranger"), "correct_value", {"dataset": one, "field": "title", "value": "mine"})
        assert facility.dataset(one).normalised["title"].origin == "file"


def refused(facility: Facility, operation: str, what: dict[str, Any], kind: type[Exception]) -> None:
    assert isinstance(facility, LocalFacility)
    with pytest.raises(kind):
        facility.run_as(Principal("stranger"), operation, what)
