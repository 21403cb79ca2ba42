"""The shape that the catalog is in, and what puts it right."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class TableSize:
    """rows: of the present state; inlined: those of them that lie in the SQLite catalog. bytes: of the files."""

    name: str
    rows: int
    files: int
    bytes: int
    inlined: int


@dataclass(frozen=True)
class Replaced:
    """How many rows of a table are of readings or names that later ones have replaced."""

    name: str
    rows: int
    replaced: int

    @property
    def share(self) -> float:
        return self.replaced / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class UpkeepState:
    """due: from 1 on. doing: the table at hand. last, last_s: when the last one began and how long it took.

    trouble: what the last one failed of, "" where it did not.
    """

    state: Literal["idle", "due", "running"]
    due: float
    doing: str = ""
    last: datetime | None = None
    last_s: float | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Progress:
    """Of what takes long. doing: rebuild or verify."""

    doing: str
    done: int
    total: int


@dataclass(frozen=True)
class CatalogStatus:
    """oldest_snapshot, oldest: the first state that can still be asked, and since when it was one.

    keep_days: how long states can be asked, None for ever. waiting: changes. arrays_bytes: memory of what is searched.
    """

    schema: int
    snapshot: int
    oldest_snapshot: int
    oldest: datetime
    snapshots: int
    keep_days: int | None
    commits: int
    waiting: int
    upkeep: UpkeepState
    arrays_bytes: int
    tables: tuple[TableSize, ...]
    replaced: tuple[Replaced, ...]
    progress: Progress | None = None


@dataclass(frozen=True)
class Rebuilt:
    """What there is to find after the index was made anew."""

    datasets: int
    words: int
    leaves: int
    seconds: float


@dataclass(frozen=True)
class Difference:
    """part: words, leaves, normalised, indexed, paths, arrays or memory. dataset: "" where it is of none."""

    dataset: str
    part: str
    text: str


@dataclass(frozen=True)
class IndexCheck:
    """datasets, documents, words, leaves: how many were compared. differing: datasets of which something differs.

    counts: differences of each part. differences: the first ones of each part.
    """

    snapshot: int
    datasets: int
    documents: int
    words: int
    leaves: int
    seconds: float
    differing: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
