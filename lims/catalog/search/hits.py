"""One page's results as people see them. What the arrays hold is taken from there, the rest read of these few alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lims.catalog import codec
from lims.catalog.search.fields import FIELDS
from lims.catalog.search.index import Index
from lims.catalog.search.lens import Lens
from lims.catalog.search.paging import Place
from lims.catalog.search.shelf import NO_CODE, Slots, moment_of
from lims.model import Highlight, Hit, record_id_of

COVERS = 'SELECT "id", "session", "blank", "preview_size" FROM {dataset_then} WHERE "id" IN ($ids)'
RECORDS = """SELECT s."id" AS "session", coalesce(nullif(r."title", ''), s."title") AS "name", r."cover",
    r."failed" FROM {session_then} s JOIN {record_then} r ON r."session" = s."id" WHERE s."id" IN ($ids)"""
INHERITED = ("instrument", "user", "project", "sample")
Draft = dict[str, Any]


def drafts(lens: Lens, found: Sequence[Place]) -> list[Draft]:
    """What the arrays know of results, in their order; a record's `session` is its session's id. With the lock held."""
    files = np.array([one.slot for one in found if not one.is_record], np.int32)
    records = np.array([one.slot for one in found if one.is_record], np.int32)
    of_files, of_records = iter(_of_files(lens, files)), iter(_of_records(lens.index, records))
    return [next(of_records if one.is_record else of_files) for one in found]


def _of_files(lens: Lens, slots: Slots) -> list[Draft]:
    index = lens.index
    files, texts = index.files, index.lexicon.texts
    sessions = lens.session[slots]
    columns: dict[str, Sequence[Any]] = {
        "id": [index.files.id_of(slot) for slot in slots.tolist()],
        "session": [index.sessions.id_of(slot) if slot else None for slot in sessions.tolist()],
        "record": _records(index, sessions),
        "at": files["moment"][slots].tolist(),
        "bytes": files["bytes"][slots].tolist(),
        "name": files["name"][slots].tolist(),
        "state": _texts(files["status"][slots], texts),
        **{name: _texts(files[name][slots], texts) for name in ("format", "no_picture", "blank", "preview_size")},
    }
    for name in INHERITED:
        meaning = FIELDS[name]
        said = index.sessions[meaning.session][sessions]
        own = files[meaning.file][slots] if meaning.file else np.full(len(slots), NO_CODE, np.int32)
        columns[name] = _texts(np.where(said != NO_CODE, said, own), texts)
    return _rows({**columns, "kind": ["dataset"] * len(slots)})


def _of_records(index: Index, slots: Slots) -> list[Draft]:
    sessions, texts = index.sessions, index.lexicon.texts
    columns: dict[str, Sequence[Any]] = {
        "session": [sessions.id_of(slot) for slot in slots.tolist()],
        "id": _records(index, slots),
        "record": _records(index, slots),
        "at": sessions["start"][slots].tolist(),
        **{name: sessions[name][slots].tolist() for name in ("bytes", "datasets", "activities")},
        **{name: _texts(sessions[name][slots], texts) for name in (*INHERITED, "state")},
    }
    return _rows({**columns, "kind": ["record"] * len(slots)})


def _rows(columns: Mapping[str, Sequence[Any]]) -> list[Draft]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _records(index: Index, sessions: Slots) -> list[str | None]:
    has_record = index.sessions["has_record"][sessions].tolist()
    ids = (index.sessions.id_of(slot) for slot in sessions.tolist())
    return [record_id_of(one) if has else None for one, has in zip(ids, has_record, strict=True)]


def _texts(codes: Any, texts: Sequence[str]) -> list[str | None]:
    return [None if code == NO_CODE else texts[code] for code in codes.tolist()]


def hits_of(
    index: Index, found: Sequence[Draft], highlights: Sequence[tuple[Highlight, ...]] = ()
) -> tuple[Hit, ...]:
    """Without the lock: a record that was removed meanwhile is left out. highlights: of each, or none."""
    sessions = [one["session"] for one in found if one["kind"] == "record"]
    records = {row["session"]: row for row in index.rows_of(RECORDS, sessions)}
    shown = [row["cover"] for row in records.values() if row["cover"]]
    covers = {row["id"]: row for row in index.rows_of(COVERS, shown)}
    made = [_record(one, records, covers) if one["kind"] == "record" else _file(one) for one in found]
    if highlights:
        made = [one and replace(one, highlights=its) for one, its in zip(made, highlights, strict=True)]
    return tuple(one for one in made if one)


Rows = Mapping[str, Mapping[str, Any]]


def _record(one: Draft, records: Rows, covers: Rows) -> Hit | None:
    if (row := records.get(one["session"])) is None:
        return None
    cover = covers.get(row["cover"])
    if cover is not None and cover["session"] != one["session"]:
        cover = None
    return _hit({**one, "name": row["name"], "failed": row["failed"]}, cover)


def _file(one: Draft) -> Hit:
    return _hit({**one, "datasets": 1}, one if one["preview_size"] else None, one["blank"])


def _hit(said: Draft, cover: Mapping[str, Any] | None, blank: str | None = None) -> Hit:
    size = json.loads(cover["preview_size"]) if cover and cover["preview_size"] else None
    texts = ("id", "name", "instrument", "user", "session", "record", "project", "sample")
    return Hit(
        kind=said["kind"],
        **{name: None if said[name] is None else codec.from_text(said[name]) for name in texts},  # type: ignore[arg-type]
        format=codec.from_text(said.get("format") or ""),
        state=codec.from_text(said["state"] or ""),
        at=moment_of(said["at"]),
        **{name: _whole(said.get(name)) for name in ("datasets", "activities", "bytes", "failed")},  # type: ignore[arg-type]
        cover=cover["id"] if cover else None,
        blank=codec.from_text((cover["blank"] if cover else blank) or ""),
        preview_size=(size[0], size[1]) if size else None,
        no_picture="" if cover else codec.from_text(said.get("no_picture") or ""),
    )


def _whole(number: float | None) -> int:
    return 0 if number is None or np.isnan(number) else int(number)
