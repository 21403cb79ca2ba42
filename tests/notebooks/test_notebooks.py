"""Every notebook of ours, run for real by `lims run` on real images and spectra, in a facility with a real service."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import exspy
import numpy as np
import pytest

from lims.cli.main import run
from lims.facility.facility import Facility
from lims.facility.served import served
from lims.provenance.declaration import own_notebooks, read_declaration
from tests.facilities import write_facility

PACKAGE = Path(exspy.__file__).parent
IMAGE = "vendor/ser_emi/16_STOimage_1.ser"
SPECTRA = {
    "EDS_map.bcf": "vendor/bcf/test_TEM.bcf",
    "EELS_map.dm4": "vendor/dm4/EELS_SI.dm4",
    "carbon.dm3": "vendor/dm3/08_carbon.dm3",
}
EXSPYS = {"FePt.hspy": "data/EDS_TEM_FePt_nanoparticles.hspy"}

Lims = Callable[..., "Told"]


@dataclass(frozen=True)
class Told:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """A facility with an image of strontium titanate and some spectra in its store."""
    made = write_facility(tmp_path_factory.mktemp("notebooks") / "facility")
    files = {"Eve.ser": sample_data / IMAGE}
    files |= {name: sample_data / place for name, place in SPECTRA.items()}
    files |= {name: PACKAGE / place for name, place in EXSPYS.items()}
    for name, source in files.items():
        shutil.copyfile(source, made / "store/Titan_TEM" / name)
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


@pytest.fixture(scope="module")
def spectrum(folder: Path, facility: Facility) -> Callable[[str], str]:
    return lambda name: facility.locate(str(folder / "store/Titan_TEM" / name)).id


@pytest.fixture
def lims(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Lims:
    """The command, in this process: what it prints and its exit code are those of the real one."""
    monkeypatch.delenv("LIMS_RUN", raising=False)

    def call(command: str, *arguments: str) -> Told:
        capfd.readouterr()
        code = run([command, "--facility", str(folder), *arguments])
        return Told(code, *capfd.readouterr())

    return call


def edges_of(lims: Lims, dataset: str) -> dict[tuple[str, str], dict[str, Any]]:
    told = lims("lineage", dataset, "--ancestors", "--json")
    return {(edge["from"], edge["to"]): edge for edge in json.loads(told.stdout)["edges"]}


def table_of(facility: Facility, dataset: str) -> list[dict[str, str]]:
    location = facility.location(dataset)
    return list(csv.DictReader(Path(str(location.path)).read_text().splitlines()))


def ran(lims: Lims, *arguments: str) -> dict[str, Any]:
    done = lims("run", *arguments, "--json")
    assert done.code == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("path", own_notebooks(), ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path):
    assert read_declaration(path).has_cell
    cells = json.loads(path.read_text())["cells"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")


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
    run = ran(lims, "fft", "-p", "dataset", image, "-p", "spots", "3", "-p", "vectors", "110, , 1-10")
    assert (run["status"], run["error"]) == ("done", "")
    assert [(one["id"], one["name"]) for one in run["inputs"]] == [(image, "Eve.ser")]
    outputs = {one["name"]: one for one in run["outputs"]}
    assert set(outputs) == {"Eve_FFT.hspy", "Eve_iFFT_A.hspy", "Eve_iFFT_B.hspy", "Eve_iFFT_C.hspy", "Eve_FFT.png"}
    assert all(len(one["sha256"]) == 64 for one in run["outputs"])
    assert all(one["content_hash"].startswith("hdf5-1:") for name, one in outputs.items() if name.endswith(".hspy"))

    edges = edges_of(lims, outputs["Eve_iFFT_A.hspy"]["id"])
    transform = outputs["Eve_FFT.hspy"]["id"]
    assert edges[image, transform]["relation"] == "FFT"
    assert edges[image, transform]["params"] == {"window": "hann"}
    assert edges[image, transform]["run"] == run["run"]
    inverse = edges[transform, outputs["Eve_iFFT_A.hspy"]["id"]]
    assert inverse["relation"] == "inverse FFT"
    params = inverse["params"]
    assert (params["spot"], params["vector"]) == ("A", "[110]")
    # d(110) of this image is 0.284 nm: tests/analysis/test_fourier.py holds it against the lattice's own ratio.
    assert params["spacing"] == {"value": pytest.approx(0.2836, abs=5e-5), "unit": "nm"}
    vector = params["vector_x"]["value"], params["vector_y"]["value"]
    assert np.hypot(*vector) == pytest.approx(1 / params["spacing"]["value"])
    assert params["vector_x"]["unit"] == params["vector_y"]["unit"] == "1/nm"
    assert params["mask"] == {"value": 6.0, "unit": "px"}
    unnamed = outputs["Eve_iFFT_B.hspy"]["id"]
    (edge,) = (edge for pair, edge in edges_of(lims, unnamed).items() if pair == (transform, unnamed))
    assert edge["params"]["spot"] == "B"
    assert "vector" not in edge["params"]
    figure = edges_of(lims, outputs["Eve_FFT.png"]["id"])
    assert figure[transform, outputs["Eve_FFT.png"]["id"]]["relation"] == "figure"

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
    assert edge["relation"] == "crop"
    # Of the image a pixel is 0.010013 nm.
    metres = {"x0_m": 1.0013e-9, "y0_m": 0.0, "width_m": 5.127e-9, "height_m": 2.563e-9}
    assert edge["params"] == {
        "x0": {"value": 100, "unit": "px"},
        "y0": {"value": 0, "unit": "px"},
        "width": {"value": 512, "unit": "px"},
        "height": {"value": 256, "unit": "px"},
    } | {name: {"value": pytest.approx(value, rel=1e-3), "unit": "m"} for name, value in metres.items()}

    partial = ran(lims, "fft", "-p", "dataset", output["id"], "-p", "spots", "1")
    outputs = {one["name"]: one["id"] for one in partial["outputs"]}
    assert set(outputs) == {"Eve_crop_FFT.hspy", "Eve_crop_iFFT_A.hspy", "Eve_crop_FFT.png"}
    chain = edges_of(lims, outputs["Eve_crop_iFFT_A.hspy"])
    assert [chain[pair]["relation"] for pair in (
        (image, output["id"]),
        (output["id"], outputs["Eve_crop_FFT.hspy"]),
        (outputs["Eve_crop_FFT.hspy"], outputs["Eve_crop_iFFT_A.hspy"]),
    )] == ["crop", "FFT", "inverse FFT"]  # fmt: skip


def test_particles_of_iron_and_platinum_have_the_composition_that_exspy_publishes(lims, facility, spectrum):
    source = spectrum("FePt.hspy")
    run = ran(lims, "eds", "-p", "dataset", source, "-p", "k_factors", "1.450226, 5.075602", "-p", "others", "Cu")
    outputs = {one["name"]: one["id"] for one in run["outputs"]}
    assert set(outputs) == {"FePt_EDS.csv", "FePt_EDS.png"}
    iron, platinum = table_of(facility, outputs["FePt_EDS.csv"])
    # eXSpy's user guide: 15.41 at% of iron; other background windows, so within one standard deviation.
    assert (iron["line"], platinum["line"]) == ("Fe_Ka", "Pt_La")
    assert float(iron["at%"]) == pytest.approx(15.41, abs=float(iron["at% sigma"]))
    edge = edges_of(lims, outputs["FePt_EDS.csv"])[source, outputs["FePt_EDS.csv"]]
    assert edge["relation"] == "EDS quantification"
    assert edge["params"] | {"resolution": None} == {
        "method": "Cliff-Lorimer",
        "elements": ["Fe", "Pt"],
        "lines": ["Fe_Ka", "Pt_La"],
        "k_factors": [1.450226, 5.075602],
        "others": ["Cu"],
        "background": True,
        "beam_energy": {"value": 200.0, "unit": "kV"},
        "resolution": None,
    }
    figure = edges_of(lims, outputs["FePt_EDS.png"])
    assert figure[source, outputs["FePt_EDS.png"]]["relation"] == "figure"


def test_a_map_of_spectra_becomes_maps_of_its_elements(lims, facility, spectrum):
    source = spectrum("EDS_map.bcf")
    run = ran(lims, "eds", "-p", "dataset", source, "-p", "elements", "O, Ti", "-p", "k_factors", "1.9, 1.1",
              "-p", "others", "C, Si, Cu, Pd", "-p", "binning", "16")  # fmt: skip
    outputs = {one["name"]: one["id"] for one in run["outputs"]}
    assert set(outputs) == {"EDS_map_EDS.csv", "EDS_map_EDS.png", "EDS_map_EDS_O.hspy", "EDS_map_EDS_Ti.hspy"}
    oxygen, titanium = (facility.open(outputs[f"EDS_map_EDS_{one}.hspy"]).data for one in ("O", "Ti"))
    assert oxygen.shape == (4, 4)
    assert oxygen + titanium == pytest.approx(100.0)
    edge = edges_of(lims, outputs["EDS_map_EDS_O.hspy"])[source, outputs["EDS_map_EDS_O.hspy"]]
    assert (edge["relation"], edge["params"]["element"]) == ("EDS quantification", "O")
    assert edge["params"]["binning"] == {"value": 16, "unit": "px"}
    assert facility.dataset(outputs["EDS_map_EDS_O.hspy"]).preview_size


def test_the_background_before_an_edge_is_taken_off(lims, facility, spectrum):
    source = spectrum("carbon.dm3")
    run = ran(lims, "eels", "-p", "dataset", source, "-p", "start", "250", "-p", "end", "0.28 keV")
    outputs = {one["name"]: one["id"] for one in run["outputs"]}
    assert set(outputs) == {"carbon_bg.hspy", "carbon_EELS.csv", "carbon_EELS.png"}
    left = facility.open(outputs["carbon_bg.hspy"])
    energies = left.axes_manager.signal_axes[0].axis
    assert energies[0] == pytest.approx(250.0, abs=0.1)
    # Nothing is left before the edge of carbon at 284 eV, against the 15,000 counts that were there; much after it.
    assert abs(left.data[energies < 280].mean()) < 5
    assert left.data[(energies > 290) & (energies < 300)].mean() > 15000
    (fit,) = table_of(facility, outputs["carbon_EELS.csv"])
    # Egerton (2011), section 4.4: the exponent lies between 2 and 6.
    assert 2 < float(fit["exponent"]) < 6
    edge = edges_of(lims, outputs["carbon_bg.hspy"])[source, outputs["carbon_bg.hspy"]]
    assert edge["relation"] == "EELS background removal"
    assert edge["params"] == {
        "model": "power law",
        "start": {"value": 250.0, "unit": "eV"},
        "end": {"value": 280.0, "unit": "eV"},
    }


def test_each_spectrum_of_an_eels_map_loses_its_own_background(lims, facility, spectrum):
    run = ran(lims, "eels", "-p", "dataset", spectrum("EELS_map.dm4"), "-p", "start", "420", "-p", "end", "520")
    outputs = {one["name"]: one["id"] for one in run["outputs"]}
    left = facility.open(outputs["EELS_map_bg.hspy"])
    before = left.axes_manager.signal_axes[0].axis < 520
    # Some 3000 counts were there.
    assert np.abs(left.data[..., before].mean(axis=-1)).max() < 5


@pytest.mark.parametrize(
    ("notebook", "file", "arguments", "says"),
    [
        ("eds", "FePt.hspy", (), "Cliff and Lorimer need a k-factor for each of Fe, Pt; none was given."),
        ("eds", "carbon.dm3", (), "'carbon' is a spectrum of the kind EELS, not EDS."),
        ("eels", "carbon.dm3", ("-p", "start", "100", "-p", "end", "280"), "does not lie on the axis, 240 to 444.7 eV"),
    ],
)
def test_a_spectrum_that_does_not_serve_is_refused_in_a_sentence(lims, spectrum, notebook, file, arguments, says):
    done = lims("run", notebook, "-p", "dataset", spectrum(file), *arguments)
    assert done.code == 1
    assert f"failed with Invalid: {says}" in done.stderr or says in done.stderr
    assert "Traceback" not in done.stderr


def test_the_quality_notebook_saves_its_measures(lims, facility, image):
    run = ran(lims, "quality", "-p", "dataset", image)
    measures = next(one for one in run["outputs"] if one["name"] == "Eve_quality.json")
    location = facility.location(measures["id"])
    document = json.loads(Path(str(location.path)).read_text())
    assert document["noise"] > 0
    assert document["finest_unit"] == "nm"
    edge = edges_of(lims, measures["id"])[image, measures["id"]]
    assert edge["relation"] == "image quality"


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
    assert "*_iFFT_*.hspy  the image that the spot A, B … makes" in done.stdout
    assert "needs    1 GB of memory, 1 min" in done.stdout
    assert "-p background  take off the background beside the lines: yes or no [yes]" in done.stdout
    assert "-p vectors  Miller indices of the spots A, B, C …, as 220, 200, 111: a list with commas\n" in done.stdout
    listed = {one["name"]: one for one in json.loads(lims("run", "--list", "--json").stdout)}
    assert set(listed) == {path.stem for path in own_notebooks()}
    assert listed["fft"]["outputs"][2]["pattern"] == "*_FFT.png"
    assert set(listed["fft"]["outputs"][2]["tolerance"]) == {"visual"}
    assert listed["fft"]["resources"] == {"memory": "1 GB", "time": "1 min"}


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
