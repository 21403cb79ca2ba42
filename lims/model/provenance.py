from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any, Literal

from lims.model.rows import Rows

RunStatus = Literal["running", "done", "failed"]
RunKind = Literal["notebook", "script", "program", "interactive", "external"]
EdgeSource = Literal["declared", "observed", "imported"]
Seen = Literal["declared", "observed", "traced", "imported"]
Settling = Literal["", "accepted", "rejected"]
Direction = Literal["both", "ancestors", "descendants"]


@dataclass(frozen=True)
class Run:
    """One execution of code with inputs and outputs. inputs, outputs: dataset ids.

    kind: what ran; `interactive` is a person's own notebook, `external` a program elsewhere, of which somebody told.
    notebook: its name, or that of the script or the program. source: the dataset that keeps its text.
    commit: of the git repository that the source lay in, with "+" where it had changes; "" for none.
    environment: id of an `Environment`, "" while nobody has told.
    inputs_sha256: beside each input, its checksum as the catalog had it when it was read; "" where it had none yet.
    folder: where it ran, as relative paths were meant there. replaces: the run that this one brings up to date.
    tolerances: {pattern of an output's name: what its author allows it to differ by}.
    doubts: where what was declared and what was observed disagree, a sentence each.
    """

    id: str
    user: str
    notebook: str
    status: RunStatus
    start: datetime
    end: datetime | None = None
    source_sha256: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    environment: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    executed: str | None = None
    error: str = ""
    inputs_sha256: tuple[str, ...] = ()
    kind: RunKind = "notebook"
    source: str | None = None
    commit: str = ""
    folder: str = ""
    replaces: str | None = None
    tolerances: dict[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    @property
    def hashes(self) -> dict[str, str]:
        """{input: its checksum when it was read}, in the order of the inputs; "" where none was kept."""
        return dict(zip_longest(self.inputs, self.inputs_sha256[: len(self.inputs)], fillvalue=""))

    def with_read(self, hashes: Mapping[str, str]) -> "Run":
        """With more inputs, each with its checksum; what it has made itself on the way is no input of it."""
        new = {one: sha256 for one, sha256 in hashes.items() if one not in (*self.inputs, *self.outputs)}
        read = {**self.hashes, **new}
        return replace(self, inputs=tuple(read), inputs_sha256=tuple(read.values()))


@dataclass(frozen=True)
class Environment:
    """What runs ran in, kept once for all that ran in the same. id: follows from the facts."""

    id: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class RunFile:
    """One file that a run read or wrote, as it was seen. number: its place among the run's.

    path: where it lay on that machine. dataset: what the catalog knows it as, if anything.
    seen: how we know. by: through which libraries. note: what is odd about it. at: when it was first touched.
    """

    run: str
    number: int
    role: Literal["input", "output"]
    path: str
    dataset: str | None = None
    sha256: str = ""
    content_hash: str = ""
    bytes: int = 0
    seen: tuple[Seen, ...] = ()
    by: tuple[str, ...] = ()
    note: str = ""
    at: datetime | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Relation:
    """The edge output <- input: what operation, with which parameters, and how we know.

    input_sha256: the input's checksum when it was read. doubt: why the edge may be wrong, "" for none; settled: what a
    person said to that. A rejected edge is kept and not followed.
    """

    id: str
    output: str
    input: str
    relation: str
    params: dict[str, Any] = field(default_factory=dict)
    source: EdgeSource = "declared"
    run: str | None = None
    by: str = ""
    input_sha256: str = ""
    doubt: str = ""
    settled: Settling = ""


@dataclass(frozen=True)
class Replay:
    """One time a run was replayed. outputs: a verdict each, as JSON-able data (`verdicts.Verdict`).

    environment: {"same": bool, "changes": […]}. problem: why it could not be replayed at all, "" where it could.
    """

    id: str
    run: str
    by: str
    at: datetime
    reproduced: bool
    environment: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[dict[str, Any], ...] = ()
    problem: str = ""
    took_s: float = 0.0


@dataclass(frozen=True)
class LineageNode:
    """stale: why it does not say what its inputs say today, "" where it does. bad: why a person warns of it."""

    id: str
    kind: str
    name: str
    sha256: str | None = None
    format: str = ""
    blank: str = ""
    preview_size: tuple[int, int] | None = None
    stale: str = ""
    bad: str = ""


@dataclass(frozen=True)
class LineageEdge:
    """from_ = input, to = output."""

    from_: str
    to: str
    relation: str
    params: dict[str, Any] = field(default_factory=dict)
    source: EdgeSource = "declared"
    run: str | None = None
    id: str = ""
    doubt: str = ""
    settled: Settling = ""


@dataclass(frozen=True)
class Lineage:
    """A part of it, nearest first. total: how many datasets there are in all.

    others: {dataset: name} of those that the edges lead to and that are in no such part.
    """

    nodes: Rows[LineageNode]
    edges: Rows[LineageEdge]
    total: int = 0
    others: Mapping[str, str] = field(default_factory=dict)
