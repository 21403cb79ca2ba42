"""Searching: pages of results, all of them as a table, how their numbers are spread, what can be asked for."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from lims.catalog.asking import Asking
from lims.catalog.search.finding import Kind
from lims.catalog.search.histograms import histogram
from lims.catalog.search.index import Index
from lims.catalog.search.known import known_fields
from lims.catalog.search.page import search_page
from lims.catalog.search.table import search_table
from lims.model import Histogram, SearchField, SearchPage


class Searching(Asking):
    """That part of a `View` which is about finding things. Not inside of a change."""

    def search(
        self,
        query: str = "",
        *,
        kind: Kind = None,
        limit: int = 50,
        offset: int = 0,
        sort: str = "newest",
        facets: Sequence[str] = (),
        filters: Mapping[str, Sequence[str]] | None = None,
        cursor: str = "",
        highlights: bool = False,
        days: bool = True,
    ) -> SearchPage:
        """Records and datasets that match; `search/` says how. Not inside of a change.

        sort: newest, oldest, largest, smallest, or any field; -field turns it round.
        cursor: an earlier page's, to go on where that one ended, instead of an offset.
        filters: {field: values, of which one must be there}; a facet is not narrowed by its own.
        highlights: say of each result where it has what was asked for.
        days: count the results of each day; for one page among many that is most of the answer.
        Raises Invalid, for a query that cannot be understood with the character where.
        """
        return search_page(
            self._searched,
            self.principal,
            self._ask,
            query,
            kind=kind,
            limit=limit,
            offset=offset,
            sort=sort,
            facets=facets,
            filters=filters or {},
            cursor=cursor,
            as_of=self._snapshot,
            highlights=highlights,
            days=days,
        )

    def search_table(
        self,
        query: str = "",
        *,
        columns: Sequence[str] = (),
        kind: Kind = None,
        sort: str = "newest",
        filters: Mapping[str, Sequence[str]] | None = None,
        limit: int = 1_000_000,
    ) -> pa.Table:
        """All results of `search` in their order, as an Arrow table.

        columns: fields of the query language, and those of `Hit`; without any the usual ones. Numbers are SI, or as a
        vendor wrote them; the unit is in the field's metadata. Texts are dictionaries.
        Raises Invalid where there are more results than `limit`, and for a column that means nothing.
        """
        asked = {"columns": columns, "kind": kind, "sort": sort, "filters": filters or {}, "limit": limit}
        return search_table(self._searched, self.principal, self._ask, query, **asked)  # type: ignore[arg-type]

    def histogram(
        self,
        query: str = "",
        *,
        field: str = "date",
        bins: int = 20,
        kind: Kind = None,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> Histogram:
        """How many results of `search` have a number, or a time, within each of so many bins.

        The bins are equal, or grow by a factor where the values span more than two decades. A record is in each bin
        in which one of its files is. Raises Invalid for a field without numbers.
        """
        asked = {"field": field, "bins": bins, "kind": kind, "filters": filters or {}}
        return histogram(self._searched, self.principal, self._ask, query, **asked)  # type: ignore[arg-type]

    def fields(self, like: str = "", *, limit: int | None = None) -> list[SearchField]:
        """What can be asked for by name, of what the principal sees: names that begin with `like` first, then those
        with a part that does, then those that have it in them; most files first.
        """
        return known_fields(self._searched, self.principal, self._ask, like, limit)

    @property
    def _searched(self) -> Index:
        if self._index is None:
            raise RuntimeError("A change cannot search: what it has written is in no index yet.")
        return self._index()
