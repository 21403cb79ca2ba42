"""A lineage as other programs want it: Graphviz, and W3C PROV-JSON."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from lims.model import LineageEdge, LineageNode
from lims.provenance.sentences import value_text

PREFIX = {"lims": "urn:lims:"}
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
    listed = ", ".join(f"{name}: {value_text(value)}" for name, value in edge.params.items())
    return f"{edge.relation} ({listed})" if listed else edge.relation


# --- PROV ---------------------------------------------------------------------------------------------------------


class RunSummary(Protocol):
    """What PROV says of a run. inputs, outputs: ids of datasets."""

    @property
    def id(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def notebook(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime | None: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    @property
    def inputs(self) -> tuple[str, ...]: ...
    @property
    def outputs(self) -> tuple[str, ...]: ...


Statement = tuple[str, dict[str, Any]]
"""A kind of PROV relation, and what one of that kind says."""


def to_prov(
    nodes: Iterable[LineageNode], edges: Iterable[LineageEdge], runs: Iterable[RunSummary] = ()
) -> dict[str, Any]:
    """PROV-JSON: datasets are entities, runs activities, users agents, each edge a wasDerivedFrom.

    Of a run only those inputs and outputs are named that are among the nodes: the others may be hidden from who asks.
    Source: W3C submission "The PROV-JSON Serialization", 24 April 2013.
    """
    document: dict[str, Any] = {"prefix": dict(PREFIX)}
    for node in nodes:
        about = {"prov:label": node.name, "lims:kind": node.kind}
        if node.sha256:
            about["lims:sha256"] = node.sha256
        document.setdefault("activity" if node.kind == "run" else "entity", {})[named(node.id)] = about
    ran = list(runs)
    for run in ran:
        document.setdefault("activity", {}).setdefault(named(run.id), {}).update(activity(run))
        if run.user:
            document.setdefault("agent", {})[agent(run)] = {"prov:type": "prov:Person", "prov:label": run.user}
    activities, entities = document.get("activity", {}), document.get("entity", {})
    said = [statement(edge, activities) for edge in edges]
    known = {ends(one) for one in said}
    said += [one for run in ran for one in of_run(run, entities) if ends(one) not in known]
    for count, (kind, about) in enumerate(said, 1):
        document.setdefault(kind, {})[f"_:e{count}"] = about
    return document


def named(thing: str) -> str:
    """As a name in the namespace of the document."""
    return f"lims:{quote(thing, safe='')}"


def agent(run: RunSummary) -> str:
    return named(f"user-{run.user}")


def activity(run: RunSummary) -> dict[str, Any]:
    times = {"prov:startTime": run.start, "prov:endTime": run.end}
    about: dict[str, Any] = {name: time.isoformat() for name, time in times.items() if time}
    about |= {"prov:label": run.notebook or run.id, "lims:kind": "run", "lims:status": run.status}
    return about | attributes(run.parameters, "parameter_")


def attributes(params: Mapping[str, Any], start: str = "") -> dict[str, Any]:
    """Numbers and switches as they are, all else as text; a name as PROV allows it."""
    plain = {name: value if isinstance(value, bool | int) else value_text(value) for name, value in params.items()}
    return {f"lims:{start}{re.sub(r'[^A-Za-z0-9_]', '_', name)}": value for name, value in plain.items()}


def of_run(run: RunSummary, entities: Mapping[str, Any]) -> Iterator[Statement]:
    """Who is behind it, what it used and what it made."""
    if run.user:
        yield "wasAssociatedWith", {"prov:activity": named(run.id), "prov:agent": agent(run)}
    for kind, datasets in (("used", run.inputs), ("wasGeneratedBy", run.outputs)):
        for dataset in dict.fromkeys(named(one) for one in datasets):
            if dataset in entities:
                yield kind, {"prov:activity": named(run.id), "prov:entity": dataset}


def ends(one: Statement) -> tuple[str, Any, Any]:
    """An edge may have said of a run what the run says of itself, with more words."""
    kind, about = one
    return kind, about.get("prov:activity"), about.get("prov:entity", about.get("prov:agent"))


def statement(edge: LineageEdge, activities: Mapping[str, Any]) -> Statement:
    """Which PROV relation an edge is, and what it says; an edge to or from a run is a use or a generation."""
    source, target = named(edge.from_), named(edge.to)
    said = {"lims:relation": edge.relation, "lims:source": edge.source, **attributes(edge.params)}
    if target in activities:
        return "used", {"prov:activity": target, "prov:entity": source, **said}
    if source in activities:
        return "wasGeneratedBy", {"prov:entity": target, "prov:activity": source, **said}
    by = {"prov:activity": named(edge.run)} if edge.run and named(edge.run) in activities else {}
    return "wasDerivedFrom", {"prov:generatedEntity": target, "prov:usedEntity": source, **by, **said}
