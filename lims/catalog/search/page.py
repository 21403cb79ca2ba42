"""One page of results with total, facets and days, all of one state of the index."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from lims.catalog import codec
from lims.catalog.search.finding import Finding, Kind
from lims.catalog.search.index import Index
from lims.catalog.search.lens import Lens
from lims.catalog.search.names import Ask
from lims.catalog.search.paging import LARGEST_PAGE, Place
from lims.catalog.search.shelf import DAY_US, NO_TIME, Mask
from lims.errors import Invalid
from lims.model import Facet, Hit, Principal, SearchPage

RECORDS = """SELECT r."id", s."id" AS "session", coalesce(nullif(r."title", ''), s."title") AS "name",
    s."start" AS "at",
    s."instrument", s."user", r."id" AS "record", s."project", s."sample", '' AS "format", r."state", r."datasets",
    r."activities", r."bytes", r."failed", c."id" AS "cover", coalesce(c."blank", '') AS "blank", c."preview_size",
    '' AS "no_picture"
  FROM {session_then} s JOIN {record_then} r ON r."session" = s."id"
    LEFT JOIN {dataset_then} c ON c."id" = r."cover" AND c."session" = s."id"
  WHERE s."id" IN (SELECT unnest($ids::VARCHAR[]))"""
FILES = """SELECT d."id", s."id" AS "session", regexp_extract(d."key", '[^/]*$') AS "name",
    coalesce(d."acquired", d."modified") AS "at", coalesce(s."instrument", d."instrument") AS "instrument",
    coalesce(s."user", d."owner") AS "user", r."id" AS "record", coalesce(s."project", d."project") AS "project",
    s."sample", d."format", d."status" AS "state", 1 AS "datasets", 0 AS "activities", d."bytes", 0 AS "failed",
    CASE WHEN d."preview_size" IS NOT NULL THEN d."id" END AS "cover", d."blank", d."preview_size", '' AS "no_picture"
  FROM {dataset_then} d
    LEFT JOIN {session_then} s ON s."id" = d."session" AND s."id" IN (SELECT unnest($sessions::VARCHAR[]))
    LEFT JOIN {record_then} r ON r."session" = s."id"
  WHERE d."id" IN (SELECT unnest($ids::VARCHAR[]))"""
NO_PICTURE = """SELECT "dataset", any_value("reason") AS "reason" FROM {step_then}
  WHERE "step" = 'preview' AND "dataset" IN (SELECT unnest($ids::VARCHAR[])) GROUP BY 1"""


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
) -> SearchPage:
    """See `View.search`."""
    began = time.perf_counter()
    if not 0 <= limit <= LARGEST_PAGE or offset < 0:
        raise Invalid(f"limit must be 0 to {LARGEST_PAGE} and offset 0 or more, not {limit} and {offset}.")
    finding = Finding(index, ask, query, kind=kind, sort=sort, filters=filters, facets=facets)
    with index.lock:
        snapshot = index.follow()
        lens = Lens(index, principal, ask)
        files, records, counts = finding.found(lens)
        total = np.count_nonzero(files) + np.count_nonzero(records)
        found, next_page = finding.sorting.page(lens, files, records, limit=limit, offset=offset, cursor=cursor)
        days = _days(index, files, records)
        ids = [(one, (index.sessions if one.is_record else index.files).id_of(one.slot)) for one in found]
        sessions = [index.sessions.id_of(int(lens.session[one.slot])) for one in found if not one.is_record]
    return SearchPage(
        total=int(total),
        items=_hits(index, ids, sessions),
        snapshot=snapshot if as_of is None else as_of,
        ms=round((time.perf_counter() - began) * 1000, 1),
        facets={name: tuple(Facet(codec.from_text(value), n) for value, n in found) for name, found in counts.items()},
        histogram=days,
        python=python_line(query, kind=kind, limit=limit, offset=offset, sort=sort, filters=filters, as_of=as_of),
        cursor=next_page,
    )


def _days(index: Index, files: Mask, records: Mask) -> tuple[tuple[str, int], ...]:
    """How many results of each day, UTC."""
    moments = np.concatenate([index.files["moment"][files], index.sessions["start"][records]])
    days = moments[moments != NO_TIME] // DAY_US
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
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return tuple(
        (f"{epoch + timedelta(days=int(day)):%Y-%m-%d}", int(count))
        for day, count in zip(different, counts, strict=True)
    )


def _hits(index: Index, found: Sequence[tuple[Place, str]], sessions: Sequence[str]) -> tuple[Hit, ...]:
    """What was removed meanwhile is left out."""
    records = [one for place, one in found if place.is_record]
    files = [one for place, one in found if not place.is_record]
    rows: dict[tuple[bool, str], dict[str, Any]] = {}
    if records:
        rows |= {(True, row["session"]): row for row in index.rows(RECORDS, {"ids": records})}
    if files:
        asked = {"ids": files, "sessions": list(sessions)}
        rows |= {(False, row["id"]): row for row in index.rows(FILES, asked)}
        bare = [one for one in files if (False, one) in rows and not rows[False, one]["cover"]]
        for row in index.rows(NO_PICTURE, {"ids": bare}) if bare else ():
            rows[False, row["dataset"]]["no_picture"] = row["reason"]
    kinds = {True: "record", False: "dataset"}
    return tuple(
        _hit(kinds[place.is_record], rows[place.is_record, one])
        for place, one in found
        if (place.is_record, one) in rows
    )


def _hit(kind: str, row: Mapping[str, Any]) -> Hit:
    texts = ("id", "name", "instrument", "user", "session", "record", "project", "sample", "format", "state")
    size = json.loads(row["preview_size"]) if row["preview_size"] else None
    return Hit(
        kind=kind,
        **{name: None if row[name] is None else codec.from_text(row[name]) for name in texts},  # type: ignore[arg-type]
        at=None if row["at"] is None else codec.to_utc(row["at"]),
        datasets=row["datasets"] or 0,
        activities=row["activities"] or 0,
        bytes=row["bytes"] or 0,
        failed=row["failed"] or 0,
        cover=row["cover"],
        blank=codec.from_text(row["blank"] or ""),
        preview_size=(size[0], size[1]) if size else None,
        no_picture=codec.from_text(row["no_picture"] or ""),
    )


def python_line(query: str, *, filters: Mapping[str, Sequence[str]], **given: Any) -> str:
    """The call that gives the same result, all of it and not one page; what is as usual is left out."""
    usual: dict[str, Any] = {"kind": None, "sort": "newest", "as_of": None, "filters": {}}
    chosen = {name: list(values) for name, values in filters.items() if values}
    asked = {**given, "filters": chosen}
    more = [f"{name}={asked[name]!r}" for name in usual if asked[name] != usual[name]]
    return f"facility.search({', '.join([repr(query), *more])})"
