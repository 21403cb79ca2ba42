"""Notebooks that people work in, in really started kernels: what is recorded of them, and when."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from lims.facility.local_files import local_file
from lims.facility.origins import RunView
from lims.facility.running import How, run_notebook
from lims.facility.running.interactive import GONE, UNVERIFIED
from lims.facility.running.replaying import replay
from lims.jupyter.kernel import surroundings
from lims.model import Run
from lims.provenance.content import byte_hash
from tests.facilities import write_facility
from tests.facility.running.kernels import CONFIG, Kernel, kernel, state
from tests.services import Service, until

IMAGE = "vendor/dm3/test_STEM_image.dm3"
CLOSED_S = 180.0


@dataclass
class Place:
    """A facility behind its service, with one image in it."""

    service: Service
    facility: Facility
    image: str
    path: Path
    known: set[str]

    @property
    def env(self) -> dict[str, str]:
        return {"LIMS_FACILITY": str(self.service.folder), "JPY_SESSION_NAME": "thesis/eve.ipynb"}

    def new_runs(self) -> list[Run]:
        return [one for one in self.facility.runs() if one.id not in self.known]

    def closed(self) -> RunView:
        """The one new run, once it is closed."""
        until(lambda: self.new_runs() and self.new_runs()[0].status != "running", "the run is closed", CLOSED_S)
        (run,) = self.new_runs()
        return self.facility.run(run.id)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Iterator[Place]:
    folder = write_facility(tmp_path_factory.mktemp("place") / "facility")
    path = folder / "store/Titan_TEM/Eve.dm3"
    shutil.copyfile(sample_data / IMAGE, path)
    with Service(folder) as service, service.start() as facility:
        facility.harvest(all=True)
        yield Place(service, facility, facility.locate(str(path)).id, path, set())


@pytest.fixture
def place(started: Place) -> Place:
    started.known = {one.id for one in started.facility.runs()}
    return started


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def cells_of(facility: Facility, dataset: str | None) -> list[tuple[str, str]]:
    text = local_file(facility, facility.location(str(dataset))).read_text()
    read = nbformat.reads(text, as_version=4)
    nbformat.validate(read)
    return [(cell.cell_type, cell.source) for cell in read.cells]


def work(one: Kernel, image: str) -> None:
    """A typical piece of work."""
    one.run("import lims, numpy as np")
    one.run(f"eve = lims.open({image!r})")
    one.run("made = lims.save(eve.fft(), 'Eve_FFT', parents=[eve], relation='FFT')")


# --- one notebook -------------------------------------------------------------------------------------------------


def test_what_is_done_in_a_notebook_becomes_a_run_that_can_be_replayed(
    place: Place, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "numbers.csv").write_text("1,2\n")
    with kernel(home, folder, place.env) as one:
        one.run("before = 1")
        assert one.run("%load_ext lims") == ""
        assert "Nothing is recorded yet" in one.run("%lims_run")
        one.run("import lims, pathlib, numpy as np\ntext = pathlib.Path('numbers.csv').read_text()")
        assert place.new_runs() == []
        one.run(f"eve = lims.open({place.image!r})")
        (run,) = place.new_runs()
        assert (run.status, run.kind, run.notebook, run.folder) == ("running", "interactive", "eve.ipynb", str(folder))
        assert one.run("import os; print(os.environ.get('LIMS_RUN'))").strip() == run.id
        assert "ZeroDivisionError" in one.run("1 / 0")
        one.run("made = lims.save(eve.fft(), 'Eve_FFT', parents=[eve], relation='FFT')")
        one.run("import imageio.v3 as iio\niio.imwrite('scratch.png', np.zeros((4, 4), np.uint8))")
        assert run.id in one.run("%lims_run")
    told = place.closed()
    assert (told.status, told.error) == ("done", "")
    assert [one.id for one in told.inputs] == [place.image]
    assert [one.name for one in told.outputs] == ["Eve_FFT.hspy"]
    assert UNVERIFIED in [doubt.text for doubt in told.doubts]
    assert "hyperspy" in told.environment["used"]

    files = {one.name: one for one in told.files}
    assert files["scratch.png"].sha256 == byte_hash(folder / "scratch.png")
    assert files["scratch.png"].dataset is None
    assert files["numbers.csv"].sha256 == byte_hash(folder / "numbers.csv")

    source = cells_of(place.facility, told.details.source)
    assert source[:3] == [("code", "before = 1"), ("code", "%load_ext lims"), ("code", "%lims_run")]
    assert ("raw", "1 / 0") in source
    executed = local_file(place.facility, place.facility.location(str(told.executed))).read_text()
    assert "ZeroDivisionError" in executed
    assert "Of their outputs only errors were kept" in executed
    until(lambda: state(home) == [], "nothing is left behind", 30)

    monkeypatch.setenv("LIMS_CACHE", str(tmp_path / "cache"))
    again = replay(place.facility, str(place.service.folder), told.run)
    verdicts = {one["name"]: one["verdict"] for one in again.outputs}
    assert again.problem == ""
    assert verdicts["Eve_FFT.hspy"] in ("bytes identical", "content identical")


def test_a_kernel_in_which_nothing_is_opened_or_saved_leaves_no_run(place: Place, home: Path, tmp_path: Path) -> None:
    with kernel(home, tmp_path / "work", place.env) as one:
        one.run("%load_ext lims")
        one.run("open('mine.txt', 'w').write('x')")
        assert one.run("import sys; print([m for m in ('httpx', 'numpy', 'duckdb') if m in sys.modules])") == "[]\n"
    assert place.new_runs() == []
    assert state(home) == []


def test_a_file_of_a_store_that_is_read_without_lims_open_begins_the_run(
    place: Place, home: Path, tmp_path: Path
) -> None:
    with kernel(home, tmp_path / "work", place.env) as one:
        one.run("%load_ext lims")
        one.run(f"size = len(open({str(place.path)!r}, 'rb').read())")
        (run,) = place.new_runs()
        assert run.inputs == (place.image,)
    told = place.closed()
    assert (told.status, [one.id for one in told.inputs]) == ("done", [place.image])
    assert [file.seen for file in told.files if file.dataset == place.image] == [("declared", "observed")]


def test_a_run_is_closed_by_its_person_and_the_next_one_begins_by_itself(
    place: Place, home: Path, tmp_path: Path
) -> None:
    with kernel(home, tmp_path / "work", place.env) as one:
        one.run("%load_ext lims")
        assert "no run to end" in one.run("%lims_run end")
        work(one, place.image)
        assert "is closed" in one.run("%lims_run end")
        first = place.closed()
        assert first.status == "done"
        assert one.run("import os; print('LIMS_RUN' in os.environ)") == "False\n"
        one.run("lims.save(np.ones(3), 'second')")
        second = next(run for run in place.new_runs() if run.id != first.run)
        assert (second.status, len(second.outputs), second.inputs) == ("running", 1, ())
    until(lambda: place.facility.run(second.id).status == "done", "the second is closed", CLOSED_S)
    source = cells_of(place.facility, place.facility.run(second.id).details.source)
    assert ("code", "import lims, numpy as np") in source


def test_after_unload_ext_nothing_is_recorded(place: Place, home: Path, tmp_path: Path) -> None:
    with kernel(home, tmp_path / "work", place.env) as one:
        one.run("%load_ext lims")
        work(one, place.image)
        assert "is closed" in one.run("%unload_ext lims")
        assert place.closed().status == "done"
        one.run(f"lims.open({place.image!r}); open('late.txt', 'w').write('x')")
        one.run("lims.save(np.zeros(3), 'unrecorded')")
        assert "Nothing is recorded" in one.run("%lims_run")
    assert len(place.new_runs()) == 1
    assert state(home) == []


# --- kernels that die, and several ---------------------------------------------------------------------------------


def test_the_run_of_a_killed_kernel_is_closed_when_the_next_one_starts(
    place: Place, home: Path, tmp_path: Path
) -> None:
    with kernel(home, tmp_path / "work", place.env) as one:
        one.run("%load_ext lims")
        work(one, place.image)
        one.kill()
    (run,) = place.new_runs()
    assert (run.status, len(run.outputs)) == ("running", 1)
    with kernel(home, tmp_path / "work", place.env) as other:
        other.run("%load_ext lims")
        told = place.closed()
    assert (told.run, told.status, told.error) == (run.id, "failed", GONE)
    assert [one.id for one in told.inputs] == [place.image]
    assert "hyperspy" in told.environment["used"]
    assert [text for _, text in cells_of(place.facility, told.details.source)][:2] == [
        "%load_ext lims",
        "import lims, numpy as np",
    ]
    until(lambda: state(home) == [], "nothing is left behind", 30)


def test_two_kernels_at_once_are_two_runs_and_leave_each_other_alone(place: Place, home: Path, tmp_path: Path) -> None:
    with kernel(home, tmp_path / "work", place.env) as one:
        one.run("%load_ext lims")
        work(one, place.image)
        with kernel(home, tmp_path / "work", {**place.env, "JPY_SESSION_NAME": "two.ipynb"}) as two:
            two.run("%load_ext lims")
            two.run(f"import lims; lims.open({place.image!r})")
            assert {(run.notebook, run.status) for run in place.new_runs()} == {
                ("eve.ipynb", "running"),
                ("two.ipynb", "running"),
            }
        until(lambda: {run.status for run in place.new_runs()} == {"done", "running"}, "one is closed", CLOSED_S)
        assert next(run.notebook for run in place.new_runs() if run.status == "running") == "eve.ipynb"
    until(lambda: {run.status for run in place.new_runs()} == {"done"}, "both are closed", CLOSED_S)
    outputs = {run.notebook: len(run.outputs) for run in place.new_runs()}
    assert outputs == {"eve.ipynb": 1, "two.ipynb": 0}


# --- facilities that are not there ---------------------------------------------------------------------------------


def test_without_a_facility_the_extension_is_silent_until_it_is_asked(home: Path, tmp_path: Path) -> None:
    with kernel(home, tmp_path / "work", {}) as one:
        assert one.run("%load_ext lims") == ""
        assert one.run("x = 1") == ""
        assert one.run("%lims_run").startswith("Nothing is recorded: there is no facility here.")
    assert state(home) == []


def test_the_notebook_goes_on_when_the_service_has_gone(home: Path, tmp_path: Path, sample_data: Path) -> None:
    folder = write_facility(tmp_path / "facility")
    path = folder / "store/Titan_TEM/Eve.dm3"
    shutil.copyfile(sample_data / IMAGE, path)
    shutil.copyfile(sample_data / IMAGE, path.with_name("other.dm3"))
    with Service(folder) as service:
        with service.start() as facility:
            facility.harvest(all=True)
            image = facility.locate(str(path)).id
        with kernel(home, tmp_path / "work", {"LIMS_FACILITY": str(folder)}) as one:
            one.run("%load_ext lims")
            work(one, image)
            service.kill()
            told = one.run(f"size = len(open({str(path.with_name('other.dm3'))!r}, 'rb').read()); print(size)")
            assert str(path.stat().st_size) in told
            assert "cannot be recorded at the moment" in told
            path.with_name("third.dm3").write_bytes(b"3")
            assert one.run(f"print(open({str(path.with_name('third.dm3'))!r}, 'rb').read())") == "b'3'\n"
            start = time.monotonic()
            assert one.run("print(1 + 1)") == "2\n"
            assert time.monotonic() - start < 5
        with service.start() as facility:
            with kernel(home, tmp_path / "work", {"LIMS_FACILITY": str(folder)}) as one:
                one.run("%load_ext lims")
                until(lambda: facility.runs()[0].status != "running", "the run is closed", CLOSED_S)
            told = facility.run(facility.runs()[0].id)
            assert told.status == "done"
            # What could not be told at the time is told at the end, from the journal.
            assert {"Eve.dm3", "other.dm3"} <= {one.name for one in told.inputs}


def test_a_facility_that_the_kernel_itself_has_open_is_recorded_too(
    home: Path, tmp_path: Path, sample_data: Path
) -> None:
    folder = write_facility(tmp_path / "facility")
    path = folder / "store/Titan_TEM/Eve.dm3"
    shutil.copyfile(sample_data / IMAGE, path)
    with LocalFacility(folder) as facility:
        facility.harvest(all=True)
        image = facility.locate(str(path)).id
    with kernel(home, folder, {}) as one:
        one.run("%load_ext lims")
        work(one, image)
    until(lambda: state(home) == [], "the run is closed", CLOSED_S)
    with LocalFacility(folder) as facility:
        (run,) = facility.runs()
        told = facility.run(run.id)
    assert (told.status, told.error) == ("done", "")
    assert {(file.role, file.name) for file in told.files} == {("input", "Eve.dm3"), ("output", "Eve_FFT.hspy")}


# --- where it is on, and where it does nothing ---------------------------------------------------------------------


@pytest.mark.parametrize(("capture", "count"), [("interactive", 1), ("off", 0), ("", 0)])
def test_the_hub_switches_it_on_and_a_plain_jupyterlab_does_not(
    place: Place, home: Path, tmp_path: Path, capture: str, count: int
) -> None:
    env = {**place.env, **({"LIMS_CAPTURE": capture} if capture else {})}
    with kernel(home, tmp_path / "work", env, CONFIG) as one:
        one.run(f"import lims; lims.open({place.image!r})")
        assert len(place.new_runs()) == count


def test_a_run_of_a_notebook_is_not_recorded_twice(place: Place, home: Path, tmp_path: Path) -> None:
    source = tmp_path / "mine.ipynb"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    text = f"%load_ext lims\n%lims_run\nimport lims; lims.open({place.image!r})"
    source.write_text(
        json.dumps({"cells": [{**cell, "source": text}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    run = run_notebook(place.facility, str(place.service.folder), source, {}, How(folder=tmp_path))
    assert (run.status, run.error) == ("done", "")
    assert [one.id for one in place.new_runs()] == [run.run]


@pytest.mark.parametrize(
    ("command", "session", "is_recorded"),
    [
        ("python -m jupyterhub.singleuser", "eve.ipynb", True),
        ("python -m jupyterhub.singleuser", "", False),
        ("python /opt/bin/jupyter-lab --port 8", "", False),
        ("python /opt/bin/papermill in.ipynb out.ipynb", "", False),
        ("python /opt/bin/jupyter nbconvert --execute in.ipynb", "", False),
        ("python -m nbconvert --execute in.ipynb", "eve.ipynb", False),
        ("python -m pytest", "", True),
        ("bash", "", True),
    ],
)
def test_programs_that_run_notebooks_and_pages_are_no_persons(
    monkeypatch: pytest.MonkeyPatch, command: str, session: str, is_recorded: bool
) -> None:
    for name in ("LIMS_RUN", "LIMS_REPLAY", "LIMS_CAPTURE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", session)
    monkeypatch.setattr(surroundings, "starter", command.split)
    assert (surroundings.why_not() == "") is is_recorded
    for name in ("LIMS_RUN", "LIMS_REPLAY"):
        with monkeypatch.context() as patched:
            patched.setenv(name, "x")
            assert surroundings.why_not()


def test_the_starter_of_this_process_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getpid()))
    assert surroundings.starter()
