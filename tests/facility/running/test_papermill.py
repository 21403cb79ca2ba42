"""`papermill --engine lims`: papermill as it is, and a run of the facility besides."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from lims.errors import NoFacility
from lims.facility.facility import Facility
from lims.facility.local_files import local_file
from lims.jupyter.papermill_entry import Engine
from lims.provenance.content import byte_hash
from tests.facilities import write_facility
from tests.services import Service

ENTRY = "[papermill.engine]\nlims = lims.jupyter.papermill_entry:Engine\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = write_facility(tmp_path_factory.mktemp("place") / "facility")
    with Service(folder) as started:
        started.start().close()
        yield started


@pytest.fixture
def facility(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Facility]:
    papermill_engines.register("lims", Engine)
    monkeypatch.setenv("LIMS_FACILITY", str(service.folder))
    monkeypatch.setenv("LIMS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LIMS_RUN", raising=False)
    monkeypatch.chdir(tmp_path)
    with service.facility() as found:
        yield found


def write(path: Path, *sources: str) -> Path:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {"tags": ["parameters"]} if not number else {},
         "source": source, "outputs": [], "execution_count": None}
        for number, source in enumerate(("x = 0", *sources))
    ]  # fmt: skip
    spec = {"name": "python3", "display_name": "Python", "language": "python"}
    path.write_text(
        json.dumps({"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5})
    )
    return path


def execute(source: Path, output: Path | str, **options: Any) -> Any:
    return papermill.execute_notebook(
        str(source), str(output), {"x": 41}, engine_name="lims", **options
    )


def texts(path: Path) -> str:
    read = nbformat.read(path, as_version=4)
    return "".join(one.get("text", "") for cell in read.cells for one in cell.get("outputs", ()))


def test_papermills_own_command_leaves_its_notebook_and_a_run(facility: Facility, tmp_path: Path) -> None:
    seen = tmp_path / "seen" / "lims_checkout-0.dist-info"
    seen.mkdir(parents=True)
    (seen / "entry_points.txt").write_text(ENTRY)
    (seen / "METADATA").write_text("Metadata-Version: 2.1\nName: lims-checkout\nVersion: 0\n")
    source = write(tmp_path / "mine.ipynb", "print(x + 1)", "open('made.txt', 'w').write(str(x))")
    path = os.pathsep.join([str(seen.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "papermill", "mine.ipynb", "out.ipynb", "--engine", "lims", "-p", "x", "41",
               "--log-output", "--no-progress-bar"]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert texts(tmp_path / "out.ipynb") == "42\n"
    (run,) = facility.runs(limit=1)
    told = facility.run(run.id)
    assert run.id in done.stderr
    assert "Executing Cell" in done.stderr
    assert (told.status, told.error, told.parameters, told.notebook) == ("done", "", {"x": 41}, "mine.ipynb")
    assert (told.details.kind, told.details.folder) == ("notebook", str(tmp_path))
    assert told.details.source_sha256 == byte_hash(source)
    assert local_file(facility, facility.location(str(told.details.source))).read_bytes() == source.read_bytes()
    assert texts(local_file(facility, facility.location(str(told.executed)))) == "42\n"
    assert [one.name for one in told.outputs] == ["made.txt"]
    assert told.environment["packages"]["ipykernel"]


def test_a_cell_that_fails_is_papermills_error_and_the_runs(facility: Facility, tmp_path: Path) -> None:
    source = write(tmp_path / "bad.ipynb", "print(x)", "1 / 0", "print('never')")
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        execute(source, tmp_path / "bad_out.ipynb")
    assert texts(tmp_path / "bad_out.ipynb") == "41\n"
    told = facility.run(facility.runs(limit=1)[0].id)
    assert told.status == "failed"
    assert "ZeroDivisionError" in told.error
    assert told.executed


def test_a_kernel_that_dies_is_papermills_error_and_the_runs(facility: Facility, tmp_path: Path) -> None:
    source = write(tmp_path / "dies.ipynb", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(Exception, match="died"):
        execute(source, tmp_path / "dies_out.ipynb")
    told = facility.run(facility.runs(limit=1)[0].id)
    assert told.status == "failed"
    assert "died" in told.error
    assert (tmp_path / "dies_out.ipynb").is_file()


def test_options_mean_what_they_mean_to_papermill(
    facility: Facility, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "slow.ipynb", "print(x)", "import time; time.sleep(60)")
    heard = tmp_path / "heard.txt"
    with heard.open("w") as file, pytest.raises(Exception, match="timed out"):
        execute(source, tmp_path / "o.ipynb", execution_timeout=3, stdout_file=file, progress_bar={"desc": "Mine"})
    assert heard.read_text() == "41\n"
    assert "Mine" in capfd.readouterr().err
    assert facility.runs(limit=1)[0].status == "failed"


def test_a_notebook_from_a_pipe_is_kept_without_what_papermill_added(
    facility: Facility, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(write(tmp_path / "any.ipynb", "print(x)").read_text()))
    papermill.execute_notebook("-", str(tmp_path / "o.ipynb"), {"x": 1}, engine_name="lims", progress_bar=False)
    told = facility.run(facility.runs(limit=1)[0].id)
    kept = nbformat.read(local_file(facility, facility.location(str(told.details.source))), as_version=4)
    assert [cell.source for cell in kept.cells] == ["x = 0", "print(x)"]
    assert "papermill" not in kept.metadata
    assert told.parameters == {"x": 1}


def test_without_a_facility_nothing_runs(facility: Facility, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIMS_FACILITY")
    source = write(tmp_path / "mine.ipynb", "open('made.txt', 'w')")
    with pytest.raises(NoFacility):
        execute(source, tmp_path / "o.ipynb", progress_bar=False)
    assert not (tmp_path / "made.txt").exists()


def test_importing_papermill_does_not_import_the_facility() -> None:
    code = "import sys, lims.jupyter.papermill_entry; print([m for m in sys.modules if m.startswith('lims.facility')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
