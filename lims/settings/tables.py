"""The tables of facility.toml. An unknown key is an error: a typing mistake must not be silently obeyed."""

import math
import re
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lims.model import Correction, Instrument, Rhythm, Source
from lims.model.vocabulary import FIELDS, is_text

MOST_WORKERS = 64
MAIL_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@[\w.-]{1,255}")
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)(:\d{1,5})?")


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def known_zone(name: str | None) -> str | None:
    """Raises ValueError unless `name` is an IANA time zone such as Europe/Berlin."""
    if name is not None:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is not a time zone; write one like Europe/Berlin") from error
    return name


def known_folder(pattern: str | None) -> str | None:
    """Raises ValueError unless `pattern` says where a person's name stands, as one whole part of a path."""
    if pattern and (pattern.split("/").count("{user}") != 1 or pattern.count("{") != 1):
        raise ValueError(f'{pattern!r} does not say where the name is; write "{{user}}" or "Users/{{user}}"')
    return pattern


def plain_prefix(prefix: str | None) -> str | None:
    """Raises ValueError for what no key of a store can begin with."""
    parts = (prefix or "").removesuffix("/").split("/")
    if prefix and not {"", ".", ".."}.isdisjoint(parts):
        raise ValueError(f"{prefix!r} is no folder of a store; write it like Titan_TEM/, from the store's root")
    return prefix


def valid_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Raises ValueError for what is no pattern of a .gitignore."""
    if patterns:
        from pathspec import GitIgnoreSpec  # 60 ms that most facilities never need

        for one in patterns:
            try:
                GitIgnoreSpec.from_lines([one])
            except (ValueError, re.error) as error:
                raise ValueError(f"{one!r} is no pattern ({error}); write it as in a .gitignore") from error
    return patterns


class FacilityTable(Table):
    name: str
    timezone: str = "UTC"

    check_zone = field_validator("timezone")(known_zone)


class StoreTable(Table):
    """url: any fsspec URL, or a path relative to the facility folder. mount: where user servers see the same files."""

    url: str
    writable: bool = False
    mount: Path | None = None


class SourceTable(Table):
    store: str
    prefix: str
    hosts: tuple[str, ...] = ()
    clock_offset_s: float = Field(default=0.0, allow_inf_nan=False)
    file_offset_s: float = Field(default=0.0, allow_inf_nan=False)
    valid_from: datetime | None = Field(default=None, alias="from")
    valid_to: datetime | None = Field(default=None, alias="until")
    user_folder: str | None = None
    ignore: tuple[str, ...] = ()

    check_prefix = field_validator("prefix")(plain_prefix)
    check_user_folder = field_validator("user_folder")(known_folder)
    check_ignore = field_validator("ignore")(valid_patterns)

    def source(self, zone: ZoneInfo, user_folder: str, ignore: tuple[str, ...]) -> Source:
        """user_folder, ignore: the instrument's."""
        return Source(
            self.store,
            self.prefix,
            self.hosts,
            self.clock_offset_s,
            in_zone(self.valid_from, zone),
            in_zone(self.valid_to, zone),
            user_folder if self.user_folder is None else self.user_folder,
            self.file_offset_s,
            (*ignore, *self.ignore),
        )


class RhythmTable(Table):
    """What separates activities; what an instrument does not say, [harvest.activities] says."""

    factor: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    shortest_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    lone_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    def over(self, other: Rhythm) -> Rhythm:
        said = self.model_dump(exclude_none=True)
        return replace(other, **said)


