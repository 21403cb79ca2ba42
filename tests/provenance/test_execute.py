"""Real kernels: each test starts one (about two seconds)."""

import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lims.errors import Invalid, Unavailable
from lims.provenance.execute import cell_error, execute_notebook


def write(path: Path, *sources: str, parameters: str = "x = 1") -> Path:
    cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]}), new_markdown_cell("# A title")]
    notebook = new_notebook(cells=[*cells, *(new_code_cell(source) for source in sources)])
    nbformat.write(notebook, path)
    return path


def printed(path: Path) -> str:
    notebook = nbformat.read(path, as_version=4)
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))


def test_a_notebook_runs_with_its_parameters_and_says_what_it_ran_in(tmp_path, capfd):
    source = write(
        tmp_path / "a {x}.ipynb", "import numpy, os", "print(x + 1, os.environ['LIMS_RUN'], 'report' in dir())"
    )
    executed = tmp_path / "out {x}.ipynb"
    steps = []
    env = {**os.environ, "LIMS_RUN": "run-1", "OMP_NUM_THREADS": "1"}
    done = execute_notebook(source, executed, {"x": 41}, env=env, progress=steps.append)
    assert (done.status, done.error) == ("done", "")
    assert printed(executed) == "42 run-1 False\n"
    assert [(step.number, step.total, step.title) for step in steps][2:4] == [
        (3, 5, "A title"),
        (4, 5, "import numpy, os"),
    ]
    assert done.environment["packages"]["numpy"]
    assert done.environment["threads"]["OMP_NUM_THREADS"] == "1"
    assert "numpy" in done.environment["loaded"]
    assert {"python", "system", "cpu", "locale", "timezone"} <= done.environment.keys()
    assert done.start < done.end
    counts = [cell.execution_count for cell in nbformat.read(executed, 4).cells if cell.cell_type == "code"]
    assert counts == [1, 2, 3, 4], "asking the kernel must not use up execution counts"
    assert capfd.readouterr() == ("", "")


def test_a_failing_cell_is_named_and_the_partial_notebook_is_kept(tmp_path):
    source = write(tmp_path / "a.ipynb", "print('before')", "# divide\n1 / 0", "print('after')")
    done = execute_notebook(source, tmp_path / "out.ipynb", {}, env=os.environ)
    assert done.status == "failed"
    assert done.error == "Cell In [3] (`1 / 0`) failed with ZeroDivisionError: division by zero"
    assert printed(done.notebook) == "before\n"
    assert done.environment["packages"]


def test_a_notebook_that_kills_its_kernel_has_failed_and_keeps_what_it_did(tmp_path):
    source = write(tmp_path / "a.ipynb", "print('before', flush=True)", "import os; os._exit(9)")
    done = execute_notebook(source, tmp_path / "out.ipynb", {}, env=os.environ)
    assert done.status == "failed"
    assert "cell 4: the kernel died" in done.error
    assert printed(done.notebook) == "before\n"
    assert done.environment["packages"]


def test_a_notebook_that_never_ends_is_stopped_at_its_limit(tmp_path):
    source = write(tmp_path / "a.ipynb", "while True: pass")
    done = execute_notebook(source, tmp_path / "out.ipynb", {}, env=os.environ, limit_s=1.0)
    assert done.status == "failed"
    assert "time limit" in done.error


def test_an_unknown_kernel_is_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="no-such-kernel"):
        execute_notebook(
            write(tmp_path / "a.ipynb"), tmp_path / "out.ipynb", {}, env=os.environ, kernel="no-such-kernel"
        )


def test_a_kernel_that_cannot_start_is_unavailable(tmp_path, monkeypatch):
    kernels = tmp_path / "kernels" / "broken"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text('{"argv": ["false"], "display_name": "Broken", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="could not be started"):
        execute_notebook(write(tmp_path / "a.ipynb"), tmp_path / "b.ipynb", {}, env=os.environ, kernel="broken")


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5}'])
def test_what_is_no_notebook_is_refused_by_name(tmp_path, text):
    (tmp_path / "odd.ipynb").write_text(text)
    with pytest.raises(Invalid, match=r"odd\.ipynb"):
        execute_notebook(tmp_path / "odd.ipynb", tmp_path / "out.ipynb", {}, env=os.environ)


def test_an_error_is_told_without_colours():
    told = cell_error(None, "", "ValueError", "\x1b[31mred\x1b[0m")
    assert told == "Cell In [?] failed with ValueError: red"
