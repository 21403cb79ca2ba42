"""What searches and look-ups give back to Python: things that can be opened, indexed and put into a table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, overload

from lims.errors import Conflict
from lims.model import Facet, Hit, SearchPage

if TYPE_CHECKING:
    import pandas as pd

    from lims.facility.facility import Facility

PAGE = 200


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
        return self.facility.open(self.hit.id if self.hit.kind == "dataset" else self.hit.cover or "", **options)

    def __repr__(self) -> str:
        return f"<{self.hit.kind} {self.hit.id} {self.hit.name!r}>"


class Results(Sequence[Found]):
    """The answer to a search: as long as `total`, fetched page by page as it is looked at, all as of the first page."""

    def __init__(self, facility: "Facility", query: str, options: dict[str, Any]) -> None:
        self.facility = facility
        self.query = query
        self.options = options
        self.pages: dict[int, SearchPage] = {}

    def page(self, number: int) -> SearchPage:
        if number not in self.pages:
            asked = self.options if number == 0 else {**self.options, "as_of": self.page(0).snapshot}
            self.pages[number] = self.facility.search_page(self.query, limit=PAGE, offset=number * PAGE, **asked)
        return self.pages[number]

    @property
    def total(self) -> int:
        return self.page(0).total

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, index: int) -> Found: ...
    @overload
    def __getitem__(self, index: slice) -> list[Found]: ...
    def __getitem__(self, index: int | slice) -> Found | list[Found]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(self.total))]
        position = index + self.total if index < 0 else index
        if not 0 <= position < self.total:
            raise IndexError(f"result {index} of {self.total}")
        items = self.page(position // PAGE).items
        if position % PAGE >= len(items):
            raise Conflict("What was found is no longer all there to see.", hint="Search again.")
        return Found(items[position % PAGE], self.facility)

    def __iter__(self) -> Iterator[Found]:
        return (self[position] for position in range(self.total))

    def facets(self, field: str) -> tuple[Facet, ...]:
        """The values of `field` among the results, most frequent first."""
        asked = {**self.options, "as_of": self.page(0).snapshot}
        page = self.facility.search_page(self.query, limit=0, facets=[field], **asked)
        return page.facets.get(field, ())

    def to_pandas(self) -> "pd.DataFrame":
        """One row a result."""
        import pandas as pd  # optional for everything else

        return pd.DataFrame([asdict(found.hit) for found in self])

    def __repr__(self) -> str:
        return f"<{self.total} results for {self.query!r}>"
