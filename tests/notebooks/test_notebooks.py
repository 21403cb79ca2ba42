"""Every notebook of ours, run for real by `lims run` on a real lattice image, in a facility with a real service."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lims.cli.main import run
from lims.facility.facility import Facility
from lims.facility.served import served
from lims.provenance.declaration import own_notebooks, read_declaration
from tests.facilities import write_facility

IMAGE = "vendor/ser_emi/16_STOimage_1.ser"


Lims = Callable[..., "Told"]


@dataclass(frozen=True)
class Told:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """A facility with one image of strontium titanate in its store."""
    made = write_facility(tmp_path_factory.mktemp("notebooks") / "facility")
    shutil.copyfile(sample_data / IMAGE, made / "store/Titan_TEM/Eve.ser")
    return made


@pytest.fixture(scope="module")
def facility(folder: Path) -> Iterator[Facility]:
    """Through a real service, as in a laboratory; the commands and the notebooks' kernels find the same one."""
    with served(folder) as (facility, _):
        facility.harvest(all=True)
        yield facility


@pytest.fixture(scope="module")
def image(folder: Path, facility: Facility) -> str:
    return facility.locate(str(folder / "store/Titan_TEM/Eve.ser")).id


@pytest.fixture
def lims(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Lims:
    """The command, in this process: what it prints and its exit code are those of the real one."""
    monkeypatch.delenv("LIMS_RUN", raising=False)

    def call(command: str, *arguments: str) -> Told:
        capfd.readouterr()
        code = run([command, "--facility", str(folder), *arguments])
        return Told(code, *capfd.readouterr())

    return call


def ran(lims: Lims, *arguments: str) -> dict[str, Any]:
    done = lims("run", *arguments, "--json")
    assert done.code == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("path", own_notebooks(), ids=lambda path: path.stem)
def test_a_notebook_declares_itself_and_is_committed_without_outputs(path):
    declaration = read_declaration(path)
    assert declaration.title != path.stem
    assert declaration.summary
    assert declaration.accepts
    assert declaration.outputs
    assert declaration.has_cell
    cells = json.loads(path.read_text())["cells"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
    assert all(one.title for one in declaration.parameters)


@pytest.mark.parametrize("path", own_notebooks(), ids=lambda path: path.stem)
def test_what_is_declared_is_what_the_parameters_cell_sets(path):
    source = next(
        "".join(cell["source"])
        for cell in json.loads(path.read_text())["cells"]
        if "parameters" in cell["metadata"].get("tags", ())
    )
    names: dict[str, Any] = {}
    exec(source, names)
    names.pop("__builtins__")
    assert set(names) == {one.name for one in read_declaration(path).parameters}


def test_the_fourier_notebook_finds_the_spots_of_a_crystal_and_its_lineage_leads_back_to_the_raw_file(
    lims, facility, image
):
    run = ran(lims, "fft", "-p", "dataset", image, "-p", "spots", "3")
    assert (run["status"], run["error"]) == ("done", "")
    assert [(one["id"], one["name"]) for one in run["inputs"]] == [(image, "Eve.ser")]
    outputs = {one["name"]: one for one in run["outputs"]}
    assert set(outputs) == {"Eve_FFT.hspy", "Eve_iFFT_A.hspy", "Eve_iFFT_B.hspy", "Eve_iFFT_C.hspy", "Eve_FFT.png"}
    assert all(len(one["sha256"]) == 64 for one in run["outputs"])
    assert all(one["content_hash"].startswith("hdf5-1:") for name, one in outputs.items() if name.endswith(".hspy"))

    told = lims("lineage", outputs["Eve_iFFT_A.hspy"]["id"], "--ancestors", "--json")
    graph = json.loads(told.stdout)
    edges = {(edge["from"], edge["to"]): edge for edge in graph["edges"]}
    transform = outputs["Eve_FFT.hspy"]["id"]
    assert edges[image, transform]["relation"] == "FFT"
    assert edges[image, transform]["params"] == {"window": "hann"}
    assert edges[image, transform]["run"] == run["run"]
    inverse = edges[transform, outputs["Eve_iFFT_A.hspy"]["id"]]
    assert inverse["relation"] == "inverse FFT of spot A"
    # d(110) of this image is 0.284 nm: tests/analysis/test_fourier.py holds it against the lattice's own ratio.
    assert inverse["params"]["spacing"] == "0.2836 nm"

    power = facility.open(transform)
    assert np.iscomplexobj(power.data)
    assert power.data.shape == (1024, 1024)
    for name in outputs:
        dataset = facility.dataset(outputs[name]["id"])
        assert (dataset.origin, dataset.status, dataset.failures) == ("derived", "extracted", ())
        assert dataset.preview_size, f"{name} has a picture"
    assert facility.dataset(run["notebook"]).name == "fft.ipynb"
    environment = facility.run(run["run"]).environment
    assert environment["packages"]["hyperspy"]
    assert "hyperspy" in environment["loaded"]


def test_a_section_is_related_to_its_image_by_where_it_lies(lims, image):
    run = ran(lims, "crop", "-p", "dataset", image, "-p", "x", "100", "-p", "width", "512", "-p", "height", "256")
    (output,) = run["outputs"]
    (edge,) = json.loads(lims("lineage", output["id"], "--json").stdout)["edges"]
    assert (edge["from"], edge["to"]) == (image, output["id"])
    assert edge["relation"] == "crop 512 × 256 at (100, 0)"
    assert edge["params"] == {
        "x": "100 px (1.001 nm)", "y": "0 px (0 nm)", "width": "512 px (5.127 nm)", "height": "256 px (2.563 nm)"
    }  # fmt: skip


def test_the_quality_notebook_saves_its_measures(lims, facility, image):
    run = ran(lims, "quality", "-p", "dataset", image)
    measures = next(one for one in run["outputs"] if one["name"] == "Eve_quality.json")
    location = facility.location(measures["id"])
    document = json.loads(Path(str(location.path)).read_text())
    assert document["noise"] > 0
    assert document["finest_unit"] == "nm"


def test_progress_goes_to_stderr_and_the_answer_to_stdout(lims, image, tmp_path):
    done = lims("run", "crop", str(tmp_path / "kept.ipynb"), "-p", "dataset", image)
    assert done.code == 0, done.stderr
    assert "[1/5] A section of an image" in done.stderr
    assert "status    done" in done.stdout
    assert "Eve.ser" in done.stdout
    assert "Eve_crop" in done.stdout
    assert json.loads((tmp_path / "kept.ipynb").read_text())["cells"]


def test_a_notebook_that_fails_says_where_and_keeps_what_it_did(lims, facility, image):
    done = lims("run", "crop", "-p", "dataset", image, "-p", "x", "5000")
    assert done.code == 1
    assert "Cell In [3]" in done.stderr
    assert "Invalid: A section of 256 × 256 pixels at (5000, 0) does not lie in an image of 1024 × 1024." in done.stderr
    assert "status    failed" in done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    run = done.stdout.split()[1]
    told = facility.run(run)
    assert told.status == "failed"
    assert [one.id for one in told.inputs] == [image]
    partial = facility.dataset(str(told.executed))
    assert Path(str(facility.location(partial.id).path)).read_text().count("does not lie in an image") >= 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("fft",), "needs the parameter 'dataset'"),
        (("fft", "-p", "dataset", "dat-zzzzzzzzzz"), "dat-zzzzzzzzzz"),
        (("fft", "-p", "dataset", "IMAGE", "-p", "spot", "3"), "has no parameter 'spot'"),
        (("fft", "-p", "dataset", "IMAGE", "-p", "spots", "many"), "spots cannot be 'many'"),
        (("fft", "-p", "dataset", "IMAGE", "-p", "dataset", "IMAGE"), "given twice"),
        (("fft", "-p", "dataset", "IMAGE", "--limit", "soon"), "not a time"),
        (("no-such",), "There is no notebook 'no-such'"),
        ((), "Which notebook?"),
    ],
)
def test_what_is_wrong_before_it_runs_is_a_sentence_and_leaves_no_run(lims, facility, image, arguments, says):
    before = len(facility.runs())
    done = lims("run", *(image if one == "IMAGE" else one for one in arguments))
    assert done.code in (1, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(facility.runs()) == before


def test_the_list_of_notebooks_says_what_each_takes(lims):
    done = lims("run", "--list")
    assert done.code == 0, done.stderr
    assert "fft  Fourier transform and its spots" in done.stdout
    assert "-p window" in done.stdout


def test_lineage_leaves_as_graphviz_and_prov(lims, image):
    dot = lims("lineage", image, "--dot")
    assert dot.code == 0, dot.stderr
    assert dot.stdout.startswith("digraph lineage {")
    prov = json.loads(lims("lineage", image, "--prov").stdout)
    assert f"lims:{image}" in prov["entity"]
    table = lims("lineage", image, "--descendants")
    assert table.code == 0
    nobody = lims("lineage", "dat-zzzzzzzzzz")
    assert nobody.code == 1
    assert "dat-zzzzzzzzzz" in nobody.stderr
