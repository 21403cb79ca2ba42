"""Which times a session may have.

Two sessions on one instrument never overlap, not even one person's: a file belongs to whoever had the instrument when
it was written, and with two answers it would belong to nobody. Who came early corrects the earlier session's end.
Where the facility says that an instrument has several places to work at (`overlapping`), folders tell whose files are
whose, and only one person's own sessions never overlap.
"""

from datetime import UTC, datetime, timedelta

from lims.catalog import View
from lims.errors import Conflict, Invalid, SessionStillOpen
from lims.logbook.times import check_not_future, shown
from lims.model import Instrument, Session

EARLIEST = datetime(1930, 1, 1, tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


def check_window(start: datetime, end: datetime | None, instrument: Instrument, now: datetime) -> None:
    """Raises Invalid where a time is still to come, or the end is not after the start."""
    zone = instrument.timezone
    if start < EARLIEST:
        raise Invalid(f"{start.date()} is long before there were such instruments.", hint="Check the year.")
    check_not_future(start, zone, now)
    if end is None:
        return
    check_not_future(end, zone, now)
    if end <= start:
        raise Invalid(
            f"The session would end, {shown(end, zone)}, before it starts, {shown(start, zone)}.",
            hint="Times without an offset are read in the instrument's time zone; write both the same way.",
        )


def check_alone(own: View, all_seeing: View, session: Session, instrument: Instrument) -> None:
    """Raises Conflict where another session overlaps; it is named to those who may see it.

    all_seeing: a view of everything, in the same transaction, so that nothing can come between.
    """
    window = (session.start, session.end or FOREVER)
    others = [
        one
        for one in all_seeing.sessions(instrument=instrument.id, overlaps=window, limit=None)
        if one.id != session.id and one.state != "cancelled" and may_collide(one, session, instrument)
    ]
    if not others:
        return
    still_open = next((one for one in others if one.is_open), None)
    if still_open and session.end is None:
        raise SessionStillOpen(still_open.id, instrument.name, still_open.user)
    raise overlap(own, others[0], instrument)


def may_collide(one: Session, other: Session, instrument: Instrument) -> bool:
    return not instrument.overlapping or one.user == other.user


def overlap(own: View, other: Session, instrument: Instrument) -> Conflict:
    seen = {one.id for one in own.sessions(instrument=instrument.id, limit=None)}
    if other.id not in seen:
        return Conflict(
            f"Somebody else's session on {instrument.name} overlaps that time.",
            hint="Correct the times, or ask the staff to.",
        )
    until = f"to {shown(other.end, instrument.timezone)}" if other.end else "and is still open"
    return Conflict(
        f"Session {other.id} of {other.user} on {instrument.name} overlaps: from "
        f"{shown(other.start, instrument.timezone)} {until}.",
        hint=f"Correct the times here, or there: lims session edit {other.id}",
    )
