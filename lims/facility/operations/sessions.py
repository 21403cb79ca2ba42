"""The logbook: who had which instrument, when and why."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from lims import logbook
from lims.access import may_edit
from lims.facility.assemble import originals, tiles_of
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.views import Choices, History, InstrumentNow, SessionView
from lims.model import Instrument, Principal, Reservation, Session, record_id_of


@operation
def instruments(desk: Desk, principal: Principal) -> list[Instrument]:
    """The instruments of the facility."""
    return desk.catalog.view(principal).instruments()


@operation
def instrument_now(desk: Desk, principal: Principal, instrument: str) -> InstrumentNow:
    """Who has an instrument at this moment, and today's bookings of it."""
    view = desk.catalog.view(principal)
    found = view.instrument(instrument)
    now = datetime.now(UTC)
    day = (now.replace(hour=0, minute=0, second=0, microsecond=0), now.replace(hour=23, minute=59, second=59))
    opened = view.open_on(found.id)
    last = max((at for one in opened if (at := view.last_file(one.id))), default=None)
    return InstrumentNow(found, tuple(opened), tuple(view.reservations(instrument=found.id, overlaps=day)), last)


@operation
def choices(desk: Desk, principal: Principal) -> Choices:
    """What the session form may suggest to this person."""
    view = desk.catalog.view(principal)
    mine = view.sessions(user=principal.name, limit=1)
    return Choices(
        tuple(view.instruments()),
        tuple(view.people()),
        tuple(view.projects()),
        tuple(view.samples()),
        mine[0] if mine else None,
    )


@operation
def reservations(
    desk: Desk,
    principal: Principal,
    instrument: str | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
) -> list[Reservation]:
    """Bookings that overlap [after, before)."""
    window = None
    if after is not None or before is not None:
        window = (after or datetime.min.replace(tzinfo=UTC), before or datetime.max.replace(tzinfo=UTC))
    return desk.catalog.view(principal).reservations(instrument=instrument, overlaps=window)


@operation
def sessions(
    desk: Desk,
    principal: Principal,
    instrument: str | None = None,
    user: str | None = None,
    state: str | None = None,
    limit: int = 50,
    near: datetime | None = None,
) -> list[Session]:
    """Sessions the asker may see, newest first; with `near`, those first that were nearest to it in time."""
    view, states = desk.catalog.view(principal), (state,) if state else ()
    return view.sessions(instrument=instrument, user=user, states=states, near=near, limit=limit)


@operation
def session(desk: Desk, principal: Principal, session: str) -> SessionView:
    """One session with its events and the files that have arrived."""
    view = desk.catalog.view(principal)
    found = view.session(session)
    tiles = tiles_of(view, originals(view.datasets(session=session)))
    return SessionView(
        session=found,
        instrument=view.instrument(found.instrument),
        record=record_id_of(found.id),
        events=tuple(view.events(found.id)),
        reservation=view.reservation(found.reservation) if found.reservation else None,
        tiles=tiles,
        bytes=sum(tile.bytes for tile in tiles),
        last_file=view.last_file(found.id),
        may_edit=may_edit(principal, found),
    )


@operation
def start_session(
    desk: Desk,
    principal: Principal,
    instrument: str,
    user: str | None = None,
    people: Sequence[str] = (),
    project: str | None = None,
    sample: str | None = None,
    title: str = "",
    notes: str = "",
    at: datetime | None = None,
    end: datetime | None = None,
    reservation: str | None = None,
    end_other: bool = False,
    request_key: str | None = None,
) -> Session:
    """Start a session now or `at`; with `end`, log one that already happened.

    end_other: end somebody else's open session on the instrument at its last file, then start.
    """
    if end_other:
        desk.harvester.notice(logbook.find_instrument(desk.catalog.view(principal).instruments(), instrument).id)
    return logbook.start_session(
        desk.catalog,
        principal,
        instrument=instrument,
        user=user,
        people=tuple(people),
        project=project,
        sample=sample,
        title=title,
        notes=notes,
        at=at,
        end=end,
        reservation=reservation,
        end_other=end_other,
        request_key=request_key,
    )


@operation
def note_session(
    desk: Desk,
    principal: Principal,
    session: str,
    text: str,
    at: datetime | None = None,
    request_key: str | None = None,
) -> Session:
    """Write down what happened."""
    return logbook.note_session(desk.catalog, principal, session, text=text, at=at, request_key=request_key)


@operation
def edit_note(
    desk: Desk, principal: Principal, session: str, event: str, text: str, request_key: str | None = None
) -> Session:
    """Correct a note; the old wording stays in the history."""
    return logbook.edit_note(desk.catalog, principal, session, event, text=text, request_key=request_key)


@operation
def pause_session(desk: Desk, principal: Principal, session: str, request_key: str | None = None) -> Session:
    """Pause an open session."""
    return logbook.pause_session(desk.catalog, principal, session, request_key=request_key)


@operation
def resume_session(desk: Desk, principal: Principal, session: str, request_key: str | None = None) -> Session:
    """Go on with a paused session."""
    return logbook.resume_session(desk.catalog, principal, session, request_key=request_key)


@operation
def end_session(
    desk: Desk,
    principal: Principal,
    session: str,
    at: datetime | Literal["last-file"] | None = None,
    request_key: str | None = None,
) -> Session:
    """End a session now, `at` a time, or at its last file."""
    if at == "last-file":
        desk.harvester.notice(desk.catalog.view(principal).session(session).instrument)
    return logbook.end_session(desk.catalog, principal, session, at=at, request_key=request_key)


@operation
def edit_session(
    desk: Desk, principal: Principal, session: str, changes: dict[str, Any], request_key: str | None = None
) -> Session:
    """Correct what was logged; `changes` maps fields to their new values."""
    return logbook.edit_session(desk.catalog, principal, session, changes=changes, request_key=request_key)


@operation
def cancel_session(
    desk: Desk, principal: Principal, session: str, reason: str = "", request_key: str | None = None
) -> Session:
    """Cancel a session that should not have been logged; its files become free again."""
    return logbook.cancel_session(desk.catalog, principal, session, reason=reason, request_key=request_key)


@operation
def reopen_session(desk: Desk, principal: Principal, session: str, request_key: str | None = None) -> Session:
    """Open an ended or cancelled session again."""
    return logbook.reopen_session(desk.catalog, principal, session, request_key=request_key)


@operation
def history(desk: Desk, principal: Principal, thing: str) -> History:
    """Every change of one thing, oldest first."""
    return History(thing, tuple(desk.catalog.view(principal).history(thing)))
