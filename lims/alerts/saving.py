"""What people do with their searches. Each is one change; whose search it is, its owner alone knows."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from lims.alerts.channels import check_channels
from lims.catalog import Catalog, Transaction, View
from lims.errors import Conflict, Invalid, NoSuchThing
from lims.model import Alert, Principal, SavedSearch, SearchKind, SearchNews, SearchNotice, SearchWatch, new_id
from lims.settings import Settings

LONGEST_NAME = 80
LONGEST_QUERY = 2000
LONGEST_FILTERS = 20_000
MOST_SEARCHES = 200
"""Each with an alert is asked whenever new files come."""


def save_search(
    catalog: Catalog,
    principal: Principal,
    *,
    name: str,
    query: str,
    kind: SearchKind = "record",
    filters: Mapping[str, Sequence[str]] | None = None,
    sort: str = "newest",
    request_key: str | None = None,
) -> SavedSearch:
    """Save it, or replace the one of that name; its alert stays as it is.

    Raises Invalid for what is no name, and for a query that cannot be understood with the character where.
    """
    name = checked_name(name)
    chosen = {field: tuple(values) for field, values in (filters or {}).items() if values}
    check_query(catalog.view(principal), query, kind, chosen, sort)

    def put(change: Transaction) -> SavedSearch:
        mine = change.view.saved_searches(principal.name)
        known = next((one for one in mine if one.name == name), None)
        if known is None and len(mine) >= MOST_SEARCHES:
            raise Conflict(f"You have {MOST_SEARCHES} saved searches already.", hint="Remove one that you do not need.")
        old = known or SavedSearch(new_id("saved_search"), principal.name, name, query, kind, datetime.now(UTC))
        saved = replace(old, query=query, kind=kind, filters=chosen, sort=sort)
        change.put(saved, action="search.save")
        for watch in change.view.search_watches(saved.id):
            change.put(replace(watch, trouble=""), action="search.save")
        return saved

    return catalog.write(put, by=principal, request_key=request_key)


def rename_search(
    catalog: Catalog, principal: Principal, search_id: str, *, name: str, request_key: str | None = None
) -> SavedSearch:
    """Raises Conflict where another one has that name."""
    name = checked_name(name)

    def put(change: Transaction) -> SavedSearch:
        saved = replace(own(change.view, principal, search_id), name=name)
        if any(one.name == name and one.id != saved.id for one in change.view.saved_searches(principal.name)):
            raise Conflict(f"You have a search {name!r} already.", hint="Choose another name, or remove that one.")
        change.put(saved, action="search.rename")
        return saved

    return catalog.write(put, by=principal, request_key=request_key)


def remove_search(
    catalog: Catalog, principal: Principal, search_id: str, *, request_key: str | None = None
) -> SavedSearch:
    """Also what it has told, and messages that have not gone out yet."""

    def remove(change: Transaction) -> SavedSearch:
        saved = own(change.view, principal, search_id)
        forget(change, saved)
        change.remove(saved, action="search.remove")
        return saved

    return catalog.write(remove, by=principal, request_key=request_key)


def set_alert(
    catalog: Catalog,
    settings: Settings,
    principal: Principal,
    search_id: str,
    alert: Alert,
    *,
    request_key: str | None = None,
) -> SavedSearch:
    """From now on; what matches already is not new. Turned off, it forgets what it has told.

    Raises Invalid or Forbidden where a channel cannot be had here.
    """

    def put(change: Transaction) -> SavedSearch:
        saved = replace(own(change.view, principal, search_id), alert=alert)
        check_channels(settings, change.unrestricted, principal.name, alert)
        change.put(saved, action="search.alert")
        if alert.is_on:
            keep_watch(change, saved)
        else:
            forget(change, saved)
        return saved

    return catalog.write(put, by=principal, request_key=request_key)


def keep_watch(change: Transaction, saved: SavedSearch) -> None:
    view, alert = change.unrestricted, saved.alert
    watch = next(iter(view.search_watches(saved.id)), SearchWatch(saved.id, datetime.now(UTC)))
    secret = watch.secret or secrets.token_hex(32)
    change.put(replace(watch, secret=secret if alert.webhook else ""), action="search.alert")
    for notice in view.search_notices(saved.id):
        if notice.channel not in alert.channels:
            change.remove(notice, action="search.alert")
    if not alert.page:
        unseen = view.search_news(saved.id, is_seen=False)
        change.put_all([replace(one, is_seen=True) for one in unseen], action="search.alert")


def forget(change: Transaction, saved: SavedSearch) -> None:
    view = change.unrestricted
    told: tuple[SearchWatch | SearchNews | SearchNotice, ...] = (
        *view.search_watches(saved.id), *view.search_news(saved.id), *view.search_notices(saved.id),
    )
    for one in told:
        change.remove(one, action="search.alert")


def mark_seen(
    catalog: Catalog,
    principal: Principal,
    search_id: str,
    *,
    until: datetime | None = None,
    request_key: str | None = None,
) -> SavedSearch:
    """What was told up to then, or so far, is new no more."""

    def put(change: Transaction) -> SavedSearch:
        saved = own(change.view, principal, search_id)
        unseen = change.view.search_news(saved.id, is_seen=False)
        seen = [replace(one, is_seen=True) for one in unseen if until is None or one.at <= until]
        change.put_all(seen, action="search.seen")
        return saved

    return catalog.write(put, by=principal, request_key=request_key)


def own(view: View, principal: Principal, search_id: str) -> SavedSearch:
    """Raises NoSuchThing for anybody else's, to staff as well: nobody changes what another is told."""
    saved = view.saved_search(search_id)
    if saved.owner != principal.name:
        raise NoSuchThing("saved_search", search_id)
    return saved


def checked_name(name: str) -> str:
    """Raises Invalid for what does not stand on one line of a list, or in the subject of a message."""
    plain = name.strip()
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        hint = f"Use one line of 1 to {LONGEST_NAME} letters."
        raise Invalid(f"{name[:200]!r} cannot be the name of a search.", hint=hint)
    return plain


def check_query(
    view: View, query: str, kind: SearchKind, filters: Mapping[str, Sequence[str]], sort: str
) -> None:
    """Raises Invalid, as a search would."""
    if len(query) > LONGEST_QUERY:
        raise Invalid(
            f"The query has {len(query):,} characters; one that is saved may have {LONGEST_QUERY:,}.",
            hint="Use fewer words, or a tag.",
        )
    if len(json.dumps(filters)) > LONGEST_FILTERS:
        raise Invalid("These are more filters than can be saved.", hint="Choose fewer of them.")
    view.search(query, kind=kind, filters=filters, sort=sort, limit=0)