class CorrectionTable(Table):
    """One thing that the facility knows better than the instrument's files; numbers in SI units."""

    field: str
    note: str = Field(min_length=1)
    factor: float = Field(default=1.0, allow_inf_nan=False)
    offset: float = Field(default=0.0, allow_inf_nan=False)
    value: float | str | None = None
    trusted: bool = True
    source: str = "*"
    valid_from: datetime | None = Field(default=None, alias="from")
    valid_to: datetime | None = Field(default=None, alias="until")

    @field_validator("field")
    @classmethod
    def known_field(cls, name: str) -> str:
        if name not in FIELDS:
            near = ", ".join(get_close_matches(name, FIELDS, 3)) or ", ".join(FIELDS)
            raise ValueError(f"{name!r} is no field of the vocabulary; there are: {near}")
        return name

    @model_validator(mode="after")
    def makes_sense(self) -> "CorrectionTable":
        is_scaled = (self.factor, self.offset) != (1.0, 0.0)
        if is_scaled and is_text(self.field):
            raise ValueError(f"{self.field} is text: it can have a value, but no factor and no offset")
        if isinstance(self.value, str) != is_text(self.field) and self.value is not None:
            raise ValueError(f"the value of {self.field} must be {'text' if is_text(self.field) else 'a number'}")
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise ValueError(f"the value of {self.field} must be finite")
        if sum((is_scaled, self.value is not None, not self.trusted)) != 1:
            raise ValueError(f"say one of factor/offset, value, or trusted = false for {self.field}")
        begin, end = (moment and moment.replace(tzinfo=None) for moment in (self.valid_from, self.valid_to))
        if begin is not None and end is not None and begin >= end:
            raise ValueError(f"until ({end:%Y-%m-%d}) is not after from ({begin:%Y-%m-%d})")
        return self

    def correction(self, zone: ZoneInfo) -> Correction:
        return Correction(
            self.field, self.note, self.factor, self.offset, self.value, self.trusted, self.source,
            in_zone(self.valid_from, zone), in_zone(self.valid_to, zone),
        )


class InstrumentTable(Table):
    name: str
    timezone: str | None = None
    location: str = ""
    store: str | None = None
    prefix: str | None = None
    hosts: tuple[str, ...] = ()
    clock_offset_s: float = Field(default=0.0, allow_inf_nan=False)
    file_offset_s: float = Field(default=0.0, allow_inf_nan=False)
    sources: tuple[SourceTable, ...] = ()
    corrections: tuple[CorrectionTable, ...] = ()
    belonging: Literal["inclusive", "strict"] = "inclusive"
    overlapping: bool = False
    grace_s: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    user_folder: str = ""
    activities: RhythmTable = RhythmTable()
    ignore: tuple[str, ...] = ()

    check_user_folder = field_validator("user_folder")(known_folder)
    check_zone = field_validator("timezone")(known_zone)
    check_prefix = field_validator("prefix")(plain_prefix)
    check_ignore = field_validator("ignore")(valid_patterns)

    @model_validator(mode="after")
    def strict_has_folders(self) -> "InstrumentTable":
        if self.belonging == "strict" and not (self.user_folder or any(one.user_folder for one in self.sources)):
            raise ValueError('strict goes by the folders of people: say where they are, like user_folder = "{user}"')
        return self

    def all_sources(self, zone: str = "UTC", ignore: tuple[str, ...] = ()) -> tuple[Source, ...]:
        """The short form (`store`, `prefix`) is one source more.

        zone: of times that are written without one. ignore: the facility's patterns; the later ones decide.
        """
        listed = list(self.sources)
        if self.store is not None:
            short = SourceTable(
                store=self.store, prefix=self.prefix or "", hosts=self.hosts, clock_offset_s=self.clock_offset_s,
                file_offset_s=self.file_offset_s,
            )
            listed.insert(0, short)
        here, patterns = ZoneInfo(self.timezone or zone), (*ignore, *self.ignore)
        return tuple(one.source(here, self.user_folder, patterns) for one in listed)

    def instrument(self, key: str, zone: str, harvest: "HarvestTable") -> Instrument:
        """zone, harvest: what the facility says, where the instrument does not."""
        here = self.timezone or zone
        return Instrument(
            key,
            self.name,
            here,
            self.all_sources(zone, harvest.ignore),
            self.location,
            tuple(one.correction(ZoneInfo(here)) for one in self.corrections),
            self.belonging,
            self.overlapping,
            self.grace_s,
            self.activities.over(harvest.activities.over(Rhythm())),
        )


def in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment is not None and moment.tzinfo is None else moment


class AccessTable(Table):
    """staff, staff_groups: who sees and may edit everything. os_users: login name of this machine -> person."""

    staff: tuple[str, ...] = ()
    staff_groups: tuple[str, ...] = ("lims-staff",)
    os_users: dict[str, str] = {}


class DaskTable(Table):
    """scheduler: of a cluster that runs already. workers: processes of this machine, where there is none."""

    scheduler: str | None = Field(default=None, pattern=r"^(tcp|tls|ucx|ws|wss)://.")
    workers: int | None = Field(default=None, ge=1, le=MOST_WORKERS)


