"""Crates are judged by roc-validator, a program of its own in its own environment (`make .venv/stamps/validator`)."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rocrate.rocrate import ROCrate

from lims.errors import Conflict, NotFound
from lims.provenance import environment
from lims.provenance.crate import CrateBundle, CrateDataset, CrateEdge, CrateRun, write_crate

VALIDATOR = Path(sys.prefix) / "validator" / "bin"
START = datetime(2026, 2, 3, 10, tzinfo=UTC)
EVE = b"pixels of Eve"


@pytest.fixture
def bundle(tmp_path):
    """A file with a name that is not easy, a folder, one that is only described, one on the web; three kinds of run."""
    (tmp_path / "Eve é.tif").write_bytes(EVE)
    (tmp_path / "Eve_FFT.zspy" / "data").mkdir(parents=True)
    (tmp_path / "Eve_FFT.zspy" / "data" / ".zarray").write_text("{}")
    (tmp_path / "fft.ipynb").write_text('{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}')
    (tmp_path / "export.py").write_text("print(1)\n")
    ran = {**environment.describe(), **environment.describe_loaded(), "variables": {"OMP_NUM_THREADS": "1"}}
    return CrateBundle(
        title="Eve: a crystal",
        licence="https://creativecommons.org/licenses/by/4.0/",
        published=START,
        datasets=(
            CrateDataset(
                "dat-1",
                "Eve é.tif",
                tmp_path / "Eve é.tif",
                hashlib.sha256(EVE).hexdigest(),
                len(EVE),
                "TIFF image",
                "image/tiff",
            ),
            CrateDataset("dat-2", "Eve_FFT.zspy", tmp_path / "Eve_FFT.zspy", format="HyperSpy"),
            CrateDataset("dat-3", "Eve.dm3", None, "ab" * 32, 12, url="file:///microscope/Eve.dm3"),
            CrateDataset("dat-4", "table.csv", None, "cd" * 32, 9, "", "text/csv", "https://example.org/table.csv"),
        ),
        runs=(
            CrateRun(
                "run-1",
                "FFT of Eve",
                "notebook",
                "maria",
                START,
                START + timedelta(seconds=5),
                parameters={"window": "hann", "mask": {"value": 6, "unit": "px"}, "size": [2, 3], "bad": float("nan")},
                software="jupyter-lims",
                version="0.1.0",
                source=tmp_path / "fft.ipynb",
                environment=ran,
            ),
            CrateRun(
                "run-2",
                "export",
                "script",
                "maria",
                START,
                START,
                "failed",
                "Cell In [3] failed",
                source=tmp_path / "export.py",
                inputs=("dat-1", "dat-hidden"),
                outputs=("dat-4",),
            ),
            CrateRun("run-3", "Export", "external", "Jörg", START, software="DigitalMicrograph", version="3.5"),
        ),
        edges=(
            CrateEdge("dat-1", "dat-2", "FFT", {"window": "hann"}, "run-1", "Eve_FFT is the FFT of Eve"),
            CrateEdge("dat-3", "dat-1", "export", {"scale": {"value": 0.02, "unit": "nm"}}, "run-3"),
            CrateEdge("dat-hidden", "dat-1", "export"),
            CrateEdge("dat-4", "dat-2", "calibration"),
        ),
    )


def graph(folder: Path) -> dict[str, dict[str, Any]]:
    return {one["@id"]: one for one in json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]}


def issues(crate: Path, cache: Path, severity: str = "required") -> list[tuple[str, str]]:
    """Severity and message of what the validator finds, down to this severity, without asking the network."""
    subprocess.run([VALIDATOR / "python", Path(__file__).parent / "ro_crate" / "cache.py", cache], check=True)
    told = cache.with_suffix(".json")
    options = ["--offline", "--cache-path", cache, "--no-paging", "-f", "json", "-o", told]
    judge = [VALIDATOR / "rocrate-validator", "-y", "validate", *options, "-p", "process-run-crate", "-l", severity]
    done = subprocess.run([*judge, crate], check=False, capture_output=True, text=True)
    assert told.exists(), done.stdout + done.stderr
    report = json.loads(told.read_text())
    assert report["validation_settings"]["profile_identifier"] == "process-run-crate-0.5"
    assert report["skipped_checks"] == 0
    assert report["statistics"]["total_checks"] > 40
    assert report["passed"] == (not report["issues"])
    return [(one["severity"], one["message"]) for one in report["issues"]]


def test_another_program_finds_nothing_required_missing_nor_recommended_that_is_known(bundle, tmp_path):
    write_crate(tmp_path / "crate", bundle)
    found = issues(tmp_path / "crate", tmp_path / "cache", "recommended")
    assert [message for severity, message in found if severity == "REQUIRED"] == []
    unknown = (
        "have a url",  # of the program
        "id SHOULD be an absolute URI",  # said of schema.org's own types
        "`publisher` property",
        "affiliation",
        "example.org/table.csv is not available",  # there is no network
        "sdDatePublished",
        "endTime in ISO 8601",  # of the run that somebody told of, without its end
    )
    assert [message for _, message in found if not any(part in message for part in unknown)] == []


def test_a_crate_that_lacks_something_does_not_pass(bundle, tmp_path):
    write_crate(tmp_path / "crate", bundle)
    described = tmp_path / "crate" / "ro-crate-metadata.json"
    plain = json.loads(described.read_text())
    for one in plain["@graph"]:
        one.pop("instrument", None)
    described.write_text(json.dumps(plain))
    found = issues(tmp_path / "crate", tmp_path / "cache")
    assert any(severity == "REQUIRED" and "MUST have an instrument" in message for severity, message in found)


def test_each_run_is_an_action_with_who_when_what_and_how_it_ended(bundle, tmp_path):
    write_crate(tmp_path / "crate", bundle)
    all_of_it = graph(tmp_path / "crate")
    first, second, third = (all_of_it[f"#run-{number}"] for number in (1, 2, 3))
    assert first["@type"] == "CreateAction"
    assert all_of_it[first["agent"]["@id"]] == {"@id": "#person-maria", "@type": "Person", "name": "maria"}
    assert (first["startTime"], first["endTime"]) == ("2026-02-03T10:00:00+00:00", "2026-02-03T10:00:05+00:00")
    assert first["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert first["description"] == "Eve_FFT is the FFT of Eve"
    assert first["result"] == {"@id": "data/Eve_FFT.zspy/"}
    assert first["object"][0] == {"@id": "data/Eve%20%C3%A9.tif"}
    given = [all_of_it[one["@id"]] for one in first["object"][1:]]
    assert [(one["name"], one["value"], one.get("unitText")) for one in given] == [
        ("window", "hann", None),
        ("mask", 6, "px"),
        ("size", "[2, 3]", None),
        ("bad", "nan", None),
    ]
    assert (second["actionStatus"], second["error"]) == ("http://schema.org/FailedActionStatus", "Cell In [3] failed")
    assert second["object"] == {"@id": "data/Eve%20%C3%A9.tif"}, "of what is not in the bundle nothing is told"
    assert third["object"] == {"@id": "#dat-3"}
    program = all_of_it[third["instrument"]["@id"]]
    assert (program["@type"], program["name"], program["softwareVersion"]) == (
        "SoftwareApplication",
        "DigitalMicrograph",
        "3.5",
    )
    assert "hidden" not in (tmp_path / "crate" / "ro-crate-metadata.json").read_text()


def test_the_code_and_what_it_ran_in_are_in_the_crate_without_the_name_of_the_host(bundle, tmp_path):
    write_crate(tmp_path / "crate", bundle)
    all_of_it = graph(tmp_path / "crate")
    code = all_of_it[all_of_it["#run-1"]["instrument"]["@id"]]
    assert code["@type"] == ["File", "SoftwareSourceCode"]
    assert (tmp_path / "crate" / code["@id"]).read_text() == (tmp_path / "fft.ipynb").read_text()
    files = [tmp_path / "crate" / one["@id"] for one in all_of_it["#run-1"]["subjectOf"]]
    assert json.loads(files[0].read_text())["packages"]["numpy"]
    assert "host" not in json.loads(files[0].read_text())
    assert "\nnumpy==" in files[1].read_text()
    assert all_of_it[all_of_it["#run-1"]["environment"]["@id"]]["value"] == "1"


def test_data_are_copied_or_described_with_their_checksums_and_where_they_come_from(bundle, tmp_path):
    write_crate(tmp_path / "crate", bundle)
    all_of_it = graph(tmp_path / "crate")
    assert (tmp_path / "crate" / "data" / "Eve é.tif").read_bytes() == EVE
    assert (tmp_path / "crate" / "data" / "Eve_FFT.zspy" / "data" / ".zarray").read_text() == "{}"
    eve, far = all_of_it["data/Eve%20%C3%A9.tif"], all_of_it["#dat-3"]
    assert (eve["sha256"], eve["contentSize"]) == (hashlib.sha256(EVE).hexdigest(), str(len(EVE)))
    assert (far["@type"], far["sha256"], far["contentUrl"]) == (
        "CreativeWork",
        "ab" * 32,
        "file:///microscope/Eve.dm3",
    )
    assert eve["wasDerivedFrom"] == {"@id": "#dat-3"}
    assert all_of_it[eve["additionalProperty"]["@id"]]["unitText"] == "nm"
    made = all_of_it["data/Eve_FFT.zspy/"]
    assert made["description"] == "HyperSpy. Eve_FFT is the FFT of Eve. calibration"
    assert made["wasDerivedFrom"] == [{"@id": "data/Eve%20%C3%A9.tif"}, {"@id": "https://example.org/table.csv"}]


def test_rocrate_reads_its_own_crate_again(bundle, tmp_path):
    write_crate(tmp_path / "crate", bundle)
    again = ROCrate(tmp_path / "crate")
    assert len(again.get_by_type("CreateAction")) == 3
    assert again.root_dataset["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"


def test_a_crate_of_nothing_and_without_a_licence_is_one_too(tmp_path):
    write_crate(tmp_path / "crate", CrateBundle("Nothing"))
    assert "No licence" in graph(tmp_path / "crate")["#licence"]["name"]
    assert issues(tmp_path / "crate", tmp_path / "cache") == []


@pytest.mark.parametrize("name", ["../../out.tif", "/etc/passwd", "a\x00b\n", "..", "a" * 300, 'C:\\x"<>|'])
def test_no_name_leads_out_of_the_crate(tmp_path, name):
    (tmp_path / "x").write_bytes(b"1")
    datasets = (CrateDataset("dat-1", name, tmp_path / "x"), CrateDataset("dat-2", name, tmp_path / "x"))
    write_crate(tmp_path / "deep" / "crate", CrateBundle("Odd", datasets=datasets))
    inside = [path for path in (tmp_path / "deep" / "crate" / "data").rglob("*") if path.is_file()]
    assert len(inside) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"x", "deep"}


def test_a_file_that_changed_since_is_refused_and_nothing_is_left(tmp_path):
    (tmp_path / "x").write_bytes(b"1")
    with pytest.raises(Conflict, match="x has changed"):
        write_crate(tmp_path / "crate", CrateBundle("t", datasets=(CrateDataset("d", "x", tmp_path / "x", "ab" * 32),)))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_what_cannot_be_put_in_is_named(tmp_path):
    with pytest.raises(NotFound, match=r"gone\.tif"):
        write_crate(tmp_path / "c", CrateBundle("t", datasets=(CrateDataset("d", "gone.tif", tmp_path / "no"),)))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to("/etc/passwd")
    with pytest.raises(Conflict, match="links"):
        write_crate(tmp_path / "c", CrateBundle("t", datasets=(CrateDataset("d", "tree", tmp_path / "tree"),)))


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(Conflict, match="not empty"):
        write_crate(tmp_path, CrateBundle("t"))
    (tmp_path / "empty").mkdir()
    write_crate(tmp_path / "empty", CrateBundle("t"))
    assert (tmp_path / "empty" / "ro-crate-metadata.json").is_file()
