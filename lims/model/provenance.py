from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

RunStatus = Literal["running", "done", "failed"]
EdgeSource = Literal["declared", "observed", "imported"]


@dataclass(frozen=True)
class Run:
    """One execution of code with inputs and outputs. inputs, outputs: dataset ids.

    inputs_sha256: beside each input, its checksum as the catalog had it when it was read; "" where it had none yet.
    """

    id: str
    user: str
    notebook: str
    status: RunStatus
    start: datetime
    end: datetime | None = None
    source_sha256: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    executed: str | None = None
    error: str = ""
    inputs_sha256: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relation:
    """The edge output <- input: what operation, with which parameters, and how we know."""

    id: str
    output: str
    input: str
    relation: str
    params: dict[str, Any] = field(default_factory=dict)
    source: EdgeSource = "declared"
    run: str | None = None
    by: str = ""


@dataclass(frozen=True)
class LineageNode:
    id: str
    kind: str
    name: str
    sha256: str | None = None
    format: str = ""
    blank: str = ""
    preview_size: tuple[int, int] | None = None


@dataclass(frozen=True)
class LineageEdge:
    """from_ = input, to = output; written `from` and `to` in JSON."""

    from_: str
    to: str
    relation: str
    params: dict[str, Any] = field(default_factory=dict)
    source: EdgeSource = "declared"
    run: str | None = None


@dataclass(frozen=True)
class Lineage:
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
