import json
from pathlib import Path
from typing import Any

import pytest

from lims.errors import Invalid, NotFound
from lims.provenance.declaration import (
    Output,
    Resources,
    find_notebook,
    own_notebooks,
    read_declaration,
    tolerance_of,
)
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
        "elements": {"kind": "list"},
        "parts": {"kind": "list", "choices": ["a", "b"]},
        "window_ev": {"kind": "numbers", "unit": "eV", "minimum": 0},
        "ratios": {"kind": "numbers", "unit": "1"},
    },
}
OUTPUTS = [
    {"name": "*_FFT.hspy", "title": "the spectrum", "tolerance": {"absolute": 0, "relative": 1e-6}},
    {"name": "*.png", "title": "the figure", "tolerance": {"visual": 0.01}},
    {"name": "*.hspy", "title": "all else"},
    "and a good feeling",
]


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
    ("name", "text", "value"),
    [
        ("elements", "Fe,Cr, Ni", ["Fe", "Cr", "Ni"]),
        ("elements", '["Fe", "Cr"]', ["Fe", "Cr"]),
        ("elements", "Fe", ["Fe"]),
        ("elements", "[220], [200]", ["[220]", "[200]"]),
        ("elements", "220, , 111", ["220", "", "111"]),
        ("elements", "", []),
        ("elements", "[]", []),
        ("parts", "b, a, b", ["b", "a", "b"]),
        ("ratios", "[2, 2, 0]", [2.0, 2.0, 0.0]),
        ("ratios", "1.5", [1.5]),
        ("ratios", "", []),
        ("window_ev", "0.4 keV, 450", [400.0, 450.0]),
    ],
)
def test_a_parameter_may_be_a_list(tmp_path, name, text, value):
    values = check_values(read_declaration(write(tmp_path, declared=DECLARED)), {"dataset": "d", name: text})
    assert values[name] == (pytest.approx(value) if name in ("ratios", "window_ev") else value)


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
        ({"dataset": "d", "mask": "nan"}, "mask cannot be 'nan'"),
        ({"dataset": "d", "mask": "inf"}, "mask cannot be 'inf'"),
        ({"dataset": "d", "parts": "a, c"}, "parts cannot be 'a, c': it is a list with commas of a, b"),
        ({"dataset": "d", "window_ev": "1, x"}, "window_ev cannot be '1, x': it is numbers in eV with commas"),
        ({"dataset": "d", "window_ev": "1,, 2"}, "window_ev cannot be"),
        ({"dataset": "d", "window_ev": "1, 5 nm"}, "numbers in eV"),
        ({"dataset": "d", "window_ev": "5, -1"}, "at least 0"),
        ({"dataset": "d", "ratios": "1 nm"}, "ratios cannot be '1 nm': it is numbers with commas"),
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


def test_outputs_say_how_far_a_replay_may_be_off(tmp_path):
    declaration = read_declaration(write(tmp_path, declared={"outputs": OUTPUTS}))
    assert declaration.outputs[0] == Output("*_FFT.hspy", "the spectrum", {"absolute": 0.0, "relative": 1e-6})
    assert declaration.outputs[3] == Output("", "and a good feeling")
    assert tolerance_of(declaration, "Eve_FFT.hspy") == {"absolute": 0.0, "relative": 1e-6}
    assert tolerance_of(declaration, "Eve [1].png") == {"visual": 0.01}
    assert tolerance_of(declaration, "Eve_iFFT_A.hspy") is None
    assert tolerance_of(declaration, "Eve.csv") is None


def test_resources_are_what_to_expect(tmp_path):
    asked = {"memory": "1.5 GB", "time": "2 min"}
    assert read_declaration(write(tmp_path, declared={"resources": asked})).resources == Resources("1.5 GB", "2 min")
    assert read_declaration(write(tmp_path)).resources == Resources()


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"title": 5}, "its title is 5, which is no text"),
        ({"outputs": "one.hspy"}, "its outputs are no list"),
        ({"outputs": [5]}, "the output 5 is neither a text nor an object"),
        ({"outputs": [{"name": "a.hspy"}]}, "the output 'a.hspy' needs a name.*and a title"),
        ({"outputs": [{"title": "a"}]}, "the output None needs a name"),
        ({"outputs": [{"name": "a", "title": "b", "tolerances": {}}]}, "the output 'a' says 'tolerances'"),
        ({"outputs": [{"name": "a", "title": "b", "tolerance": {}}]}, "the tolerance of 'a' is {}"),
        ({"outputs": [{"name": "a", "title": "b", "tolerance": {"rel": 1}}]}, "'a' is {'rel': 1}; it can say absolute"),
        ({"outputs": [{"name": "a", "title": "b", "tolerance": {"visual": -1}}]}, "the visual tolerance of 'a' is -1"),
        ({"outputs": [{"name": "a", "title": "b", "tolerance": {"visual": True}}]}, "the visual tolerance of 'a'"),
        ({"outputs": [{"name": "a", "title": "b", "tolerance": {"visual": "1"}}]}, "the visual tolerance of 'a'"),
        ({"resources": "much"}, "its resources are 'much'; they can say memory and time"),
        ({"resources": {"disk": "1 GB"}}, "its resources are"),
        ({"resources": {"memory": "much"}}, "the memory it needs is 'much'; write it as '1 GB'"),
        ({"resources": {"time": 60}}, "the time it needs is 60; write it as '1 min'"),
        ({"parameters": ["spots"]}, "its parameters are no object"),
        ({"parameters": {"spots": "many"}}, "the parameter 'spots' is described by 'many'"),
        ({"parameters": {"spots": {"kind": "few"}}}, "the parameter 'spots' has the kind 'few'; the kinds are dataset"),
        ({"parameters": {"spots": {"kind": "choice"}}}, "the parameter 'spots' is a choice without choices"),
        ({"parameters": {"spots": {"minimum": "1"}}}, "the minimum of the parameter 'spots' is '1'"),
        ({"parameters": {"spots": {"unit": 1}}}, "its unit is 1"),
    ],
)
def test_a_wrong_declaration_is_refused_and_names_what(tmp_path, declared, says):
    with pytest.raises(Invalid, match=says):
        read_declaration(write(tmp_path, declared=declared))


@pytest.mark.parametrize("path", own_notebooks(), ids=lambda path: path.stem)
def test_each_of_our_notebooks_is_declared_completely(path):
    declaration = read_declaration(path)
    assert declaration.title != path.stem
    assert declaration.summary
    assert declaration.accepts
    assert declaration.outputs
    for output in declaration.outputs:
        assert output.pattern.startswith("*_")
        assert output.title
        assert output.tolerance
    assert declaration.resources.memory
    assert declaration.resources.time
    for parameter in declaration.parameters:
        assert parameter.title, parameter.name
        measured = parameter.kind in ("number", "numbers")
        assert parameter.unit or not measured, f"{parameter.name} has no unit"


def test_our_own_notebooks_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_notebook("fft") == find_notebook("notebooks/fft.ipynb")
    assert find_notebook(str(find_notebook("fft"))) in own_notebooks()


@pytest.mark.parametrize("name", ["no-such", "elsewhere/fft.ipynb", "../notebooks/x"])
def test_an_unknown_notebook_is_answered_with_the_known_ones(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match="fft"):
        find_notebook(name)
