from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Source:
    """Where an instrument's files land: `prefix` in `store`. Several PCs may write for one microscope.

    valid_from, valid_to: the half-open time in which this source belongs to the instrument.
    """

    store: str
    prefix: str
    hosts: tuple[str, ...] = ()
    clock_offset_s: float = 0.0
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True)
class Instrument:
    """timezone: IANA name, of the instrument's own clock and of every time shown beside it."""

    id: str
    name: str
    timezone: str
    sources: tuple[Source, ...]
    location: str = ""


@dataclass(frozen=True)
class Person:
    """id: the login name."""

    id: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Project:
    """id: the code people write on the box, e.g. AM-12."""

    id: str
    title: str = ""


@dataclass(frozen=True)
class Sample:
    """id: the label on the sample, e.g. 17-4-500C."""

    id: str
    title: str = ""
    project: str | None = None


@dataclass(frozen=True)
class Collection:
    """A node of a tree into which datasets and records are linked, never moved. members: their ids."""

    id: str
    title: str
    owner: str
    parent: str | None = None
    members: tuple[str, ...] = field(default=())
