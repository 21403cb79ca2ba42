import json
from pathlib import Path
from typing import Any

import pytest

from lims.errors import Invalid, NotFound
from lims.provenance.declaration import find_notebook, own_notebooks, read_declaration
from lims.provenance.values import check_values

CELL = """
dataset = ""  # which
window: str = "hann"
spots = 3
mask = 0.5
keep = True
computed = 1 + spots
"""
DECLARED: dict[str, Any] = {
    "title": "Fourier transform",
    "parameters": {
        "dataset": {"kind": "dataset"},
        "window": {"kind": "choice", "choices": ["hann", "none"]},
        "spots": {"kind": "integer", "minimum": 1, "maximum": 9},
        "mask": {"kind": "number", "unit": "1/nm", "minimum": 0.1},
        "keep": {},
    },
}


def write(folder: Path, source: str = CELL, declared: object = None, tags: tuple[str, ...] = ("parameters",)) -> Path:
    cell = {"cell_type": "code", "source": source.splitlines(keepends=True), "metadata": {"tags": list(tags)}}
    path = folder / "mine.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {"lims": declared} if declared else {}}))
    return path


def test_a_notebook_without_declaration_takes_what_its_parameters_cell_sets(tmp_path):
    declaration = read_declaration(write(tmp_path))
    kinds = {one.name: one.kind for one in declaration.parameters}
    assert declaration.title == "mine"
    assert kinds == {
        "dataset": "text",
        "window": "text",
        "spots": "integer",
        "mask": "number",
        "keep": "switch",
        "computed": "any",
    }
    assert check_values(declaration, {"computed": "[1, 2]", "spots": "4"}) == {"computed": [1, 2], "spots": 4}


def test_values_take_the_kind_and_the_unit_of_their_parameter(tmp_path):
    declaration = read_declaration(write(tmp_path, declared=DECLARED))
    given = {"dataset": "dat-1", "window": "none", "spots": "2", "mask": "5 1/angstrom", "keep": "no"}
    values = check_values(declaration, given)
    assert values == {"dataset": "dat-1", "window": "none", "spots": 2, "mask": pytest.approx(50.0), "keep": False}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"dataset": "d", "spot": "2"}, r"no parameter 'spot'.*dataset, window, spots"),
        ({"window": "none"}, "needs the parameter 'dataset'"),
        ({"dataset": "d", "spots": "2.5"}, "spots cannot be '2.5': it is a whole number, at least 1, at most 9"),
        ({"dataset": "d", "spots": "10"}, "at most 9"),
        ({"dataset": "d", "mask": "5 kV"}, "mask cannot be '5 kV': it is a number in 1/nm"),
        ({"dataset": "d", "mask": "much"}, "mask cannot be 'much'"),
        ({"dataset": "d", "mask": "nan nm nm"}, "mask cannot be"),
        ({"dataset": "d", "window": "tukey"}, "one of hann, none"),
        ({"dataset": "d", "keep": "maybe"}, "yes or no"),
    ],
)
def test_a_wrong_value_is_refused_in_a_sentence(tmp_path, given, says):
    with pytest.raises(Invalid, match=says):
        check_values(read_declaration(write(tmp_path, declared=DECLARED)), given)


def test_a_notebook_without_parameters_cell_takes_none(tmp_path):
    declaration = read_declaration(write(tmp_path, tags=()))
    assert check_values(declaration, {}) == {}
    with pytest.raises(Invalid, match="no cell with the tag"):
        check_values(declaration, {"spots": "2"})


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"cells": [], "metadata": {"lims": {"parameters": {"x": {"kind": "y"}}}}}']
)
def test_what_cannot_be_understood_is_refused_by_name(tmp_path, text):
    (tmp_path / "odd.ipynb").write_text(text)
    with pytest.raises(Invalid, match="odd"):
        read_declaration(tmp_path / "odd.ipynb")


def test_our_own_notebooks_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_notebook("fft") == find_notebook("notebooks/fft.ipynb")
    assert find_notebook(str(find_notebook("fft"))) in own_notebooks()


@pytest.mark.parametrize("name", ["no-such", "elsewhere/fft.ipynb", "../notebooks/x"])
def test_an_unknown_notebook_is_answered_with_the_known_ones(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match="fft"):
        find_notebook(name)
