"""The tables of facility.toml. An unknown key is an error: a typing mistake must not be silently obeyed."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lims.model import Instrument, Source


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
    clock_offset_s: float = 0.0
    valid_from: datetime | None = Field(default=None, alias="from")
    valid_to: datetime | None = Field(default=None, alias="until")


class InstrumentTable(Table):
    name: str
    timezone: str | None = None
    location: str = ""
    store: str | None = None
    prefix: str | None = None
    hosts: tuple[str, ...] = ()
    clock_offset_s: float = 0.0
    sources: tuple[SourceTable, ...] = ()

    check_zone = field_validator("timezone")(known_zone)

    def all_sources(self) -> tuple[Source, ...]:
        """The short form (`store`, `prefix`) is one source more."""
        listed = [Source(s.store, s.prefix, s.hosts, s.clock_offset_s, s.valid_from, s.valid_to) for s in self.sources]
        if self.store is not None:
            listed.insert(0, Source(self.store, self.prefix or "", self.hosts, self.clock_offset_s))
        return tuple(listed)


class AccessTable(Table):
    """staff, staff_groups: who sees and may edit everything. os_users: login name of this machine -> person."""

    staff: tuple[str, ...] = ()
    staff_groups: tuple[str, ...] = ("lims-staff",)
    os_users: dict[str, str] = {}


class HarvestTable(Table):
    """settle_s: a file must have been quiet for so long before it is read. poll_s: pause between two passes."""

    settle_s: float = Field(default=2.0, ge=0)
    poll_s: float = Field(default=2.0, gt=0)
    workers: int = Field(default=2, ge=1, le=64)


class Settings(Table):
    folder: Path
    facility: FacilityTable
    stores: dict[str, StoreTable] = {}
    instruments: dict[str, InstrumentTable] = {}
    access: AccessTable = AccessTable()
    harvest: HarvestTable = HarvestTable()

    def instrument_list(self) -> list[Instrument]:
        zone = self.facility.timezone
        return [
            Instrument(key, table.name, table.timezone or zone, table.all_sources(), table.location)
            for key, table in self.instruments.items()
        ]
