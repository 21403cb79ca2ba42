"""One page of results with total, facets and days: a single SQL statement, so all of it is of one snapshot."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lims.catalog import codec
from lims.catalog.search.conditions import MANY, Conditions
from lims.catalog.search.fields import Field
from lims.catalog.search.grammar import parse
from lims.catalog.search.names import Ask, Normalised
from lims.errors import Invalid
from lims.model import Facet, Hit, SearchPage

Kind = Literal["record", "dataset"] | None
SORTS = {
    "newest": '"at" DESC NULLS LAST, "id"',
    "oldest": '"at" ASC NULLS LAST, "id"',
    "name": 'lower("name"), "id"',
    "largest": '"bytes" DESC, "id"',
    "smallest": '"bytes", "id"',
}
MOST_FACETS = 100
LARGEST_PAGE = 10_000

# A file with what its session says of it, and a record with its session's own words.
SOURCES = """
file AS MATERIALIZED (
  SELECT d."id", d."kind", d."store", d."key", d."companions", d."companions_sha256", d."bytes", d."sha256",
    d."status", d."format", d."owner", d."blank", d."preview_size", coalesce(d."acquired", d."modified") AS moment,
    coalesce(s."instrument", d."instrument") AS instrument, coalesce(s."user", d."owner") AS "user", s."operator",
    s."people", coalesce(s."project", d."project") AS "project", s."sample", s."title", s."notes", s."reservation",
    s."id" AS "session", r."id" AS record, r."state"
  FROM dataset d LEFT JOIN session s ON d."session" = s."id" LEFT JOIN record r ON r."session" = s."id"
  WHERE d."copy_of" IS NULL),
entry AS MATERIALIZED (
  SELECT r."id", r."session", r."state", coalesce(nullif(r."title", ''), s."title") AS "title", r."datasets",
    r."bytes", r."activities", r."failed", r."cover", s."instrument", s."user", s."operator", s."people", s."project",
    s."sample", s."notes", s."start", s."end", s."reservation"
  FROM record r JOIN session s ON r."session" = s."id")"""

# What was said about a session, folded: the words that find it and all its files.
TOLD = """
told AS MATERIALIZED (
  SELECT s."id" AS "session", strip_accents(lower(concat_ws(' ', s."id", s."title", s."notes", s."user", s."operator",
    array_to_string(s."people", ' '), s."project", s."sample", s."instrument", i."name", v."title", j."title",
    m."title", n."texts"))) AS "text"
  FROM session s LEFT JOIN instrument i ON s."instrument" = i."id" LEFT JOIN reservation v ON s."reservation" = v."id"
    LEFT JOIN project j ON s."project" = j."id" LEFT JOIN sample m ON s."sample" = m."id"
    LEFT JOIN (SELECT "session", string_agg("text", ' ') AS "texts" FROM session_event GROUP BY "session") n
      ON n."session" = s."id")"""

RECORDS = """SELECT e."id", 'record' AS "kind", e."title" AS "name", e."start" AS "at", e."instrument", e."user",
    e."session", e."id" AS record, e."project", e."sample", '' AS "format", e."state", e."datasets", e."activities",
    e."bytes", e."failed", c."id" AS "cover", coalesce(c."blank", '') AS "blank", c."preview_size",
    '' AS "no_picture"{choices}
  FROM entry e LEFT JOIN file c ON e."cover" = c."id" WHERE {condition}"""

FILES = """SELECT f."id", 'dataset' AS "kind", regexp_extract(f."key", '[^/]*$') AS "name", f.moment AS "at",
    f.instrument, f."user", f."session", f.record, f."project", f."sample", f."format", f."status" AS "state",
    1 AS "datasets", 0 AS "activities", f."bytes", 0 AS "failed",
    CASE WHEN f."preview_size" IS NOT NULL THEN f."id" END AS "cover", f."blank", f."preview_size",
    (SELECT any_value("reason") FROM step WHERE "dataset" = f."id" AND "step" = 'preview') AS "no_picture"{choices}
  FROM file f WHERE {condition}"""


@dataclass(frozen=True)
class Choice:
    """A field by which results are counted or chosen: lists of texts, per file and per record."""

    name: str
    column: str
    of_file: str
    of_record: str


def search_page(
    ask: Ask,
    query: str,
    *,
    kind: Kind,
    limit: int,
    offset: int,
    sort: str,
    facets: Sequence[str],
    filters: Mapping[str, Sequence[str]],
    as_of: int | None,
) -> SearchPage:
    """See `View.search`."""
    began = time.perf_counter()
    _check(limit, offset, sort)
    conditions = Conditions(ask)
    choices = _choices(conditions, [*facets, *filters])
    parameters = conditions.parameters
    wanted = {name: parameters.add(list(values)) for name, values in filters.items() if values}
    filtered = {name: f"list_has_any({choices[name].column}, {p}::VARCHAR[])" for name, p in wanted.items()}
    found = _found(conditions, query, kind, list(choices.values()))
    columns = _columns(filtered, [choices[name] for name in dict.fromkeys(facets)], sort, limit, offset)
    row = ask(f"{found} SELECT {columns}", parameters.values)[0]
    return SearchPage(
        total=row["total"],
        items=tuple(_hit(one) for one in sorted(row["items"] or (), key=lambda one: one["place"])),
        snapshot=row["snapshot"] if as_of is None else as_of,
        ms=round((time.perf_counter() - began) * 1000, 1),
        facets={name: _facet(row[choices[name].column]) for name in facets},
        histogram=tuple((one["day"], one["n"]) for one in row["days"] or ()),
        python=python_line(query, kind=kind, limit=limit, offset=offset, sort=sort, filters=filters, as_of=as_of),
    )


def _check(limit: int, offset: int, sort: str) -> None:
    if sort not in SORTS:
        raise Invalid(f"Results cannot be sorted by {sort!r}.", hint=f"Known are: {', '.join(SORTS)}.")
    if not 0 <= limit <= LARGEST_PAGE or offset < 0:
        raise Invalid(f"limit must be 0 to {LARGEST_PAGE} and offset 0 or more, not {limit} and {offset}.")


def _choices(conditions: Conditions, names: Sequence[str]) -> dict[str, Choice]:
    unique = dict.fromkeys(names)
    return {name: _choice(conditions, name, f"choice_{number}") for number, name in enumerate(unique)}


def _choice(conditions: Conditions, name: str, column: str) -> Choice:
    """Raises Invalid for a name that means nothing."""
    meaning = conditions.names.meaning(name, 0)
    if isinstance(meaning, Field) and meaning.kind != "tag":
        many = meaning.name in MANY
        of_file = meaning.file if many else f"[CAST({meaning.file} AS VARCHAR)]"
        if meaning.record:
            own = meaning.record if many else f"[CAST({meaning.record} AS VARCHAR)]"
            return Choice(name, column, of_file, own)
        values = f'SELECT unnest({of_file}) AS v, f."session" FROM file f'
    else:
        values = _values_elsewhere(conditions, meaning)
        of_file = f'(SELECT list(DISTINCT w.v) FROM ({values}) w WHERE w."id" = f."id")'
    of_record = f'(SELECT list(DISTINCT w.v) FROM ({values}) w WHERE w."session" = e."session")'
    return Choice(name, column, of_file, of_record)


def _values_elsewhere(conditions: Conditions, meaning: Any) -> str:
    """Values v of files "id" in "session" that stand in a table of their own: tags, normalised values, vendors'."""
    add = conditions.parameters.add
    if isinstance(meaning, Field):
        return """SELECT t."tag" AS v, f."id", coalesce(f."session", r."session") AS "session"
            FROM tag t LEFT JOIN file f ON t."thing" = f."id" LEFT JOIN entry r ON t."thing" IN (r."id", r."session")"""
    if isinstance(meaning, Normalised):
        return f"""SELECT n."text" AS v, f."id", f."session" FROM normalised n JOIN file f ON n."dataset" = f."id"
            WHERE n."field" = {add(meaning.name)}"""
    return f"""SELECT n."text" AS v, f."id", f."session" FROM leaf n JOIN file f ON n."dataset" = f."id"
        WHERE n."key" IN (SELECT unnest({add(list(meaning.keys))}::VARCHAR[]))"""


