"""What operations answer with, where it is more than one thing of the model."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from lims.model import (
    AuditEntry,
    FormerVersion,
    Instrument,
    Person,
    Project,
    Record,
    RecordBuild,
    Reservation,
    Sample,
    Session,
    SessionEvent,
    SessionState,
    Signal,
    Spread,
    Value,
)


@dataclass(frozen=True)
class Content:
    """Bytes with a name: a file on this machine, or data in memory."""

    media_type: str
    name: str
    path: Path | None = None
    data: bytes | None = None


@dataclass(frozen=True)
class Me:
    name: str
    groups: tuple[str, ...]
    is_staff: bool
    facility: str
    timezone: str


@dataclass(frozen=True)
class Place:
    """The facility in a few numbers. snapshot: the catalog's present version."""

    name: str
    timezone: str
    version: str
    snapshot: int
    counts: dict[str, int]
    open_sessions: tuple[Session, ...]


@dataclass(frozen=True)
class StoreView:
    """path: where users' machines see it, if they do."""

    name: str
    path: str | None
    is_writable: bool


@dataclass(frozen=True)
class Choices:
    """What a form may suggest. last: the asker's previous session, for 'as last time'."""

    instruments: tuple[Instrument, ...]
    people: tuple[Person, ...]
    projects: tuple[Project, ...]
    samples: tuple[Sample, ...]
    last: Session | None


@dataclass(frozen=True)
class InstrumentNow:
    """One instrument at this moment: who has it, until when it is booked. last_file: of the open session."""

    instrument: Instrument
    open: tuple[Session, ...]
    reservations: tuple[Reservation, ...]
    last_file: datetime | None


@dataclass(frozen=True)
class Failure:
    """Why a step of one dataset could not be done, in a sentence. version: of the extractor that tried."""

    step: str
    reason: str
    version: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Tile:
    """A dataset as a gallery shows it. status: registered, extracted, failed or missing.

    no_picture: why there is no preview; "" where there is one, and until somebody has looked.
    """

    id: str
    name: str
    bytes: int
    at: datetime | None
    format: str
    status: str
    blank: str = ""
    preview_size: tuple[int, int] | None = None
    no_picture: str = ""
    origin: str = "raw"
    shape: tuple[int, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class SessionView:
    session: Session
    instrument: Instrument
    record: str
    events: tuple[SessionEvent, ...]
    reservation: Reservation | None
    tiles: tuple[Tile, ...]
    bytes: int
    last_file: datetime | None
    may_edit: bool


@dataclass(frozen=True)
class SessionInRecord:
    id: str
    instrument: str
    instrument_name: str
    timezone: str
    user: str
    people: tuple[str, ...]
    operator: str
    start: datetime
    end: datetime | None
    state: SessionState
    notes: str


@dataclass(frozen=True)
class ActivityView:
    id: str
    number: int
    start: datetime
    end: datetime
    setup: dict[str, Value]
    datasets: tuple[Tile, ...]
    varies: dict[str, Spread] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class RecordView:
    """A record, whole. unplaced: datasets in no activity (not read yet, or failed).

    builds: how it has changed since it was first complete, oldest first.
    """

    id: str
    title: str
    record: Record
    session: SessionInRecord
    reservation: Reservation | None
    activities: tuple[ActivityView, ...]
    unplaced: tuple[Tile, ...]
    samples: tuple[str, ...]
    project: str | None
    events: tuple[SessionEvent, ...]
    tags: tuple[str, ...]
    may_edit: bool
    builds: tuple[RecordBuild, ...] = ()
    kind: str = "record"


@dataclass(frozen=True)
class OnePlace:
    """Where a content lies, or lay (`is_missing`). dataset: the id by which it is known there."""

    dataset: str
    store: str
    key: str
    modified: datetime
    is_missing: bool = False


@dataclass(frozen=True)
class DatasetView:
    """A dataset with everything the file said. origin: raw or derived.

    home_note: why it is in its session, where not by its time alone. locations: every place of this content that the
    asker sees, its own first. copy_of: the dataset that stands for this one. former: what lay there before.

    stale: why it does not say what its inputs say today. bad: who warns of it, why. made_by: the runs that wrote it.

    preview: its address below the API, or None, and then no_picture says why, once somebody has looked.
    """

    id: str
    name: str
    store: str
    key: str
    companions: tuple[str, ...]
    bytes: int
    modified: datetime
    sha256: str | None
    format: str
    status: str
    origin: str
    instrument: str | None
    session: str | None
    record: str | None
    activity: str | None
    owner: str | None
    acquired: datetime | None
    clock: str
    clock_note: str
    blank: str
    preview: str | None
    preview_size: tuple[int, int] | None
    no_picture: str
    signals: tuple[Signal, ...]
    normalised: dict[str, Value]
    failures: tuple[Failure, ...]
    tags: tuple[str, ...]
    python: str
    metadata: dict[str, Any] = field(default_factory=dict)
    may_correct: bool = False
    home_note: str = ""
    version: int = 1
    copy_of: str | None = None
    locations: tuple[OnePlace, ...] = ()
    former: tuple[FormerVersion, ...] = ()
    stale: str = ""
    bad: str = ""
    made_by: tuple[str, ...] = ()
    kind: str = "dataset"


@dataclass(frozen=True)
class FileOfDataset:
    """sha256: None until streamed, and of a folder (.zspy), whose files have theirs."""

    key: str
    name: str
    bytes: int
    sha256: str | None = None


@dataclass(frozen=True)
class Location:
    """Where a dataset's files can be read. path: of the main file, where the store is mounted on the asker's side."""

    id: str
    name: str
    store: str
    path: str | None
    sha256: str | None
    bytes: int
    files: tuple[FileOfDataset, ...]
    version: int = 1


Way = Literal["accept", "session", "nobody", "dismiss"]


@dataclass(frozen=True)
class Action:
    """One way to settle something. decision: what to call `settle` with; label: what it does, in a few words."""

    decision: Way
    label: str


@dataclass(frozen=True)
class AttentionItem:
    """Something a person has to settle. kind: failed, orphan, never-ended, missing, booking, clock, unavailable.

    files: how many it is about; thing is the first of them. session: into which accepting puts them.
    """

    kind: str
    thing: str
    title: str
    reason: str
    at: datetime | None
    hint: str
    files: int = 0
    actions: tuple[Action, ...] = ()
    session: str | None = None


@dataclass(frozen=True)
class Settled:
    """What a person has settled. undo: whether `unsettle` takes it back; else hint says what does."""

    kind: str
    thing: str
    title: str
    text: str
    by: str
    at: datetime
    files: int = 0
    undo: bool = True
    hint: str = ""


@dataclass(frozen=True)
class History:
    thing: str
    entries: tuple[AuditEntry, ...]
