"""`lims run`, `replay`, `rerun`, `settle-run`, `mark` and `import-derived` on scripts: documents, words, exit codes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Lims
from tests.facility.running.people import People, people, said, write_image, write_program

STEP = """
import os, sys
import numpy as np

if os.environ.get("HIDDEN") == "fail":
    raise ValueError("the beam was off")
values = np.frombuffer(open(sys.argv[1], "rb").read(), np.uint8).astype(float)
values[3] += "HIDDEN" in os.environ
np.save("values.npy", values[:16].reshape(4, 4))
"""


@dataclass(frozen=True)
class Ran:
    """work: the folder of the run. document: what `lims run --json` said."""

    at: People
    work: Path
    eve: str
    document: dict[str, Any]

    @property
    def run(self) -> str:
        return str(self.document["run"])

    @property
    def made(self) -> str:
        return str(self.document["outputs"][0]["id"])


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    work = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patched, people(tmp_path_factory.mktemp("people")) as at:
        patched.setenv("LIMS_CACHE", str(tmp_path_factory.mktemp("cache")))
        for name in ("LIMS_RUN", "LIMS_FACILITY", "HIDDEN"):
            patched.delenv(name, raising=False)
        patched.chdir(work)
        eve = at.arrive(write_image(at.raw / "eve.tif"))
        write_program(work, "step.py", STEP)
        code, document = said(
            "--facility", at.xenia.address, "run", "step.py", str(at.raw / "eve.tif"), "--json"
        )
        assert code == 0
        yield Ran(at, work, eve, document)


@pytest.fixture
def here(lims: Lims, ran: Ran, monkeypatch: pytest.MonkeyPatch) -> Lims:
    """`lims` as xenia, in the folder where the run was."""
    monkeypatch.chdir(ran.work)
    return lambda *words: lims("--facility", ran.at.xenia.address, *words)


def test_the_document_of_a_run_has_the_promised_fields(ran: Ran) -> None:
    document = ran.document
    assert {"run", "status", "inputs", "outputs", "notebook", "error", "doubts"} <= document.keys()
    assert (document["status"], document["error"], document["doubts"]) == ("done", "", [])
    (read,) = document["inputs"]
    assert {"id", "name", "sha256", "source"} <= read.keys()
    assert (read["id"], read["name"], read["source"]) == (ran.eve, "eve.tif", "observed")
    (made,) = document["outputs"]
    assert {"id", "name", "sha256", "content_hash"} <= made.keys()
    assert (made["name"], len(made["sha256"]), made["content_hash"][:6]) == ("values.npy", 64, "npy-1:")
    assert document["notebook"].startswith("dat-")


def test_a_reproduced_run_ends_with_0_and_its_document_has_the_promised_fields(ran: Ran, here: Lims) -> None:
    told = here("replay", ran.made, "--json")
    assert told.code == 0
    document = told.document
    assert {"run", "reproduced", "environment", "outputs", "problem"} <= document.keys()
    assert (document["run"], document["reproduced"]) == (ran.run, True)
    assert document["environment"]["same"] is True
    assert document["environment"]["changes"] == []
    (one,) = document["outputs"]
    assert {"name", "verdict", "where", "max_abs", "rms", "tolerance"} <= one.keys()
    assert (one["name"], one["verdict"]) == ("values.npy", "bytes identical")


def test_a_different_result_ends_with_1_says_where_and_leaves_a_picture(
    ran: Ran, here: Lims, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HIDDEN", "1")
    told = here("replay", ran.run, "--keep", str(tmp_path / "kept"))
    assert told.code == 1
    line = next(line for line in told.out.splitlines() if line.startswith("values.npy"))
    assert "different" in line
    assert "at most 1, rms" in line
    assert "(0, 3)" in line
    assert "Not reproduced." in told.out
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert kept == {"values.npy", "difference values.npy.png"}


def test_what_cannot_be_replayed_ends_with_2_and_says_why(
    ran: Ran, here: Lims, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HIDDEN", "fail")
    told = here("replay", ran.run)
    assert told.code == 2
    assert "Could not be replayed: It ended with exit code 1: ValueError: the beam was off" in told.out
    picture = write_image(tmp_path / "painted.tif", 3)
    words = ["--parent", ran.made, "--relation", "paint", "--software", "Gimp 3", "-p", "brush", "6 px", "--json"]
    made = here("import-derived", str(picture), *words).document
    assert made["origin"] == "derived"
    told = here("replay", made["id"])
    assert told.code == 2
    assert "It was done in Gimp 3 by xenia: nothing here can run that again" in told.out
    common = here("lineage", made["id"], "--common", ran.made, "--json").document
    assert common["nearest"] == [ran.made]
    way = here("lineage", ran.eve, "--path-to", made["id"], "--json").document
    assert [one["name"] for one in way["nodes"]] == ["eve.tif", "values.npy", "painted.tif"]
    (edge,) = [one for one in here("lineage", made["id"], "--json").document["edges"] if one["to"] == made["id"]]
    assert (edge["source"], edge["params"]) == ("imported", {"brush": {"value": 6, "unit": "px"}})


def test_the_history_of_replays_is_shown_newest_first(ran: Ran, here: Lims) -> None:
    assert here("replay", ran.run, "--json").code == 0
    told = here("replay", ran.run, "--history")
    assert told.code == 0
    assert "reproduced" in told.out.splitlines()[1]
    newest = here("replay", ran.run, "--history", "--json").document[0]
    assert (newest["run"], newest["by"], newest["reproduced"]) == (ran.run, "xenia", True)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["replay", "run-zzzzzzzzzz"], 1, "run-zzzzzzzzzz"),
        (["replay", "{eve}"], 1, "No run is known that made"),
        (["replay", "{run}", "--limit", "soon"], 2, "'soon' is not a time"),
        (["run", "step.py", "--memory", "much"], 2, "'much' is not an amount of memory"),
        (["run", "step.py", "-p", "n", "1"], 2, "Only notebooks take parameters"),
        (["run", "no-such.ipynb"], 1, "no-such.ipynb"),
        (["run", "fft"], 2, "dataset"),
        (["run", "fft", "-p", "dataset", "{eve}", "-p", "spots", "many"], 2, "spots"),
        (["run", "fft", "-p", "dataset", "{eve}", "-p", "mask", "3 nm"], 2, "mask"),
        (["run", "fft", "-p", "no_such", "1"], 2, "no_such"),
        (["rerun", "run-zzzzzzzzzz"], 1, "run-zzzzzzzzzz"),
        (["settle-run", "{run}", "all"], 2, "--accept or --reject"),
        (["settle-run", "{run}", "all", "--accept"], 2, "waits to be settled"),
        (["settle-run", "{run}", "rel-zzzzzzzzzz", "--reject"], 1, "rel-zzzzzzzzzz"),
        (["mark", "{eve}"], 2, "--bad REASON, or --good"),
        (["mark", "{eve}", "--bad", ""], 2, "Why is it bad"),
        (["import-derived", "step.py", "--parent", "{eve}", "--relation", " "], 2, "How was it made"),
        (["import-derived", "step.py", "--parent", "dat-zzzzzzzzzz", "--relation", "x"], 1, "dat-zzzzzzzzzz"),
        (["export", "{run}", "--format", "ro-crate", "--to", "."], 1, "empty"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_changes_nothing(
    ran: Ran, here: Lims, words: list[str], code: int, text: str
) -> None:
    before = ran.at.local.place().counts
    told = here(*(word.format(eve=ran.eve, run=ran.run) for word in words))
    assert text in told.err
    assert told.code == code
    assert ran.at.local.place().counts == before


def test_a_warning_makes_results_stale_and_running_anew_brings_them_up_to_date(ran: Ran, here: Lims) -> None:
    """Last, for after this the raw file is another one."""
    told = here("mark", ran.eve, "--bad", "the stage drifted")
    assert told.code == 0
    assert "Results that rest on it:" in told.out
    assert "values.npy" in told.out
    shown = here("lineage", ran.made)
    assert "eve.tif" in shown.err
    assert f"values.npy ({ran.made}) is stale: " in shown.err
    assert here("mark", ran.eve, "--good").code == 0
    assert here("lineage", ran.made).err == ""

    write_image(ran.at.raw / "eve.tif", 8)
    os.utime(ran.at.raw / "eve.tif")
    ran.at.local.harvest(all=True)
    assert "stale" in here("lineage", ran.made).err
    refused = here("replay", ran.run, "--json")
    assert refused.code == 2
    assert f"eve.tif ({ran.eve}) is another file than the one that was read" in refused.document["problem"]

    told = here("rerun", ran.eve, "--downstream", "--json")
    renewed = [one for one in told.document if one["run"] == ran.run]
    assert [one["problem"] for one in renewed] == [""]
    assert ran.at.xenia.facility.run(renewed[0]["by"]).details.replaces == ran.run
    assert here("replay", renewed[0]["by"]).code == 0
