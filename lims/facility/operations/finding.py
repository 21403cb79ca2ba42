"""Finding things: pages of results, all of them as a table, how numbers are spread, what can be asked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from lims.catalog import View
from lims.catalog.arrow import stream_of
from lims.catalog.patience import patient
from lims.errors import Invalid
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.operations.sql import ARROW
from lims.facility.views import Content
from lims.facility.waiting import ASKER_IS_GONE
from lims.model import Histogram, Principal, SearchField, SearchKind, SearchPage


@operation
def search(
    desk: Desk,
    principal: Principal,
    query: str = "",
    kind: SearchKind | None = None,
    limit: int = 50,
    offset: int = 0,
    sort: str = "newest",
    facets: str = "",
    filters: str = "{}",
    as_of: int | datetime | None = None,
    cursor: str = "",
    highlights: bool = False,
    days: bool = True,
) -> SearchPage:
    """Records and datasets that match a query.

    sort: newest, oldest, largest, smallest, name or any field; -field turns it round.
    cursor: that of an earlier page, to go on where it ended whatever came meanwhile.
    facets: field names, comma separated. filters: JSON object of field -> chosen values.
    highlights: say of each result where it has what was asked for. days: count the results of each day, too.
    as_of: the catalog's snapshot number, or a time, at which to ask.
    """
    wanted = tuple(name for name in facets.split(",") if name)
    page = {
        "limit": limit, "offset": offset, "sort": sort, "cursor": cursor, "highlights": highlights, "days": days,
    }  # fmt: skip
    with searching(desk, principal, as_of) as view:
        return view.search(query, kind=kind, facets=wanted, filters=chosen(filters), **page)  # type: ignore[arg-type]


@operation
def search_table(
    desk: Desk,
    principal: Principal,
    query: str = "",
    columns: str = "[]",
    kind: SearchKind | None = None,
    sort: str = "newest",
    filters: str = "{}",
    as_of: int | datetime | None = None,
    limit: int = 1_000_000,
) -> Content:
    """All results of a search in their order, as an Arrow IPC stream.

    columns: JSON list of fields, also of the vendors' own; without any the usual ones. The other arguments are those
    of search. limit: more results are refused.
    """
    asked = {"kind": kind, "sort": sort, "limit": limit}
    with searching(desk, principal, as_of) as view:
        found = view.search_table(query, columns=listed(columns), filters=chosen(filters), **asked)  # type: ignore[arg-type]
    return Content(ARROW, "results.arrow", data=stream_of(found))


@operation
def histogram(
    desk: Desk,
    principal: Principal,
    query: str = "",
    field: str = "date",
    bins: int = 20,
    kind: SearchKind | None = None,
    filters: str = "{}",
    as_of: int | datetime | None = None,
) -> Histogram:
    """How many results of a search have a number, or a time, within each of so many bins.

    field: any with numbers, also of the vendors' own. The bins are equal, or grow by a factor where the values span
    more than two decades. The other arguments are those of search.
    """
    with searching(desk, principal, as_of) as view:
        return view.histogram(query, field=field, bins=bins, kind=kind, filters=chosen(filters))


@operation
def fields(desk: Desk, principal: Principal, like: str = "", limit: int = 100) -> list[SearchField]:
    """What can be asked for by name, of what the asker sees, with type, unit, how many files have it, and examples.

    like: names that begin so come first, then those with a part that does, then those that have it in them.
    """
    with searching(desk, principal) as view:
        return view.fields(like, limit=limit)


@contextmanager
def searching(desk: Desk, principal: Principal, as_of: int | datetime | None = None) -> Iterator[View]:
    """Ended when it takes too long, or when nobody waits for the answer any more."""
    with patient(desk.settings.search.time_s, ASKER_IS_GONE.get()):
        yield desk.catalog.view(principal, as_of)


def listed(columns: str) -> list[str]:
    """Raises Invalid unless `columns` is a JSON list of texts."""
    try:
        names = json.loads(columns)
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Invalid('columns must be a JSON list such as ["id", "voltage"].')
    return names


def chosen(filters: str) -> dict[str, tuple[str, ...]]:
    """Raises Invalid unless `filters` is a JSON object of lists of text."""
    try:
        tables = json.loads(filters)
        return {str(name): tuple(str(value) for value in values) for name, values in tables.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise Invalid('filters must be a JSON object such as {"format": ["dm3"]}.') from error
