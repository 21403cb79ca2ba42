"""Runs of notebooks: what they keep, how they end, and what is refused before anything runs."""

import json
from pathlib import Path

import pytest

from lims.errors import Invalid, NotFound, Unavailable
from lims.facility.facility import Facility
from lims.facility.local_files import local_file
from lims.facility.origins import RunView
from lims.facility.running import How, run_notebook
from lims.facility.running.replaying import replay
from tests.facility.running.people import People, write_image

PARAMETERS = {
    "n": {"kind": "integer", "minimum": 0},
    "dose": {"kind": "number", "unit": "e/Å²"},
    "dataset": {"kind": "dataset", "required": False},
}


def write(folder: Path, *sources: str, parameters: str | None = "n = 1\ndose = 1.0\ndataset = ''") -> Path:
    cells = [cell("p", parameters, tags=["parameters"])] if parameters is not None else []
    cells += [cell(f"c{number}", source) for number, source in enumerate(sources)]
    declared = {"lims": {"title": "Mine", "parameters": PARAMETERS}} if parameters is not None else {}
    path = folder / "mine.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": declared, "nbformat": 4, "nbformat_minor": 5}))
    return path


def cell(name: str, source: str, **metadata: object) -> dict[str, object]:
    about = {"metadata": metadata, "outputs": [], "execution_count": None}
    return {"cell_type": "code", "id": name, "source": source, **about}


def text_of(facility: Facility, dataset: str | None) -> str:
    return local_file(facility, facility.location(str(dataset))).read_text()


@pytest.fixture(scope="module")
def eve(at: People) -> str:
    return at.arrive(write_image(at.raw / "eve.tif"))


@pytest.fixture(scope="module")
def left(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("left") / "left.ipynb"


GOOD = (
    "import os, json",
    "open('sum.txt', 'w').write(str(n + sum(open(os.environ['EVE'], 'rb').read())))\n"
    "if 'HIDDEN' in os.environ: raise RuntimeError('the beam was off')\nprint(n + 1)",
)


@pytest.fixture(scope="module")
def done(at: People, eve, left, tmp_path_factory) -> RunView:
    folder = tmp_path_factory.mktemp("good")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("EVE", str(at.raw / "eve.tif"))
        how = How(output=left, folder=folder)
        return run_notebook(at.xenia.facility, at.xenia.address, write(folder, *GOOD), {"n": "41"}, how)


def test_a_run_keeps_its_parameters_its_environment_and_the_executed_notebook(at, done, left):
    assert (done.status, done.error, done.parameters) == ("done", "", {"n": 41})
    assert done.end is not None
    assert done.environment["packages"]["ipykernel"]
    assert len(done.details.source_sha256) == 64
    assert '"42\\n"' in left.read_text()
    kept = at.xenia.facility.dataset(str(done.executed))
    assert (kept.name, kept.origin) == ("left.ipynb", "derived")
    assert done.run in kept.key


def test_what_a_notebook_reads_and_writes_without_a_word_is_seen_in_its_kernel(at, eve, done):
    assert [(one.id, one.source) for one in done.inputs] == [(eve, "observed")]
    assert [(one.name, one.source) for one in done.outputs] == [("sum.txt", "observed")]
    (edge,) = at.xenia.facility.lineage(eve, "descendants").edges
    assert (edge["to"], edge["source"], edge["run"]) == (done.outputs[0].id, "observed", done.run)


def test_a_replay_that_fails_names_the_cell_and_leaves_the_original_alone(at, done, monkeypatch):
    monkeypatch.setenv("EVE", str(at.raw / "eve.tif"))
    monkeypatch.setenv("HIDDEN", "1")
    before = (Path(done.details.folder) / "sum.txt").stat().st_mtime_ns
    found = replay(at.xenia.facility, at.xenia.address, done.run)
    assert not found.reproduced
    assert "Cell In [4] (`open('sum.txt', 'w')" in found.problem
    assert "RuntimeError: the beam was off" in found.problem
    assert [(one["name"], one["verdict"]) for one in found.outputs] == [("sum.txt", "bytes identical")]
    assert (Path(done.details.folder) / "sum.txt").stat().st_mtime_ns == before


def test_a_notebook_that_fails_keeps_the_cell_the_error_and_what_it_did_until_then(at, tmp_path):
    path = write(tmp_path, "print('so far')\nopen('half.txt', 'w').write('1')", "# why\nraise ValueError('no fringes')")
    run = run_notebook(at.xenia.facility, at.xenia.address, path, {}, How(folder=tmp_path))
    assert run.status == "failed"
    assert run.error == "Cell In [3] (`raise ValueError('no fringes')`) failed with ValueError: no fringes"
    assert [one.name for one in run.outputs] == ["half.txt"]
    assert "so far" in text_of(at.xenia.facility, run.executed)


@pytest.mark.parametrize(
    ("source", "how", "error"),
    [
        ("while True: pass", {"limit_s": 5}, "did not finish in cell 2: the time limit was reached"),
        ("import os\nos.kill(os.getpid(), 9)", {}, "did not finish in cell 2: the kernel died"),
        ("b = bytearray(4 << 30)", {"memory_bytes": 2 << 30}, "failed with MemoryError"),
    ],
    ids=["never ends", "kills its kernel", "eats memory"],
)
def test_a_notebook_that_cannot_go_on_is_ended_with_a_sentence_and_its_partial_text(at, tmp_path, source, how, error):
    run = run_notebook(at.xenia.facility, at.xenia.address, write(tmp_path, source), {}, How(folder=tmp_path, **how))
    assert run.status == "failed"
    assert error in run.error
    assert run.executed
    assert run.details.source


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"kernel": "no-such"}, Unavailable),
        ({"progress": lambda step: (_ for _ in ()).throw(KeyboardInterrupt)}, KeyboardInterrupt),
    ],
    ids=["no kernel", "interrupted"],
)
def test_a_run_that_is_cut_short_is_closed_as_failed(at, tmp_path, capfd, how, error):
    path = write(tmp_path, "print(n)")
    with pytest.raises(error):
        run_notebook(at.xenia.facility, at.xenia.address, path, {}, How(folder=tmp_path, **how))
    run = at.xenia.facility.run(at.xenia.facility.runs(limit=1)[0].id)
    assert run.status == "failed"
    assert run.error == "It was interrupted." or "no-such" in run.error
    assert run.executed
    assert run.details.source
    assert "Traceback" not in capfd.readouterr().err


