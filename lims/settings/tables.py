"""The tables of facility.toml. An unknown key is an error: a typing mistake must not be silently obeyed."""

import math
import re
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lims.model import Correction, Instrument, Source
from lims.model.vocabulary import FIELDS, is_text


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
    valid_from: datetime | None = Field(default=None, alias="from")
    valid_to: datetime | None = Field(default=None, alias="until")
    ignore: tuple[str, ...] = ()

    check_prefix = field_validator("prefix")(plain_prefix)
    check_ignore = field_validator("ignore")(valid_patterns)

    def source(self, zone: ZoneInfo, ignore: tuple[str, ...]) -> Source:
        begin, end = in_zone(self.valid_from, zone), in_zone(self.valid_to, zone)
        return Source(
            self.store, self.prefix, self.hosts, self.clock_offset_s, begin, end, (*ignore, *self.ignore)
        )


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
    sources: tuple[SourceTable, ...] = ()
    corrections: tuple[CorrectionTable, ...] = ()
    ignore: tuple[str, ...] = ()

    check_zone = field_validator("timezone")(known_zone)
    check_prefix = field_validator("prefix")(plain_prefix)
    check_ignore = field_validator("ignore")(valid_patterns)

    def all_sources(self, zone: str = "UTC", ignore: tuple[str, ...] = ()) -> tuple[Source, ...]:
        """The short form (`store`, `prefix`) is one source more.

        zone: of times that are written without one. ignore: the facility's patterns; the later ones decide.
        """
        here, patterns = ZoneInfo(self.timezone or zone), (*ignore, *self.ignore)
        listed = [one.source(here, patterns) for one in self.sources]
        if self.store is not None:
            short = Source(self.store, self.prefix or "", self.hosts, self.clock_offset_s, ignore=patterns)
            listed.insert(0, short)
        return tuple(listed)

    def instrument(self, key: str, zone: str, ignore: tuple[str, ...] = ()) -> Instrument:
        """zone, ignore: the facility's."""
        here = self.timezone or zone
        corrections = tuple(one.correction(ZoneInfo(here)) for one in self.corrections)
        return Instrument(key, self.name, here, self.all_sources(zone, ignore), self.location, corrections)


def in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment is not None and moment.tzinfo is None else moment


class AccessTable(Table):
    """staff, staff_groups: who sees and may edit everything. os_users: login name of this machine -> person."""

    staff: tuple[str, ...] = ()
    staff_groups: tuple[str, ...] = ("lims-staff",)
    os_users: dict[str, str] = {}


class HarvestTable(Table):
    """settle_s: a file must have been quiet for so long before it is read. poll_s: pause between two passes.

    companion_s: how old a file becomes before it is read without what is written together with it. events: whether
    file systems that tell of new files are listened to. ignore: patterns of files that are never registered.
    """

    settle_s: float = Field(default=2.0, ge=0, allow_inf_nan=False)
    companion_s: float = Field(default=60.0, ge=0, allow_inf_nan=False)
    poll_s: float = Field(default=2.0, gt=0, allow_inf_nan=False)
    events: bool = True
    ignore: tuple[str, ...] = ()
    workers: int = Field(default=2, ge=1, le=64)

    check_ignore = field_validator("ignore")(valid_patterns)


class Settings(Table):
    folder: Path
    facility: FacilityTable
    stores: dict[str, StoreTable] = {}
    instruments: dict[str, InstrumentTable] = {}
    access: AccessTable = AccessTable()
    harvest: HarvestTable = HarvestTable()

    def instrument_list(self) -> list[Instrument]:
        zone, ignore = self.facility.timezone, self.harvest.ignore
        return [table.instrument(key, zone, ignore) for key, table in self.instruments.items()]
