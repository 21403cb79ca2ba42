import json

import pydot

from lims.model import LineageEdge, LineageNode
from lims.provenance.graphs import to_dot, to_prov

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
