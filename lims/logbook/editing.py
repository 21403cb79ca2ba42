"""Correcting what was logged; what it was before stays in the history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from lims.access import check_may_log_for, check_may_rename
from lims.catalog import Catalog
from lims.errors import Conflict, Invalid, NoSuchThing
from lims.logbook.names import clean_name, clean_names, find_instrument
from lims.logbook.page import Page, write_page
from lims.logbook.times import moment_of
from lims.logbook.windows import check_alone, check_window
from lims.model import Instrument, Principal, Session, record_id_of

FIELDS = ("title", "notes", "user", "people", "project", "sample", "start", "end", "instrument")
PLACING = ("start", "end", "instrument")
"""Fields that decide which files belong to the session."""


def edit_session(
    catalog: Catalog, principal: Principal, session_id: str, *, changes: Mapping[str, Any],
    request_key: str | None = None,
) -> Session:
    """Correct what was logged. changes: field -> new value, fields as in FIELDS; times as text or datetime.

    Where times or instrument change, the record is built anew. Raises Invalid, Conflict, Forbidden.
    """
    unknown = sorted(set(changes) - set(FIELDS))
    if unknown or not changes:
        what = f"{', '.join(unknown)} cannot be edited." if unknown else "Nothing to change was given."
        raise Invalid(what, hint=f"Fields that can: {', '.join(FIELDS)}.")
    if changes.get("user"):
        check_may_log_for(principal, str(changes["user"]))

    def edit(page: Page) -> Session:
        before = page.live(session_id, "edited")
        place = page.instrument(before)
        if changes.get("instrument"):
            place = find_instrument(page.own.instruments(), str(changes["instrument"]))
        after = replace(before, **{name: cleaned(name, value, place) for name, value in changes.items()})
        check_may_rename(principal, before, after.user, after.people)
        detail = differences(before, after)
        if not detail:
            return before
        return rewrite(page, before, after, place, detail)

    return write_page(catalog, principal, request_key, edit)


def rewrite(page: Page, before: Session, after: Session, place: Instrument, detail: dict[str, object]) -> Session:
    if (before.end is None) != (after.end is None):
        raise Conflict(
            f"Session {before.id} is {before.state}: its end is not a thing to edit.",
            hint="Use: lims session end, or lims session reopen.",
        )
    is_moved = any(name in detail for name in PLACING)
    if is_moved:
        check_window(after.start, after.end, place, page.now)
        check_alone(page.own, page.all_seeing, after, place)
    page.put(after, "edit", detail=detail)
    if after.instrument != before.instrument:
        page.free_files(before)
    state = page.all_seeing.record(record_id_of(after.id)).state
    page.put_record(after, "building" if is_moved and after.end else state)
    return after


def cleaned(name: str, value: Any, place: Instrument) -> Any:
    """A new value as the session holds it. Raises Invalid."""
    if name in ("title", "notes"):
        return text_of(name, value).strip()
    if name == "people":
        return clean_names("person", (text_of(name, one) for one in listed(value)))
    if name in ("project", "sample"):
        return clean_name(name, text_of(name, value)) if value else None
    if name in ("start", "end"):
        return moment(name, value, place.timezone)
    return place.id if name == "instrument" else clean_name("person", text_of(name, value))


def text_of(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{name} must be text, not {value!r}.")
    return value


def listed(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise Invalid("people is a list of names.", hint='Write ["ada", "bob"].')
    return list(value)


def moment(name: str, value: Any, timezone: str) -> datetime | None:
    if value is None and name == "end":
        return None
    if not isinstance(value, str | datetime):
        raise Invalid(f"{name} must be a time, not {value!r}.")
    return moment_of(value, timezone)


def differences(before: Session, after: Session) -> dict[str, object]:
    """{field: [before, after]} of what differs, JSON-able."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in FIELDS}
    return {name: [plain(old), plain(new)] for name, (old, new) in pairs.items() if old != new}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def edit_note(
    catalog: Catalog, principal: Principal, session_id: str, event_id: str, *, text: str,
    request_key: str | None = None,
) -> Session:
    """Correct a note; its old wording stays in an event of its own. Raises Invalid where the event is no note."""
    if not text.strip():
        raise Invalid("The note is empty.", hint="A note is corrected, not erased: write what is true.")

    def edit(page: Page) -> Session:
        session = page.live(session_id, "edited")
        found = [one for one in page.own.events(session.id) if one.id == event_id]
        if not found:
            raise NoSuchThing("event", event_id)
        if found[0].kind != "note":
            raise Invalid(f"{event_id} is not a note.", hint="To correct the rest, edit the session.")
        if found[0].text == text.strip():
            return session
        page.change.put(replace(found[0], text=text.strip()), action="session.edit")
        return page.put(session, "edit", detail={f"note {event_id}": [found[0].text, text.strip()]})

    return write_page(catalog, principal, request_key, edit)
