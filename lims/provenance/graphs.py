"""A lineage as other programs want it: Graphviz, and W3C PROV-JSON."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from lims.model import LineageEdge, LineageNode

SHAPES = {"dataset": "box", "run": "ellipse"}


def to_dot(nodes: Iterable[LineageNode], edges: Iterable[LineageEdge]) -> str:
    """Graphviz text, inputs left of outputs; dashed where nobody declared the edge."""
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    for node in nodes:
        label = quoted(f"{node.name}\n{node.id}")
        lines.append(f"  {quoted(node.id)} [label={label}, shape={SHAPES.get(node.kind, 'note')}];")
    for edge in edges:
        style = "" if edge.source == "declared" else ", style=dashed"
        lines.append(f"  {quoted(edge.from_)} -> {quoted(edge.to)} [label={quoted(sentence(edge))}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def quoted(text: str) -> str:
    """A Graphviz string: backslashes first, for the other two make some."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def sentence(edge: LineageEdge) -> str:
    """The relation with its parameters: `crop (x: 0, width: 512)`."""
    listed = ", ".join(f"{name}: {plain(value)}" for name, value in edge.params.items())
    return f"{edge.relation} ({listed})" if listed else edge.relation


def plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def to_prov(nodes: Iterable[LineageNode], edges: Iterable[LineageEdge]) -> dict[str, Any]:
    """PROV-JSON: datasets are entities, runs activities, each edge a wasDerivedFrom.

    Source: W3C submission "The PROV-JSON Serialization", 24 April 2013.
    """
    document: dict[str, Any] = {"prefix": {"lims": "urn:lims:"}}
    for node in nodes:
        about = {"prov:label": node.name, "lims:kind": node.kind}
        if node.sha256:
            about["lims:sha256"] = node.sha256
        document.setdefault("activity" if node.kind == "run" else "entity", {})[f"lims:{node.id}"] = about
    for number, edge in enumerate(edges, 1):
        kind, about = statement(edge, document.get("activity", {}))
        document.setdefault(kind, {})[f"_:e{number}"] = about
    return document


def statement(edge: LineageEdge, activities: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Which PROV relation an edge is, and what it says; an edge to or from a run is a use or a generation."""
    source, target = f"lims:{edge.from_}", f"lims:{edge.to}"
    said = {"lims:relation": edge.relation, "lims:source": edge.source}
    said |= {f"lims:{name.replace(' ', '_')}": plain(value) for name, value in edge.params.items()}
    if target in activities:
        return "used", {"prov:activity": target, "prov:entity": source, **said}
    if source in activities:
        return "wasGeneratedBy", {"prov:entity": target, "prov:activity": source, **said}
    by = {"prov:activity": f"lims:{edge.run}"} if f"lims:{edge.run}" in activities else {}
    return "wasDerivedFrom", {"prov:generatedEntity": target, "prov:usedEntity": source, **by, **said}
