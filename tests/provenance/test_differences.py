import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lims.errors import Invalid
from lims.provenance.differences import RunFacts, ValueChange, differences

LOAD = "import hyperspy.api as hs\nsignal = hs.load(path)\nsignal.plot()"
FIT = "model = signal.create_model()\nmodel.fit()\nmodel.print_current_values()"


def notebook(path: Path, *sources: str, injected: str = "", count: int | None = None) -> Path:
    cells = [
        new_markdown_cell(source) if source.startswith("# ") else new_code_cell(source, execution_count=count)
        for source in sources
    ]
    if injected:
        cells.insert(1, new_code_cell(injected, metadata={"tags": ["injected-parameters"]}))
    if count is not None:
        cells[-1].outputs = [new_output("stream", text=f"took {count} s")]
    nbformat.write(new_notebook(cells=cells, metadata={"run": count}), path)
    return path


def changed_cells(folder: Path, before: tuple[str, ...], after: tuple[str, ...]) -> list[tuple[int, str]]:
    facts = [RunFacts(notebook(folder / f"{number}.ipynb", *one)) for number, one in enumerate((before, after))]
    return [(one.cell, one.kind) for one in differences(*facts).code.cells]


def test_two_runs_of_the_same_have_no_differences(tmp_path):
    first = RunFacts(notebook(tmp_path / "a.ipynb", "# Title", LOAD, count=1), parameters={"x": 1}, inputs={"e": "ab"})
    second = RunFacts(
        notebook(tmp_path / "b.ipynb", "# Title", LOAD, count=7, injected="x = 1"),
        parameters={"x": 1},
        inputs={"e": "ab"},
    )
    found = differences(first, second)
    assert found.same, "outputs, counts, ids, metadata and papermill's own cell are not code"
    assert found.code.text == ""


def test_an_edited_cell_is_shown_by_lines(tmp_path):
    first = notebook(tmp_path / "a.ipynb", "# Title", LOAD, FIT)
    second = notebook(tmp_path / "b.ipynb", "# Title", LOAD, FIT.replace("fit()", "fit(bounded=True)"))
    found = differences(RunFacts(first), RunFacts(second))
    (change,) = found.code.cells
    assert (change.cell, change.kind, change.before) == (3, "changed", FIT)
    assert "-model.fit()\n+model.fit(bounded=True)" in change.diff
    assert found.code.text == f"Cell 3 changed:\n{change.diff}"
    assert not found.same


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((LOAD, FIT), (LOAD, "x = 1", FIT), [(2, "added")]),
        ((LOAD, "x = 1", FIT), (LOAD, FIT), [(2, "removed")]),
        (("a = 1", LOAD), ("# Title", "a = 1", LOAD, "z = 3"), [(1, "added"), (4, "added")]),
        ((LOAD, FIT), ("q = 4", LOAD + "\nprint(1)", FIT), [(1, "added"), (2, "changed")]),
        (("a = 1", "b = 2", LOAD, FIT), (LOAD, FIT + "\nprint(1)"), [(1, "removed"), (2, "removed"), (2, "changed")]),
        ((), (LOAD,), [(1, "added")]),
        ((LOAD,), (), [(1, "removed")]),
    ],
)
def test_cells_are_numbered_as_their_own_notebook_numbers_them(tmp_path, before, after, expected):
    assert changed_cells(tmp_path, before, after) == expected


def test_changes_make_the_later_notebook_of_the_earlier_one(tmp_path):
    before = ["a = 1", LOAD, "b = 2", FIT, "# End", "c = 3"]
    after = ["# New", LOAD + "\nx = 9", FIT, "totally = different", "# End", "c = 3", "d = 4"]
    facts = [
        RunFacts(notebook(tmp_path / f"{number}.ipynb", *one)) for number, one in enumerate((before, after))
    ]
    cells = differences(*facts).code.cells
    gone = {one.cell - 1 for one in cells if one.kind == "removed"}
    edited = {one.before: one.after for one in cells if one.kind == "changed"}
    made = [edited.get(text, text) for index, text in enumerate(before) if index not in gone]
    for one in cells:
        if one.kind == "added":
            made.insert(one.cell - 1, one.after)
    assert made == after


def test_scripts_are_compared_by_lines():
    found = differences(RunFacts(script="a\nb\nc\n"), RunFacts(script="a\nB\nc\n")).code
    assert found.cells == ()
    assert found.text == "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c"
    assert differences(RunFacts(script="a\n"), RunFacts(script="a")).code.text == "(only line ends differ)"


def test_a_notebook_and_a_script_are_compared_by_their_code(tmp_path):
    first = RunFacts(notebook(tmp_path / "a.ipynb", "# Title", "a = 1", "b = 2"))
    assert differences(first, RunFacts(script="a = 1\n\nb = 2")).same


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"x": 1}, {"x": 2}, ValueChange("x", "changed", 1, 2)),
        ({"x": 1}, {}, ValueChange("x", "removed", 1, None)),
        ({}, {"x": None}, ValueChange("x", "added", None, None)),
        ({"x": 1}, {"x": True}, ValueChange("x", "changed", 1, True)),
        ({"x": {"a": 1}}, {"x": {"a": 2}}, ValueChange("x", "changed", {"a": 1}, {"a": 2})),
    ],
)
def test_parameters_are_compared_by_value_and_type(before, after, change):
    assert differences(RunFacts(parameters=before), RunFacts(parameters=after)).parameters == (change,)


def test_the_order_of_parameters_and_of_their_keys_is_no_difference():
    before, after = {"x": {"a": 1, "b": 2}, "y": 0}, {"y": 0, "x": {"b": 2, "a": 1}}
    assert differences(RunFacts(parameters=before), RunFacts(parameters=after)).same


def test_inputs_are_compared_by_their_checksums_where_both_are_known():
    before, after = {"eve": "aa", "adam": "bb", "cain": ""}, {"eve": "ab", "abel": "cc", "cain": "dd"}
    assert differences(RunFacts(inputs=before), RunFacts(inputs=after)).inputs == (
        ValueChange("eve", "changed", "aa", "ab"),
        ValueChange("adam", "removed", "bb", None),
        ValueChange("abel", "added", None, "cc"),
    )


def test_all_of_it_is_json(tmp_path):
    facts: list[dict[str, Any]] = [
        {"parameters": {"x": {1, 2}}, "inputs": {"a": "1"}, "environment": {"packages": {"numpy": version}}}
        for version in ("1", "2")
    ]
    before = RunFacts(notebook(tmp_path / "a.ipynb", LOAD), **facts[0])
    after = RunFacts(notebook(tmp_path / "b.ipynb", FIT), **facts[1])
    plain = json.loads(json.dumps(differences(before, after).as_json()))
    assert plain["same"] is False
    assert plain["environment"]["changes"] == [
        {"what": "package numpy", "before": "1", "after": "2", "counts": True}
    ]
    assert sorted(cell["kind"] for cell in plain["code"]["cells"]) == ["added", "removed"]


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5}', "\x00"])
def test_what_is_no_notebook_is_refused_by_name(tmp_path, text):
    (tmp_path / "odd.ipynb").write_text(text)
    with pytest.raises(Invalid, match=r"odd\.ipynb"):
        differences(RunFacts(tmp_path / "odd.ipynb"), RunFacts(tmp_path / "odd.ipynb"))


def test_nbdime_is_not_imported_before_it_is_needed():
    code = "import sys, lims.provenance.differences; sys.exit('nbdime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
