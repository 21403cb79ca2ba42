from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Facet:
    value: str
    count: int


@dataclass(frozen=True)
class Highlight:
    """Where a result has what was asked for. where: a field, or a vendor's path; text: what stands there, or a part.

    marks: (begin, end) of what matches in it, in characters. dataset: the file of a record that has it, else None.
    """

    where: str
    text: str
    marks: tuple[tuple[int, int], ...]
    dataset: str | None = None


@dataclass(frozen=True)
class Hit:
    """One result: a record or a dataset. cover: the dataset whose preview stands for it.

    no_picture: of a dataset that was looked at, why there is no preview. failed: files of a record that need attention.
    highlights: where it has what was asked for, if that was asked.
    """

    id: str
    kind: str
    name: str
    at: datetime | None = None
    instrument: str | None = None
    user: str | None = None
    session: str | None = None
    record: str | None = None
    project: str | None = None
    sample: str | None = None
    format: str = ""
    state: str = ""
    datasets: int = 1
    activities: int = 0
    bytes: int = 0
    failed: int = 0
    cover: str | None = None
    blank: str = ""
    preview_size: tuple[int, int] | None = None
    no_picture: str = ""
    highlights: tuple[Highlight, ...] = ()


@dataclass(frozen=True)
class SearchPage:
    """snapshot: the catalog's version that was asked. histogram: (day, count), oldest first.

    cursor: where the next page begins, "" after the last one.
    suggestion: where nothing was found, a query that may have been meant, and finds something; else "".
    """

    total: int
    items: tuple[Hit, ...]
    snapshot: int
    ms: float
    facets: dict[str, tuple[Facet, ...]] = field(default_factory=dict)
    histogram: tuple[tuple[str, int], ...] = ()
    python: str = ""
    cursor: str = ""
    suggestion: str = ""


@dataclass(frozen=True)
class Histogram:
    """How many results have a number between two edges; of the last bin the upper edge belongs to it, too.

    edges: one more than counts, none where no result has a number; in `unit`, times as seconds since 1970 (UTC).
    is_log: whether the bins grow, because the values span decades. missing: results without a number.
    """

    field: str
    kind: Literal["number", "time"]
    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    is_log: bool = False
    missing: int = 0


@dataclass(frozen=True)
class SearchField:
    """Something to ask for by name. group: of sessions and files; of the common vocabulary; a vendor's path; a word of
    the query language.

    unit: of a number. count: how many files have it (of those the asker sees). examples: values as they are written
    there, of a number its smallest and its largest. aliases: other names.
    """

    name: str
    group: Literal["common", "normalised", "vendor", "special"]
    kind: Literal["text", "number", "time", "choice"]
    unit: str
    count: int
    examples: tuple[str, ...]
    aliases: tuple[str, ...]