def test_a_run_ends_also_where_its_notebook_cannot_be_kept(at, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise Unavailable("There is no room.")

    monkeypatch.setattr(Facility, "save_derived", full)
    run = run_notebook(at.xenia.facility, at.xenia.address, write(tmp_path, "n"), {}, How(folder=tmp_path))
    assert (run.status, run.executed) == ("done", None)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"m": "1"}, "no parameter 'm'"),
        ({"n": "many"}, "n"),
        ({"n": "-1"}, "at least 0"),
        ({"dose": "3 nm"}, "dose"),
        ({"dataset": "dat-zzzzzzzzzz"}, "dat-zzzzzzzzzz"),
    ],
)
def test_a_wrong_parameter_is_refused_and_leaves_no_run(at, tmp_path, given, error):
    before = at.local.place().counts
    with pytest.raises((Invalid, NotFound), match=error):
        run_notebook(at.xenia.facility, at.xenia.address, write(tmp_path, "n"), given, How(folder=tmp_path))
    assert at.local.place().counts == before


def test_a_notebook_without_a_parameters_cell_takes_none_and_what_is_no_notebook_is_refused(at, tmp_path):
    before = at.local.place().counts
    path = write(tmp_path, "1", parameters=None)
    with pytest.raises(Invalid, match="mine takes no parameters"):
        run_notebook(at.xenia.facility, at.xenia.address, path, {"n": "1"}, How(folder=tmp_path))
    (tmp_path / "odd.ipynb").write_text("{}")
    with pytest.raises(Invalid, match=r"odd\.ipynb"):
        run_notebook(at.xenia.facility, at.xenia.address, tmp_path / "odd.ipynb", {}, How(folder=tmp_path))
    assert at.local.place().counts == before
