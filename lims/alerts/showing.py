"""A saved search as its owner sees it, with what is new for it and what keeps it from telling."""

from collections.abc import Iterable

from lims.catalog import View
from lims.catalog.saved import Unread
from lims.model import Delivery, SavedSearch, SavedSearchView, SearchNotice, SearchWatch

MOST_NEWEST = 100
"""So many ids stand in the address of a page."""


def searches_of(view: View) -> list[SavedSearchView]:
    """Those of who looks, by name; staff do not find other people's among theirs."""
    return shown(view, view.saved_searches(view.principal.name))


def shown(view: View, searches: Iterable[SavedSearch]) -> list[SavedSearchView]:
    unread = view.unread(MOST_NEWEST)
    watches = {one.search: one for one in view.search_watches()}
    notices = view.search_notices()
    return [
        as_shown(one, watches.get(one.id), unread.get(one.id), [two for two in notices if two.search == one.id])
        for one in searches
    ]


def as_shown(
    saved: SavedSearch, watch: SearchWatch | None, unread: Unread | None, notices: Iterable[SearchNotice]
) -> SavedSearchView:
    return SavedSearchView(
        id=saved.id,
        name=saved.name,
        query=saved.query,
        kind=saved.kind,
        filters=saved.filters,
        sort=saved.sort,
        created=saved.created,
        page=saved.alert.page,
        mail=saved.alert.mail,
        webhook=saved.alert.webhook,
        secret=watch.secret if watch else "",
        unread=unread.count if unread else 0,
        newest=unread.newest if unread else (),
        until=unread.until if unread else None,
        trouble=watch.trouble if watch else "",
        deliveries=tuple(Delivery(one.channel, one.due, one.attempts, one.reason) for one in notices),
    )
