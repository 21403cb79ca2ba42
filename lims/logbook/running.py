"""What happens to a session once it is there."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from lims.catalog import Catalog
from lims.errors import Conflict, Invalid
from lims.logbook.page import Page, write_page
from lims.logbook.times import check_not_future, moment_of, shown
from lims.logbook.windows import check_alone, check_window
from lims.model import Principal, Session


def note_session(
    catalog: Catalog, principal: Principal, session_id: str, *, text: str, at: datetime | None = None,
    request_key: str | None = None,
) -> Session:
    """Write down what happened, now or `at`; also after the session has ended. Raises Invalid for an empty note."""
    if not text.strip():
        raise Invalid("The note is empty.", hint="Write what happened.")

    def note(page: Page) -> Session:
        session = page.live(session_id, "annotated")
        zone = page.instrument(session).timezone
        moment = moment_of(at, zone) if at else page.now
        check_not_future(moment, zone, page.now)
        return page.put(session, "note", at=moment, text=text.strip())

    return write_page(catalog, principal, request_key, note)


def pause_session(
    catalog: Catalog, principal: Principal, session_id: str, *, request_key: str | None = None
) -> Session:
    """Pause an open session. Its files still belong to it. Raises Conflict."""

    def pause(page: Page) -> Session:
        session = page.live(session_id, "paused")
        if session.state != "open":
            raise Conflict(f"Session {session.id} is {session.state}, not running.")
        return page.put(replace(session, state="paused"), "pause")

    return write_page(catalog, principal, request_key, pause)


def resume_session(
    catalog: Catalog, principal: Principal, session_id: str, *, request_key: str | None = None
) -> Session:
    """Go on with a paused session. Raises Conflict."""

    def resume(page: Page) -> Session:
        session = page.live(session_id, "resumed")
        if session.state != "paused":
            raise Conflict(f"Session {session.id} is {session.state}, not paused.")
        return page.put(replace(session, state="open"), "resume")

    return write_page(catalog, principal, request_key, resume)


def end_session(
    catalog: Catalog, principal: Principal, session_id: str, *, at: datetime | Literal["last-file"] | None = None,
    request_key: str | None = None,
) -> Session:
    """End a session now, `at` a time, or just after its last file.

    The record goes to `building` in the same transaction: from then on the harvest owes it.
    Raises Conflict where it has already ended or has no file yet, Invalid for a time before its start.
    """

    def end(page: Page) -> Session:
        session = page.live(session_id, "ended")
        place = page.instrument(session)
        if session.end is not None:
            raise Conflict(
                f"Session {session.id} has already ended, {shown(session.end, place.timezone)}.",
                hint=f"To correct that: lims session edit {session.id} --end TIME",
            )
        moment = ending(page, session, at, place.timezone)
        check_window(session.start, moment, place, page.now)
        ended = replace(session, end=moment, state="ended")
        check_alone(page.own, page.all_seeing, ended, place)
        page.put(ended, "end", at=moment)
        page.put_record(ended, "building")
        return ended

    return write_page(catalog, principal, request_key, end)


def ending(page: Page, session: Session, at: datetime | Literal["last-file"] | None, timezone: str) -> datetime:
    if at is None:
        return max(page.now, session.start)
    if at != "last-file":
        return moment_of(at, timezone)
    last = page.last_file(session)
    if last is None:
        raise Conflict(f"No file of session {session.id} has arrived yet.", hint="End it now, or at a time.")
    return last


def cancel_session(
    catalog: Catalog, principal: Principal, session_id: str, *, reason: str = "", request_key: str | None = None
) -> Session:
    """Cancel a session that should not have been logged; its files become free again. Raises Conflict."""

    def cancel(page: Page) -> Session:
        session = replace(page.live(session_id, "cancelled again"), state="cancelled")
        page.put(session, "cancel", text=reason.strip())
        page.free_files(session)
        page.put_record(session, "cancelled")
        return session

    return write_page(catalog, principal, request_key, cancel)


def reopen_session(
    catalog: Catalog, principal: Principal, session_id: str, *, request_key: str | None = None
) -> Session:
    """Open an ended session again; bring a cancelled one back to what it was (open, or ended at its time).

    Raises SessionStillOpen or Conflict where somebody else has had the instrument since.
    """

    def reopen(page: Page) -> Session:
        session = page.editable(session_id)
        if session.is_open:
            raise Conflict(f"Session {session.id} is open.")
        was_cancelled_late = session.state == "cancelled" and session.end is not None
        again = replace(session, state="ended") if was_cancelled_late else replace(session, state="open", end=None)
        check_alone(page.own, page.all_seeing, again, page.instrument(again))
        page.put(again, "reopen")
        page.put_record(again, "building" if again.end else "open")
        return again

    return write_page(catalog, principal, request_key, reopen)
