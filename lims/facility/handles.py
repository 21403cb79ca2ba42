"""What searches and look-ups give back to Python: things that can be opened, indexed and put into a table."""

import html
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from lims.errors import Conflict, Invalid, LimsError
from lims.facility.sql.result import Rows, html_table, polars, shortened, text_table
from lims.model import Facet, Histogram, Hit, SearchPage

if TYPE_CHECKING:
    import pandas as pd

    from lims.facility.facility import Facility

PAGE = 200
KEPT = 100
"""So many pages are kept; what was looked at longer ago is asked again."""
MOST_ROWS = 1_000_000
Columns = Sequence[str] | None
SHOWN: dict[str, Callable[[Hit], Any]] = {
    "id": lambda hit: hit.id,
    "name": lambda hit: hit.name,
    "at (UTC)": lambda hit: hit.at and f"{hit.at:%Y-%m-%d %H:%M}",
    "instrument": lambda hit: hit.instrument,
    "user": lambda hit: hit.user,
    "what": lambda hit: hit.format if hit.kind == "dataset" else f"record of {hit.datasets}",
    "bytes": lambda hit: f"{hit.bytes:,}",
}
"""What a notebook shows of a result."""
SHOWN_ROWS = 10


class Tree(dict[str, Any]):
    """A vendor's metadata tree that also takes dotted paths: tree["Microscope_Info.Voltage"]."""

    def __missing__(self, path: str) -> Any:
        node: Any = dict(self)
        for part in path.split("."):
            if isinstance(node, list) and part.isdigit() and int(part) < len(node):
                node = node[int(part)]
            elif isinstance(node, dict) and part in node:
                node = node[part]
            else:
                raise KeyError(path)
        return node


@dataclass(frozen=True)
class Found:
    """One search result."""

    hit: Hit
    facility: "Facility"

    @property
    def id(self) -> str:
        return self.hit.id

    @property
    def name(self) -> str:
        return self.hit.name

    def open(self, **options: Any) -> Any:
        """The dataset as a HyperSpy signal; for a record, its cover dataset."""
        dataset = self.hit.id if self.hit.kind == "dataset" else self.hit.cover
        if not dataset:
            raise Invalid(f"{self.id} has no dataset to open yet.", hint=f"See facility.record({self.id!r}).")
        return self.facility.open(dataset, **options)

    def __repr__(self) -> str:
        return f"<{self.hit.kind} {self.hit.id} {self.hit.name!r}>"


