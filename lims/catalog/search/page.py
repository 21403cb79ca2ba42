"""One page of results with total, facets and days, all of one state of the index."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lims.catalog import codec
from lims.catalog.search.finding import Finding, Kind
from lims.catalog.search.highlighting import Highlighting
from lims.catalog.search.hits import drafts, hits_of
from lims.catalog.search.index import Index
from lims.catalog.search.lens import lens_of
from lims.catalog.search.names import Ask
from lims.catalog.search.paging import LARGEST_PAGE
from lims.catalog.search.shelf import NO_DAY, Mask
from lims.catalog.search.suggesting import suggestion
from lims.errors import Invalid
from lims.model import Facet, Principal, SearchPage


def search_page(
    index: Index,
    principal: Principal,
    ask: Ask,
    query: str,
    *,
    kind: Kind,
    limit: int,
    offset: int,
    sort: str,
    facets: Sequence[str],
    filters: Mapping[str, Sequence[str]],
    cursor: str,
    as_of: int | None,
    highlights: bool,
    days: bool,
) -> SearchPage:
    """See `View.search`."""
    began = time.perf_counter()
    if not 0 <= limit <= LARGEST_PAGE or offset < 0:
        raise Invalid(f"limit must be 0 to {LARGEST_PAGE} and offset 0 or more, not {limit} and {offset}.")
    finding = Finding(index, ask, query, kind=kind, sort=sort, filters=filters, facets=facets)
    with index.up_to_date() as snapshot:
        lens = lens_of(index, principal, ask)
        files, records, counts = finding.found(lens)
        total = np.count_nonzero(files) + np.count_nonzero(records)
        found, next_page = finding.sorting.page(lens, files, records, limit=limit, offset=offset, cursor=cursor)
        histogram = _days(index, files, records) if days else ()
        results = drafts(lens, found)
        highlighting = Highlighting(lens, finding.looked_up, finding.node, found, results) if highlights else None
    is_missed = query.strip() and not total and not finding.chosen
    return SearchPage(
        total=int(total),
        items=hits_of(index, results, highlighting.read() if highlighting else ()),
        snapshot=snapshot if as_of is None else as_of,
        ms=round((time.perf_counter() - began) * 1000, 1),
        facets={name: tuple(Facet(codec.from_text(value), n) for value, n in found) for name, found in counts.items()},
        histogram=histogram,
        python=python_line(query, kind=kind, limit=limit, offset=offset, sort=sort, filters=filters, as_of=as_of),
        cursor=next_page,
        suggestion=suggestion(index, principal, ask, query, finding) if is_missed else "",
    )


def _days(index: Index, files: Mask, records: Mask) -> tuple[tuple[str, int], ...]:
    """How many results of each day, UTC."""
    days = np.concatenate([index.files["day"].compress(files), index.sessions["day"].compress(records)])
    if len(days) and days.min() == NO_DAY:
        days = days[days != NO_DAY]
    if not len(days):
        return ()
    first = int(days.min())
    if int(days.max()) - first > 200_000:
        different, counts = np.unique(days, return_counts=True)
    else:
        all_counts = np.bincount(days - first)
        different = np.flatnonzero(all_counts)
        counts = all_counts[different]
        different = different + first
    dates = np.datetime_as_string(different.astype("datetime64[D]"))
    return tuple(zip(dates.tolist(), counts.tolist(), strict=True))


def python_line(query: str, *, filters: Mapping[str, Sequence[str]], **given: Any) -> str:
    """The call that gives the same result, all of it and not one page; what is as usual is left out."""
    usual: dict[str, Any] = {"kind": None, "sort": "newest", "as_of": None, "filters": {}}
    chosen = {name: list(values) for name, values in filters.items() if values}
    asked = {**given, "filters": chosen}
    more = [f"{name}={asked[name]!r}" for name in usual if asked[name] != usual[name]]
    return f"facility.search({', '.join([repr(query), *more])})"
