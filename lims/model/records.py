from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RecordState = Literal["open", "building", "complete", "attention", "cancelled"]
Decision = Literal["session", "nobody", "dismissed", "bad"]
Question = Literal["home", "failure", "absence", "booking", "quality"]


@dataclass(frozen=True)
class Record:
    """A session with its reservation, activities, datasets and notes: what people browse.

    state: `building` from the moment its session ends until the harvest of it is done; `attention` when files failed.
    failed: how many files need attention. clock: which clock placed its files, in words.
    """

    id: str
    session: str
    state: RecordState
    title: str
    datasets: int = 0
    bytes: int = 0
    activities: int = 0
    failed: int = 0
    clock: str = ""
    cover: str | None = None
    built: datetime | None = None


@dataclass(frozen=True)
class RecordBuild:
    """One building of a finished record that made it another: what came, went and changed since the one before.

    number: 1 for the first. added, removed, changed: ids of datasets. text: the same in words.
    """

    record: str
    number: int
    at: datetime
    text: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settlement:
    """What a person decided about something that waited for one. Taken back, it is gone; the history keeps it.

    about: a dataset's session, its failed steps, its being gone, its worth; a booking nobody used.
    decision: `session`: the dataset belongs to `session`; `nobody`: to none; `dismissed`: seen, and nothing to be done;
    `bad`: what rests on it is not to be trusted.
    """

    thing: str
    about: Question
    decision: Decision
    by: str
    at: datetime
    session: str | None = None
    note: str = ""
