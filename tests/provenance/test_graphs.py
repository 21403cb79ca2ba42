import json
from datetime import UTC, datetime, timedelta

import pydot
import pytest
from prov.model import ProvAssociation, ProvDerivation, ProvDocument, ProvGeneration, ProvUsage

from lims.model import LineageEdge, LineageNode, Run
from lims.provenance.graphs import sentence, to_dot, to_prov

NODES = (
    LineageNode("dat-1", "dataset", 'Eve "2\\3"\n.dm3', "ab12"),
    LineageNode("dat-2", "dataset", "Eve_FFT.hspy"),
    LineageNode("run-1", "run", "fft"),
)
EDGES = (
    LineageEdge("dat-1", "dat-2", "FFT", {"window": "hann", "size": [2, 3]}, run="run-1"),
    LineageEdge("dat-1", "run-1", "read", source="observed"),
    LineageEdge("run-1", "dat-2", "wrote"),
)
START = datetime(2026, 2, 3, 10, tzinfo=UTC)
RUNS = (
    Run(
        id="run-1",
        user="maria",
        notebook="fft.ipynb",
        status="done",
        start=START,
        end=START + timedelta(seconds=5),
        parameters={"window": "hann", "dose rate": {"value": 3.5, "unit": "e/Å²"}, "spots": 6, "centred": True},
        inputs=("dat-1", "dat-hidden"),
        outputs=("dat-2",),
    ),
    Run(id="run-2", user="jörg: the 2nd", notebook="", status="running", start=START, inputs=("dat-2", "dat-2")),
)


def test_dot_names_nodes_and_relations_and_quotes_what_would_break_it():
    text = to_dot(NODES, EDGES)
    assert r'"dat-1" [label="Eve \"2\\3\"\n.dm3\ndat-1", shape=box];' in text
    assert '"dat-1" -> "dat-2" [label="FFT (window: hann, size: [2, 3])"];' in text
    assert '"dat-1" -> "run-1" [label="read", style=dashed];' in text


def test_another_program_reads_our_dot():
    (graph,) = pydot.graph_from_dot_data(to_dot(NODES, EDGES))
    named = {one.get_name(): one.get("shape") for one in graph.get_nodes() if one.get_name().startswith('"')}
    assert named == {'"dat-1"': "box", '"dat-2"': "box", '"run-1"': "ellipse"}
    assert r"Eve \"2\\3\"" in graph.get_node('"dat-1"')[0].get("label")
    edges = [(one.get_source(), one.get_destination(), one.get("style")) for one in graph.get_edges()]
    assert sorted(edges, key=str) == [
        ('"dat-1"', '"dat-2"', None),
        ('"dat-1"', '"run-1"', "dashed"),
        ('"run-1"', '"dat-2"', None),
    ]


def test_prov_says_derivation_use_and_generation():
    document = json.loads(json.dumps(to_prov(NODES, EDGES)))
    assert document["entity"]["lims:dat-1"]["lims:sha256"] == "ab12"
    assert set(document["activity"]) == {"lims:run-1"}
    (derived,) = document["wasDerivedFrom"].values()
    assert (derived["prov:generatedEntity"], derived["prov:usedEntity"]) == ("lims:dat-2", "lims:dat-1")
    assert derived["prov:activity"] == "lims:run-1"
    assert derived["lims:window"] == "hann"
    (used,) = document["used"].values()
    assert (used["prov:activity"], used["prov:entity"]) == ("lims:run-1", "lims:dat-1")
    (made,) = document["wasGeneratedBy"].values()
    assert (made["prov:entity"], made["prov:activity"]) == ("lims:dat-2", "lims:run-1")


def test_a_lineage_of_nothing_is_an_empty_graph():
    assert to_dot((), ()) == 'digraph lineage {\n  rankdir=LR;\n  node [fontname="sans-serif"];\n}\n'
    assert to_prov((), ()) == {"prefix": {"lims": "urn:lims:"}}


def test_an_edge_is_labelled_with_its_relation_and_values_with_units():
    edge = LineageEdge("a", "b", "FFT", {"mask": {"value": 6, "unit": "px"}, "size": [2, 3]})
    assert sentence(edge) == "FFT (mask: 6 px, size: [2, 3])"
    assert sentence(LineageEdge("a", "b", "copy")) == "copy"


def read(document: dict[str, object]) -> ProvDocument:
    return ProvDocument.deserialize(content=json.dumps(document), format="json")


@pytest.mark.parametrize("runs", [(), RUNS], ids=["without runs", "with runs"])
def test_prov_means_the_same_after_another_program_has_read_and_written_it(runs):
    document = read(to_prov(NODES, EDGES, runs))
    assert document == ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    assert len(document.get_records()) == (6 if not runs else 12)


def test_prov_says_who_ran_what_when_and_with_which_parameters():
    document = read(to_prov(NODES, EDGES, RUNS))
    (first,) = document.get_record("lims:run-1")
    assert (first.get_startTime(), first.get_endTime()) == (START, START + timedelta(seconds=5))
    said = {name.localpart: value for name, value in first.attributes}
    assert (said["parameter_window"], said["parameter_dose_rate"]) == ("hann", "3.5 e/Å²")
    assert (said["parameter_spots"], said["parameter_centred"]) == (6, True)
    agents = {one.args[1] for one in document.get_records(ProvAssociation)}
    assert {next(iter(document.get_record(one)[0].get_attribute("prov:label"))) for one in agents} == {
        "maria",
        "jörg: the 2nd",
    }


def test_prov_says_each_use_and_generation_once_and_nothing_of_what_is_not_in_the_graph():
    document = read(to_prov(NODES, EDGES, RUNS))
    uses = [(str(one.args[0]), str(one.args[1])) for one in document.get_records(ProvUsage)]
    assert sorted(uses) == [("lims:run-1", "lims:dat-1"), ("lims:run-2", "lims:dat-2")]
    assert len(list(document.get_records(ProvGeneration))) == 1
    assert len(list(document.get_records(ProvDerivation))) == 1
    assert "hidden" not in json.dumps(to_prov(NODES, EDGES, RUNS))


def test_prov_takes_any_name_of_a_parameter_and_any_value():
    edge = LineageEdge("dat-1", "dat-2", "odd", {"a:b c/ü": float("nan"), "": [None], "same": 2**70, "x": -1.5})
    document = read(to_prov(NODES, [edge]))
    assert document == ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
