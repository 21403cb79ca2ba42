"""One page of the logbook: a session and its record, changed together in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lims.access import check_may_edit
from lims.catalog import Catalog, Transaction, View
from lims.errors import Conflict, NotFound
from lims.logbook.names import used_first
from lims.model import (
    EventKind,
    Instrument,
    Principal,
    Record,
    RecordState,
    Session,
    SessionEvent,
    new_id,
    record_id_of,
)

SECOND = timedelta(seconds=1)


def write_page(
    catalog: Catalog, principal: Principal, request_key: str | None, entry: Callable[["Page"], Session]
) -> Session:
    """Run `entry` as one transaction; the same request key is answered with the first answer."""
    return catalog.write(lambda change: entry(Page(change, principal)), by=principal, request_key=request_key)


@dataclass
class Page:
    """own: what the writer sees. all_seeing: what the rules must see. Both inside the transaction."""

    change: Transaction
    principal: Principal
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def own(self) -> View:
        return self.change.view

    @property
    def all_seeing(self) -> View:
        return self.change.unrestricted

    def editable(self, session_id: str) -> Session:
        """Raises NoSuchThing, Forbidden."""
        session = self.own.session(session_id)
        check_may_edit(self.principal, session)
        return session

    def live(self, session_id: str, wish: str) -> Session:
        """An editable session that is not cancelled. Raises Conflict."""
        session = self.editable(session_id)
        if session.state == "cancelled":
            raise Conflict(
                f"Session {session.id} was cancelled; it cannot be {wish}.",
                hint=f"Bring it back first: lims session reopen {session.id}",
            )
        return session

    def instrument(self, session: Session) -> Instrument:
        return self.own.instrument(session.instrument)

    def put(
        self, session: Session, kind: EventKind, *, at: datetime | None = None, text: str = "",
        detail: dict[str, object] | None = None,
    ) -> Session:
        """Write the session with the event that changed it, and whoever it names for the first time."""
        event = SessionEvent(new_id("event"), session.id, kind, at or self.now, self.principal.name, text, detail)
        self.change.put_all(used_first(self.all_seeing, session), action="session.name")
        self.change.put(session, action=f"session.{kind}")
        self.change.put(event, action=f"session.{kind}")
        return session

    def put_record(self, session: Session, state: RecordState) -> None:
        """The session's record in a new state; the harvest takes `open` and `building` records from here."""
        title = session.title or self.default_title(session)
        try:
            record = replace(self.all_seeing.record(record_id_of(session.id)), state=state, title=title)
        except NotFound:
            record = Record(record_id_of(session.id), session.id, state, title)
        self.change.put(record, action="record.state")

    def default_title(self, session: Session) -> str:
        instrument = self.instrument(session)
        return f"{instrument.name}, {session.start.astimezone(ZoneInfo(instrument.timezone)):%Y-%m-%d}"

    def last_file(self, session: Session) -> datetime | None:
        """Just after the session's newest file, so that the file is inside [start, end).

        One that has been found and not been read yet is in no session so far; it was written in this one all the same.
        """
        window = (session.start, session.end or self.now)
        free = self.all_seeing.datasets(instrument=session.instrument, without_session=True, between=window)
        found = [*self.all_seeing.datasets(session=session.id), *(one for one in free if one.owner is None)]
        times = [one.acquired or one.modified for one in found]
        return max(times).replace(microsecond=0) + SECOND if times else None

    def free_files(self, session: Session) -> None:
        """Take a session's files and activities off it; the harvest finds them another place."""
        freed = [replace(one, session=None, activity=None) for one in self.all_seeing.datasets(session=session.id)]
        self.change.put_all(freed, action="dataset.free")
        for activity in self.all_seeing.activities(session.id):
            self.change.remove(activity, action="session.free")
