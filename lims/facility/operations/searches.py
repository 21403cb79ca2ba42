"""Searches that the asker has saved, and what is new for them."""

from collections.abc import Sequence
from datetime import datetime

from lims import alerts as telling
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.model import Alert, Principal, SavedSearch, SavedSearchView, SearchKind


@operation
def searches(desk: Desk, principal: Principal) -> list[SavedSearchView]:
    """The asker's saved searches, by name, each with what is new for it and how its alert fares."""
    return telling.searches_of(desk.catalog.view(principal))


@operation
def alerts(desk: Desk, principal: Principal) -> list[SavedSearchView]:
    """Those of the asker's saved searches for which there is something new that they have not looked at."""
    return [one for one in searches(desk, principal) if one.unread]


@operation
def save_search(
    desk: Desk,
    principal: Principal,
    name: str,
    query: str = "",
    kind: SearchKind = "record",
    filters: dict[str, Sequence[str]] | None = None,
    sort: str = "newest",
    request_key: str | None = None,
) -> SavedSearchView:
    """Save a search under a name, or replace the asker's one of that name; an alert that is on stays on.

    filters: field -> chosen values.
    """
    saved = telling.save_search(
        desk.catalog, principal, name=name, query=query, kind=kind, filters=filters, sort=sort, request_key=request_key
    )
    return now_shown(desk, principal, saved)


@operation
def rename_search(
    desk: Desk, principal: Principal, search: str, name: str, request_key: str | None = None
) -> SavedSearchView:
    """Give a saved search another name."""
    saved = telling.rename_search(desk.catalog, principal, search, name=name, request_key=request_key)
    return now_shown(desk, principal, saved)


@operation
def remove_search(
    desk: Desk, principal: Principal, search: str, request_key: str | None = None
) -> SavedSearchView:
    """Remove a saved search, with its alert and what that has told; answers with what it was."""
    saved = telling.remove_search(desk.catalog, principal, search, request_key=request_key)
    return now_shown(desk, principal, saved)


@operation
def set_alert(
    desk: Desk,
    principal: Principal,
    search: str,
    page: bool = False,
    mail: bool = False,
    webhook: str = "",
    request_key: str | None = None,
) -> SavedSearchView:
    """Say how the asker hears of new datasets that match, from now on; nothing of it turns the alert off.

    webhook: an address whose host facility.toml allows. Messages to it are signed with the answer's `secret`.
    """
    alert = Alert(page, mail, webhook.strip())
    saved = telling.set_alert(desk.catalog, desk.settings, principal, search, alert, request_key=request_key)
    return now_shown(desk, principal, saved)


@operation
def mark_seen(
    desk: Desk, principal: Principal, search: str, until: datetime | None = None, request_key: str | None = None
) -> SavedSearchView:
    """What was told of a search is new no more; with `until`, what was told up to then."""
    saved = telling.mark_seen(desk.catalog, principal, search, until=until, request_key=request_key)
    return now_shown(desk, principal, saved)


def now_shown(desk: Desk, principal: Principal, saved: SavedSearch) -> SavedSearchView:
    (shown,) = telling.shown(desk.catalog.view(principal), [saved])
    return shown
