"""Which dataclass is which table. To add a table: one line here, one rule in `visibility.py`, one migration."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from lims.catalog import codec
from lims.model import (
    Activity,
    AuditEntry,
    Collection,
    Dataset,
    Environment,
    FormerVersion,
    Instrument,
    Person,
    Project,
    Record,
    RecordBuild,
    Relation,
    Replay,
    Reservation,
    Run,
    RunFile,
    Sample,
    SavedSearch,
    SearchNews,
    SearchNotice,
    SearchWatch,
    Session,
    SessionEvent,
    Settlement,
    Step,
    kind_of,
)
from lims.model.ids import PREFIXES

T = TypeVar("T")
Thing = (
    Instrument
    | Person
    | Project
    | Sample
    | Collection
    | Reservation
    | Session
    | SessionEvent
    | Dataset
    | Step
    | Activity
    | Record
    | Run
    | RunFile
    | Environment
    | Relation
    | Replay
    | FormerVersion
    | RecordBuild
    | Settlement
    | SavedSearch
    | SearchWatch
    | SearchNews
    | SearchNotice
)

SQL_TYPES = {str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN", float: "DOUBLE", datetime: "TIMESTAMP WITH TIME ZONE"}


@dataclass(frozen=True)
class Column:
    """One field of a dataclass as a column. Texts, numbers, times and lists of texts are native; the rest is JSON."""

    name: str
    annotation: Any

    @cached_property
    def is_optional(self) -> bool:
        return get_origin(self.annotation) in (Union, UnionType)

    @cached_property
    def plain(self) -> Any:
        """The annotation without `| None`."""
        if self.is_optional:
            return next(a for a in get_args(self.annotation) if a is not NoneType)
        return self.annotation

    @cached_property
    def is_json(self) -> bool:
        return (get_origin(self.plain) in (tuple, dict) or is_dataclass(self.plain)) and not self.is_list

    @cached_property
    def is_list(self) -> bool:
        return bool(self.plain == tuple[str, ...])

    @property
    def sql_type(self) -> str:
        if self.is_list:
            return "VARCHAR[]"
        return SQL_TYPES.get(self.plain, "VARCHAR")

    def store(self, values: Sequence[Any]) -> list[Any]:
        into = self._store_one
        if self.is_json or self.is_list:
            return [None if value is None else into(value) for value in values]
        made = {value: None if value is None else into(value) for value in set(values)}  # many rows say the same
        return [made[value] for value in values]

    @cached_property
    def _store_one(self) -> Callable[[Any], Any]:
        into = codec.encoder(self.plain)
        if self.is_json:
            return lambda value: codec.dumps(into(value))
        if self.is_list:
            return lambda value: [codec.to_text(text) for text in value]
        native: dict[Any, Callable[[Any], Any]] = {int: int, bool: bool, float: float, datetime: codec.to_utc}
        return native.get(self.plain, codec.to_text)

    def told(self, stored: Sequence[Any]) -> list[str]:
        """Each value as JSON, as `Table.as_json` has it."""
        if self.is_list:
            return [codec.dumps(value) for value in stored]
        if self.is_json and not any(text and '{"$' in text for text in stored):
            return [text or "null" for text in stored]
        made = {one: "null" if one is None else self._tell_one(one) for one in set(stored)}
        return [made[one] for one in stored]

    def _tell_one(self, stored: Any) -> str:
        if self.is_json:
            return codec.dumps(codec.encode(json.loads(stored)))
        return codec.dumps(stored.isoformat() if isinstance(stored, datetime) else codec.encode(stored))

    def load(self, stored: Any) -> Any:
        if stored is None:
            return None
        if self.plain is datetime:
            return codec.to_utc(stored)
        return codec.from_json(self.annotation, json.loads(stored) if self.is_json else stored)


@dataclass(frozen=True)
class Table(Generic[T]):
    """key: the columns that name a row. unique: groups of columns that no two rows may share (the committer checks).

    audited: whether each change leaves an audit row. Steps are the harvest's own progress and leave none; nor does
    what an alert remembers of what it has told.
    """

    name: str
    row: type[T]
    key: tuple[str, ...] = ("id",)
    unique: tuple[tuple[str, ...], ...] = ()
    audited: bool = True

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        hints = get_type_hints(self.row)
        return tuple(Column(f.name, hints[f.name]) for f in fields(self.row))  # type: ignore[arg-type]

    @cached_property
    def _values_of(self) -> Callable[[T], Sequence[Any]]:
        return codec.getter(*(column.name for column in self.columns))

    @cached_property
    def _key_of(self) -> Callable[[T], Sequence[Any]]:
        return codec.getter(*self.key)

    def key_of(self, thing: T) -> tuple[Any, ...]:
        return tuple(self._key_of(thing))

    def store(self, things: Sequence[T]) -> list[list[Any]]:
        """The columns of a row for each."""
        if not things:
            return [[] for _ in self.columns]
        values = zip(*map(self._values_of, things), strict=True)
        return [column.store(those) for column, those in zip(self.columns, values, strict=True)]

    def told(self, columns: Sequence[Sequence[Any]]) -> list[str]:
        """What the audit keeps of each row: `as_json` as text, made of what was stored."""
        names = ",".join(f'"{column.name}":%s' for column in self.columns)
        told = (column.told(stored) for column, stored in zip(self.columns, columns, strict=True))
        return [f"{{{names}}}" % row for row in zip(*told, strict=True)]

    def load(self, row: Mapping[str, Any]) -> T:
        """A column that an old snapshot did not have yet is NULL, and so takes the dataclass's default."""
        found = {c.name: c.load(row.get(c.name)) for c in self.columns if c.is_optional or row.get(c.name) is not None}
        return self.row(**found)

    def as_json(self, thing: T) -> dict[str, Any]:
        """What the audit keeps of a thing."""
        return {c.name: codec.to_json(c.annotation, getattr(thing, c.name)) for c in self.columns}


