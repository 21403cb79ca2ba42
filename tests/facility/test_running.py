import json
from pathlib import Path

import pytest

from lims.errors import Invalid, Unavailable
from lims.facility.facility import Facility
from lims.facility.running import How, run_notebook


def write(folder: Path, source: str) -> Path:
    cells = [
        {"cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]}, "source": "n = 1", "outputs": [],
         "execution_count": None},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": source, "outputs": [], "execution_count": None},
    ]  # fmt: skip
    path = folder / "mine.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_run_keeps_its_parameters_its_environment_and_the_executed_notebook(
    facility: Facility, folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "left.ipynb"
    run = run_notebook(facility, str(folder), write(tmp_path, "print(n + 1)"), {"n": "41"}, How(output=output))
    assert (run.status, run.error, run.parameters) == ("done", "", {"n": 41})
    assert run.end is not None
    assert run.environment["packages"]["ipykernel"]
    assert len(run.details.source_sha256) == 64
    assert "42" in output.read_text()
    kept = facility.dataset(str(run.executed))
    assert (kept.name, kept.origin) == ("left.ipynb", "derived")
    assert run.run in kept.key
    assert (run.inputs, run.outputs) == ((), ())


@pytest.mark.parametrize(
    ("how", "error"),
    [
        (How(kernel="no-such"), Unavailable),
        (How(progress=lambda step: (_ for _ in ()).throw(KeyboardInterrupt)), KeyboardInterrupt),
    ],
)
def test_a_run_that_is_cut_short_is_closed_as_failed(
    facility: Facility,
    folder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    how: How,
    error: type[BaseException],
) -> None:
    with pytest.raises(error):
        run_notebook(facility, str(folder), write(tmp_path, "print(n)"), {}, how)
    (run,) = facility.runs()
    assert run.status == "failed"
    assert run.error
    assert run.executed
    assert "Traceback" not in capfd.readouterr().err


def test_a_run_ends_also_where_its_notebook_cannot_be_kept(
    facility: Facility, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Unavailable("There is no room.")

    monkeypatch.setattr(Facility, "save_derived", full)
    run = run_notebook(facility, str(folder), write(tmp_path, "print(n)"), {})
    assert (run.status, run.executed) == ("done", None)


def test_what_cannot_run_leaves_no_run(facility: Facility, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no parameter 'm'"):
        run_notebook(facility, str(folder), write(tmp_path, "print(n)"), {"m": "1"})
    (tmp_path / "odd.ipynb").write_text("{}")
    with pytest.raises(Invalid, match=r"odd\.ipynb"):
        run_notebook(facility, str(folder), tmp_path / "odd.ipynb", {})
    assert facility.runs() == []
