"""What the operations of an import answer with."""

from dataclasses import dataclass
from datetime import datetime

from lims.harvest import FailedFile
from lims.importing import ImportLimits, Refused


@dataclass(frozen=True)
class FileThere:
    bytes: int
    modified: datetime


@dataclass(frozen=True)
class ImportPlace:
    """Where an import lies. folder: its key in the store, without `/` at its end.

    collection: of its top folder. is_in_place: its files lie in a store already, so that none is copied.
    there: what is in the folder, by path below it; of files in place, those that are registered.
    free_bytes: of the store's disk, None where nobody knows. timezone: of its instrument, else the facility's.
    """

    store: str
    folder: str
    collection: str
    owner: str
    project: str
    timezone: str
    limits: ImportLimits
    is_in_place: bool = False
    keeps_times: bool = True
    free_bytes: int | None = None
    there: dict[str, FileThere] | None = None


@dataclass(frozen=True)
class ImportedFile:
    """is_new: the store did not have it yet."""

    key: str
    is_new: bool


@dataclass(frozen=True)
class ImportedSession:
    """A session that files of the import are in. is_new: it was guessed. id: "" before the import."""

    id: str
    record: str
    instrument: str
    start: datetime
    end: datetime | None
    files: int
    is_new: bool = True


@dataclass(frozen=True)
class ImportedFolder:
    """One folder as a collection. datasets: in it itself; before the import, files."""

    path: str
    datasets: int


@dataclass(frozen=True)
class ImportFinished:
    """registered, extracted, previews: of this time; all else is of the whole import.

    waiting: files in place that are still being written. without_session: datasets that no session could be guessed
    for, or whose time is somebody else's.
    """

    datasets: int
    registered: int
    extracted: int
    previews: int
    failed: tuple[FailedFile, ...]
    waiting: tuple[str, ...]
    instruments: dict[str, int]
    sessions: tuple[ImportedSession, ...]
    without_session: int
    notes: tuple[str, ...]
    folders: tuple[ImportedFolder, ...]


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do (dry_run; then what follows `folders` is not known yet).

    files, bytes: that the source has for us. copied: files sent to the store this time; there: files it had already.
    place: STORE:KEY of the folder. sessions of a dry run are guessed from the files' own times.
    """

    source: str
    kind: str
    project: str
    owner: str
    place: str
    is_in_place: bool
    dry_run: bool
    files: int
    bytes: int
    copied: int
    copied_bytes: int
    there: int
    refused: tuple[Refused, ...]
    junk: int
    collection: str
    folders: tuple[ImportedFolder, ...]
    sessions: tuple[ImportedSession, ...] = ()
    datasets: int = 0
    registered: int = 0
    extracted: int = 0
    previews: int = 0
    failed: tuple[FailedFile, ...] = ()
    waiting: tuple[str, ...] = ()
    instruments: dict[str, int] | None = None
    without_session: int = 0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
