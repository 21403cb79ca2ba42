from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SessionState = Literal["open", "paused", "ended", "cancelled"]
EventKind = Literal["start", "note", "pause", "resume", "end", "edit", "cancel", "reopen"]


@dataclass(frozen=True)
class Reservation:
    """A booking from a calendar. uid: the calendar's own identifier."""

    id: str
    instrument: str
    user: str
    title: str
    start: datetime
    end: datetime
    project: str | None = None
    sample: str | None = None
    uid: str = ""


@dataclass(frozen=True)
class Session:
    """A person's time on an instrument, [start, end), UTC.

    user: for whom the time was. people: who else worked on it. operator: who logged it.
    title: what for. end: None while open or paused.
    """

    id: str
    instrument: str
    user: str
    operator: str
    start: datetime
    title: str = ""
    people: tuple[str, ...] = ()
    project: str | None = None
    sample: str | None = None
    notes: str = ""
    end: datetime | None = None
    state: SessionState = "open"
    reservation: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in ("open", "paused")


@dataclass(frozen=True)
class SessionEvent:
    """Something that happened in a session at a time, told by a person. Never deleted; an edit is another event.

    detail: for an edit, {field: [before, after]}.
    """

    id: str
    session: str
    kind: EventKind
    at: datetime
    by: str
    text: str = ""
    detail: dict[str, object] | None = None
