"""What operations answer with about runs and where things came from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from typing_extensions import TypedDict

from lims.facility.columns import Columns
from lims.model import LineageNode, Replay, Rows, Run, RunFile

# `from` is a Python keyword, so the functional form. from: the input's id; to: the output's id.
Edge = TypedDict(
    "Edge",
    {
        "id": str,
        "from": str,
        "to": str,
        "relation": str,
        "params": dict[str, Any],
        "source": str,
        "run": str | None,
        "doubt": str,
        "sentence": str,
    },
)


@dataclass(frozen=True)
class LineageView:
    """A page, nearest first. total: how many datasets there are in all; next: the offset of the next page, if any.

    An edge's sentence: what was made of what, in words. doubt: why it may be wrong, until somebody has settled it.
    """

    nodes: Annotated[Rows[LineageNode], Columns()]
    edges: Annotated[Rows[Edge], Columns()]
    total: int = 0
    next: int | None = None


@dataclass(frozen=True)
class CommonAncestors:
    """nearest: ids of what both things came from, and of which nothing else of that kind was made. ways: from there."""

    nearest: tuple[str, ...]
    ways: LineageView


@dataclass(frozen=True)
class Maker:
    """A dataset with the bytes (or only the content) that were asked for. runs: those that wrote it, newest first."""

    dataset: str
    name: str
    same_bytes: bool
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Doubt:
    """Where what was declared of a run and what was seen disagree. relation: the edge that a person can settle."""

    text: str
    relation: str | None = None


@dataclass(frozen=True)
class ArtefactOfRun:
    """sha256: of an input, as it was when the run read it. source: how we know that the run read or wrote it.

    is_changed: the file is another one since.
    """

    id: str
    name: str
    sha256: str | None
    source: str = "declared"
    content_hash: str | None = None
    is_changed: bool = False


@dataclass(frozen=True)
class RunView:
    run: str
    status: str
    notebook: str
    user: str
    start: datetime
    end: datetime | None
    parameters: dict[str, Any]
    environment: dict[str, Any]
    inputs: tuple[ArtefactOfRun, ...]
    outputs: tuple[ArtefactOfRun, ...]
    executed: str | None
    error: str
    details: Run
    files: tuple[RunFile, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    replaced_by: str | None = None
    replays: tuple[Replay, ...] = ()
    kind: str = "run"
