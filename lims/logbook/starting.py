"""Starting a session, now or in the past."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lims.access import check_may_log_for, may_edit
from lims.catalog import Catalog
from lims.errors import Conflict, Forbidden, Invalid
from lims.logbook.names import clean_name, clean_names, find_instrument
from lims.logbook.page import SECOND, Page, write_page
from lims.logbook.times import moment_of, shown
from lims.logbook.windows import check_alone, check_window
from lims.model import Instrument, Principal, Reservation, Session, new_id


def start_session(
    catalog: Catalog,
    principal: Principal,
    *,
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

    instrument: id, name, or the beginning of one. at, end: without offset, in the instrument's time zone.
    end_other: first end the session that is still open there, at its last file (now, where it has none); the audit
    says who did. With `at` or `end` only for whom that session is theirs to change.
    Raises SessionStillOpen, Conflict (overlap), Invalid, Forbidden (somebody else's name), NotFound.
    """
    check_may_log_for(principal, user or principal.name)
    if isinstance(people, str):
        raise Invalid("people is a list of names.", hint='Write ["ada", "bob"].')

    def start(page: Page) -> Session:
        place = find_instrument(page.own.instruments(), instrument)
        session = Session(
            id=new_id("session"),
            instrument=place.id,
            user=clean_name("person", user or principal.name),
            operator=principal.name,
            start=moment_of(at, place.timezone) if at else page.now,
            end=moment_of(end, place.timezone) if end else None,
            title=title.strip(),
            people=clean_names("person", people),
            project=clean_name("project", project) if project else None,
            sample=clean_name("sample", sample) if sample else None,
            notes=notes.strip(),
            state="ended" if end else "open",
        )
        return enter(page, place, session, reservation, end_other=end_other)

    return write_page(catalog, principal, request_key, start)


def enter(page: Page, place: Instrument, session: Session, reservation: str | None, *, end_other: bool) -> Session:
    check_window(session.start, session.end, place, page.now)
    if end_other:
        # Whoever could set their start back could cut another's session short, and get its files.
        is_now = session.start == page.now
        for other in page.all_seeing.sessions(instrument=place.id, states=("open", "paused"), limit=None):
            if not is_now and not may_edit(page.principal, other):
                raise Forbidden(
                    f"Only staff may end {other.user}'s session on {place.name} in the past.",
                    hint="Start yours now, without a time, or ask the staff.",
                )
            end_for(page, other, session.start, place)
    check_alone(page.own, page.all_seeing, session, place)
    session = with_booking(session, booking_of(page, session, reservation))
    page.put(session, "start", at=session.start)
    if session.end:
        page.put(session, "end", at=session.end)
    page.put_record(session, "building" if session.end else "open")
    return session


def end_for(page: Page, other: Session, before: datetime, place: Instrument) -> None:
    """End somebody's forgotten session at its last file, or when the next one starts."""
    end = min(page.last_file(other) or before, before)
    if end <= other.start:
        if other.start > before:
            raise Conflict(
                f"{other.user}'s session on {place.name} only began {shown(other.start, place.timezone)}.",
                hint="Start yours after that.",
            )
        end = other.start + SECOND
    ended = replace(other, end=end, state="ended")
    page.put(ended, "end", at=end, text=f"ended by {page.principal.name}, who came next")
    page.put_record(ended, "building")


def booking_of(page: Page, session: Session, reservation: str | None) -> Reservation | None:
    """The booking named, else the one of this user and instrument that shares the most time with the session."""
    if reservation:
        named = page.own.reservation(reservation)
        if named.instrument != session.instrument:
            raise Invalid(f"Booking {named.id} is for another instrument ({named.instrument}).")
        return named
    window = (session.start, session.end or session.start + SECOND)
    booked = page.all_seeing.reservations(instrument=session.instrument, overlaps=window)
    mine = [one for one in booked if one.user == session.user]
    return max(mine, key=lambda one: min(one.end, window[1]) - max(one.start, window[0]), default=None)


def with_booking(session: Session, booking: Reservation | None) -> Session:
    """What the booking already says need not be typed again."""
    if booking is None:
        return session
    return replace(
        session,
        reservation=booking.id,
        title=session.title or booking.title,
        project=session.project or booking.project,
        sample=session.sample or booking.sample,
    )