TABLES: tuple[Table[Any], ...] = (
    Table("instrument", Instrument),
    Table("person", Person),
    Table("project", Project),
    Table("sample", Sample),
    Table("collection", Collection),
    Table("reservation", Reservation),
    Table("session", Session),
    Table("session_event", SessionEvent),
    Table("dataset", Dataset, unique=(("store", "key", "version"),)),
    Table("step", Step, key=("dataset", "step"), audited=False),
    Table("activity", Activity),
    Table("record", Record, unique=(("session",),)),
    Table("record_build", RecordBuild, key=("record", "number"), audited=False),
    Table("former_version", FormerVersion, key=("dataset", "version"), audited=False),
    Table("settlement", Settlement, key=("thing", "about")),
    Table("run", Run),
    Table("run_file", RunFile, key=("run", "number"), audited=False),
    Table("environment", Environment, audited=False),
    Table("replay", Replay, audited=False),
    Table("relation", Relation),
    Table("saved_search", SavedSearch, unique=(("owner", "name"),)),
    Table("search_watch", SearchWatch, key=("search",), audited=False),
    Table("search_news", SearchNews, key=("search", "dataset"), audited=False),
    Table("search_notice", SearchNotice, key=("search", "channel"), audited=False),
    Table("audit", AuditEntry, audited=False),
)
BY_NAME = {table.name: table for table in TABLES}
BY_ROW: dict[type, Table[Any]] = {table.row: table for table in TABLES}


def table_of(thing_id: str) -> str:
    """The table that an id's prefix names. Raises Invalid for what is no id."""
    kind = kind_of(thing_id)
    return "session_event" if kind == "event" else kind


def kind_if_known(thing_id: str) -> str:
    """Like `table_of`; "" for projects, samples and others whose ids people choose."""
    prefix, dash, rest = thing_id.partition("-")
    return table_of(thing_id) if dash and len(rest) == 10 and prefix in PREFIXES.values() else ""


@dataclass(frozen=True)
class Derived:
    """Rows that belong to a thing but are no dataclass of the model: `owner` is the column that says to which."""

    name: str
    owner: str
    columns: tuple[tuple[str, str], ...]


DERIVED: tuple[Derived, ...] = (
    Derived(
        "document",
        "dataset",
        (
            ("doc", "BIGINT"),
            ("dataset", "VARCHAR"),
            ("format", "VARCHAR"),
            ("extractor", "VARCHAR"),
            ("extractor_version", "VARCHAR"),
            ("warnings", "VARCHAR[]"),
            ("metadata", "VARCHAR"),
        ),
    ),
    Derived(
        "leaf",
        "doc",
        (("path", "BIGINT"), ("doc", "BIGINT"), ("text", "VARCHAR"), ("number", "DOUBLE")),
    ),
    Derived("word", "doc", (("word", "VARCHAR"), ("doc", "BIGINT"))),
    Derived("path", "code", (("code", "BIGINT"), ("key", "VARCHAR"), ("unit", "VARCHAR"))),
    Derived("indexed", "dataset", (("dataset", "VARCHAR"), ("names", "BIGINT"), ("tree", "BIGINT"))),
    Derived(
        "normalised",
        "doc",
        (
            ("field", "VARCHAR"),
            ("doc", "BIGINT"),
            ("text", "VARCHAR"),
            ("number", "DOUBLE"),
            ("unit", "VARCHAR"),
        ),
    ),
    Derived(
        "tag",
        "thing",
        (("thing", "VARCHAR"), ("tag", "VARCHAR"), ("by", "VARCHAR"), ("at", "TIMESTAMP WITH TIME ZONE")),
    ),
    Derived(
        "request",
        "principal",
        (
            ("principal", "VARCHAR"),
            ("request", "VARCHAR"),
            ("answer", "VARCHAR"),
            ("at", "TIMESTAMP WITH TIME ZONE"),
            ("about", "VARCHAR"),
        ),
    ),
)


def columns_of(name: str) -> Sequence[tuple[str, str]]:
    """(column, SQL type) of any table of the catalog."""
    if name in BY_NAME:
        return [(column.name, column.sql_type) for column in BY_NAME[name].columns]
    return next(derived.columns for derived in DERIVED if derived.name == name)
