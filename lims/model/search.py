from dataclasses import dataclass, field
from datetime import datetime


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