class HarvestTable(Table):
    """settle_s: a file must have been quiet for so long before it is read. poll_s: pause between two passes.

    workers: files read at the same time by the local engine. companion_s: how old a file becomes before it is read
    without what is written together with it. events: whether file systems that tell of new files are listened to.
    ignore: patterns of files that are never registered.
    """

    settle_s: float = Field(default=2.0, ge=0, allow_inf_nan=False)
    companion_s: float = Field(default=60.0, ge=0, allow_inf_nan=False)
    poll_s: float = Field(default=2.0, gt=0, allow_inf_nan=False)
    events: bool = True
    ignore: tuple[str, ...] = ()
    workers: int = Field(default=2, ge=1, le=MOST_WORKERS)
    activities: RhythmTable = RhythmTable()
    engine: Literal["local", "dask"] = "local"
    dask: DaskTable = DaskTable()

    check_ignore = field_validator("ignore")(valid_patterns)

    @model_validator(mode="after")
    def knows_its_cluster(self) -> "HarvestTable":
        if self.engine == "dask" and (self.dask.scheduler is None) == (self.dask.workers is None):
            raise ValueError('engine = "dask" needs scheduler or workers in [harvest.dask], and one of them')
        return self


class ImportsTable(Table):
    """What one import may hold. most_files: files, folders and whatever else, counted together.

    most_ratio: unpacked to packed; above it, and above 1 GB, an archive is taken for a bomb.
    keep_free_gb: what an import leaves free on the disk of the store.
    """

    most_files: int = Field(default=1_000_000, ge=1)
    most_ratio: float = Field(default=200.0, ge=1)
    keep_free_gb: float = Field(default=1.0, ge=0, allow_inf_nan=False)


class MailTable(Table):
    """The server that takes the facility's mail. password_file: relative to the facility's folder."""

    host: str = Field(min_length=1)
    sender: str = Field(alias="from")
    port: int = Field(default=587, ge=1, le=65535)
    starttls: bool = True
    user: str = ""
    password_file: Path | None = None

    @field_validator("sender")
    @classmethod
    def is_address(cls, text: str) -> str:
        if not MAIL_ADDRESS.fullmatch(text):
            raise ValueError(f"{text!r} is no e-mail address; write it like lims@example.org")
        return text

    @model_validator(mode="after")
    def password_is_kept_secret(self) -> "MailTable":
        if self.user and not self.starttls:
            raise ValueError("a password is never sent without TLS: leave out user, or starttls = false")
        return self


class AlertsTable(Table):
    """webhooks: the hosts, with a port where it is not the usual one, that alerts may be sent to.

    digest_s: how long new datasets are gathered for one message. address: where people open the record browser.
    """

    webhooks: tuple[str, ...] = ()
    digest_s: float = Field(default=120.0, ge=0, le=86_400)
    address: str = Field(default="", pattern=r"^(https?://[^\s<>\"]+)?$")

    @field_validator("webhooks")
    @classmethod
    def are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for one in hosts:
            if not HOST.fullmatch(one):
                raise ValueError(f"{one!r} is no host; write it like hooks.example.org, or 10.0.3.17:8080")
        return tuple(one.lower() for one in hosts)


class SqlTable(Table):
    """What one statement of a person may take, and how many run at once."""

    time_s: float = Field(default=30.0, gt=0, le=600)
    memory_mb: int = Field(default=1024, ge=64)
    at_once: int = Field(default=2, ge=1, le=16)


class SearchTable(Table):
    """What one search may take."""

    time_s: float = Field(default=30.0, gt=0, le=600)


class CatalogTable(Table):
    """keep_snapshots_days: how long states of the catalog can be asked as they were; 0 for ever."""

    keep_snapshots_days: int = Field(default=366, ge=0, le=36_500)


class Settings(Table):
    folder: Path
    facility: FacilityTable
    stores: dict[str, StoreTable] = {}
    instruments: dict[str, InstrumentTable] = {}
    access: AccessTable = AccessTable()
    harvest: HarvestTable = HarvestTable()
    imports: ImportsTable = ImportsTable()
    mail: MailTable | None = None
    alerts: AlertsTable = AlertsTable()
    search: SearchTable = SearchTable()
    sql: SqlTable = SqlTable()
    catalog: CatalogTable = CatalogTable()

    def instrument_list(self) -> list[Instrument]:
        return [one.instrument(key, self.facility.timezone, self.harvest) for key, one in self.instruments.items()]