class Results(Sequence[Found]):
    """The answer to a search, fetched page by page as it is looked at, and nothing before.

    It stays what it was when something of it was first needed: what is fetched when the results have changed is asked
    as of then. A loop goes on where the page before ended, so that it tells nothing twice and leaves out nothing but
    what is gone.
    """

    def __init__(self, facility: "Facility", query: str, options: dict[str, Any]) -> None:
        """options: kind, sort, filters, as_of."""
        self.facility = facility
        self.query = query
        self.options = options
        self.pages: OrderedDict[int, SearchPage] = OrderedDict()
        self._first: SearchPage | None = None

    def page(self, number: int, after: str = "") -> SearchPage:
        """The results from number * PAGE on. after: the cursor of the page before, if that is known."""
        if number not in self.pages:
            before = self.pages.get(number - 1)
            cursor = after or (before.cursor if before else "")
            page = self._asked(limit=PAGE, **({"cursor": cursor} if cursor else {"offset": number * PAGE}))
            self.pages[number] = page
            if len(self.pages) > KEPT:
                self.pages.popitem(last=False)
        return self.pages[number]

    def _asked(self, **what: Any) -> SearchPage:
        page = self.facility.search_page(self.query, days=False, **self.options, **what)
        if self._first is None:
            self._first = page
        elif page.total != self._first.total and not what.get("cursor"):
            then = {**self.options, "as_of": self._first.snapshot}
            page = self.facility.search_page(self.query, days=False, **then, **what)
        return page

    @property
    def total(self) -> int:
        return (self._first or self._asked(limit=0)).total

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, index: int) -> Found: ...
    @overload
    def __getitem__(self, index: slice) -> list[Found]: ...
    def __getitem__(self, index: int | slice) -> Found | list[Found]:
        """A slice is a list, as that of any sequence of things; a part of a table is to_pandas()[10:30]."""
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(self.total))]
        position = index + self.total if index < 0 else index
        if position < 0 or (position >= PAGE and position >= self.total):
            raise IndexError(f"result {index} of {self.total}")
        items = self.page(position // PAGE).items
        if position % PAGE < len(items):
            return Found(items[position % PAGE], self.facility)
        if position >= self.total:
            raise IndexError(f"result {index} of {self.total}")
        raise Conflict("What was found is no longer all there to see.", hint="Search again.")

    def __iter__(self) -> Iterator[Found]:
        number, after = 0, ""
        while number == 0 or after:
            page = self.page(number, after)
            yield from (Found(hit, self.facility) for hit in page.items)
            number, after = number + 1, page.cursor

    # --- all of them, counted or as a table ----------------------------------------------------------------------

    @overload
    def facets(self, field: str, /) -> tuple[Facet, ...]: ...
    @overload
    def facets(self, field: str, other: str, /, *more: str) -> dict[str, tuple[Facet, ...]]: ...
    def facets(self, *fields: str) -> tuple[Facet, ...] | dict[str, tuple[Facet, ...]]:
        """The values of a field among the results, most frequent first; of several fields by their names."""
        found = self._asked(limit=0, facets=fields).facets
        return found.get(fields[0], ()) if len(fields) == 1 else found

    def histogram(self, field: str = "date", bins: int = 20) -> Histogram:
        """How many results have a number, or a time, within each of so many bins."""
        asked = {name: value for name, value in self.options.items() if name != "sort"}
        return self.facility.histogram(self.query, field, bins, **asked)

    def to_arrow(self, columns: Columns = None, limit: int = MOST_ROWS) -> Any:
        """All results in their order, as a pyarrow.Table.

        columns: any fields of the query language, also vendors' paths; those of a `Hit` where none are named. Numbers
        are SI or as the vendor wrote them: `table.schema.field(name).metadata` has the unit.
        Raises Invalid where there are more than `limit`.
        """
        return self._rows(columns, limit).to_arrow()

    def to_pandas(self, columns: Columns = None, limit: int = MOST_ROWS) -> "pd.DataFrame":
        """One row a result; arguments as for `to_arrow`."""
        return self._rows(columns, limit).to_pandas()

    def to_polars(self, columns: Columns = None, limit: int = MOST_ROWS) -> Any:
        """As `to_arrow`. Raises Unavailable where Polars is not installed."""
        frames = polars()
        return frames.from_arrow(self.to_arrow(columns, limit))

    def _rows(self, columns: Columns, limit: int) -> Rows:
        named = (columns,) if isinstance(columns, str) else columns or ()
        asked = {**self.options, "columns": named, "limit": limit}
        first = self._first or self._asked(limit=0)
        rows = self.facility.search_table(self.query, **asked)
        if len(rows) != first.total:
            rows = self.facility.search_table(self.query, **{**asked, "as_of": first.snapshot})
        return rows

    # --- as a notebook shows it ----------------------------------------------------------------------------------

    def _shown(self) -> list[list[str]]:
        return [[shortened(value(found.hit)) for value in SHOWN.values()] for found in self[:SHOWN_ROWS]]

    @property
    def _more(self) -> str:
        total = f"{self.total:,} result" + ("" if self.total == 1 else "s")
        said = f"{total} for {shortened(self.query)}" if self.query.strip() else total
        return said if self.total <= SHOWN_ROWS else f"{said}, of which {SHOWN_ROWS} are shown"

    def __repr__(self) -> str:
        try:
            return text_table([*SHOWN], self._shown(), f"({self._more})")
        except LimsError as error:
            return f"({error})"

    def _repr_html_(self) -> str:
        try:
            return html_table([*SHOWN], self._shown(), self._more)
        except LimsError as error:
            return f"<p>{html.escape(str(error))}</p>"


def chosen(filters: Mapping[str, Sequence[str]] | None) -> str:
    """As the operations take it."""
    return json.dumps({field: list(values) for field, values in (filters or {}).items()})