def _found(conditions: Conditions, query: str, kind: Kind, choices: Sequence[Choice]) -> str:
    """The WITH of the statement: everything that matches the query, with the values it is counted by."""
    node = parse(query)
    parts = []
    if kind != "dataset":
        columns = "".join(f", {choice.of_record} AS {choice.column}" for choice in choices)
        parts.append(RECORDS.format(choices=columns, condition=conditions.on_record(node)))
    if kind != "record":
        columns = "".join(f", {choice.of_file} AS {choice.column}" for choice in choices)
        parts.append(FILES.format(choices=columns, condition=conditions.on_file(node)))
    return f"WITH {SOURCES},{TOLD}, found AS MATERIALIZED ({' UNION ALL '.join(parts)})"


def _columns(filtered: Mapping[str, str], facets: Sequence[Choice], sort: str, limit: int, offset: int) -> str:
    """A facet counts what all filters but its own let through."""
    every = _where(filtered.values())
    columns = [
        f"(SELECT count(*) FROM found{every}) AS total",
        f"""(SELECT list(p) FROM (SELECT *, row_number() OVER (ORDER BY {SORTS[sort]}) AS place FROM found{every}
            ORDER BY place LIMIT {int(limit)} OFFSET {int(offset)}) p) AS items""",
        f"""(SELECT list({{'day': "day", 'n': n}} ORDER BY "day") FROM (SELECT strftime("at", '%Y-%m-%d') AS "day",
            count(*) AS n FROM found{every} GROUP BY "day" HAVING "day" IS NOT NULL)) AS days""",
        "(SELECT id FROM memory.main.snapshot) AS snapshot",
    ]
    for facet in facets:
        others = _where(text for name, text in filtered.items() if name != facet.name)
        columns.append(
            f"""(SELECT list({{'v': v, 'n': n}} ORDER BY n DESC, v) FROM (SELECT v, count(*) AS n
            FROM (SELECT unnest({facet.column}) AS v FROM found{others}) WHERE v IS NOT NULL AND v <> '' GROUP BY v
            ORDER BY n DESC, v LIMIT {MOST_FACETS})) AS {facet.column}"""
        )
    return ", ".join(columns)


def _where(conditions: Any) -> str:
    texts = [f"coalesce({text}, false)" for text in conditions]
    return f" WHERE {' AND '.join(texts)}" if texts else ""


def _facet(rows: Sequence[Mapping[str, Any]] | None) -> tuple[Facet, ...]:
    return tuple(Facet(codec.from_text(row["v"]), row["n"]) for row in rows or ())


def _hit(row: Mapping[str, Any]) -> Hit:
    texts = ("id", "kind", "name", "instrument", "user", "session", "record", "project", "sample", "format", "state")
    size = json.loads(row["preview_size"]) if row["preview_size"] else None
    return Hit(
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
