"""What has become new since the last time, and which saved searches find it."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lims.alerts.owners import principal_of
from lims.catalog import Catalog, Transaction
from lims.catalog.saved import Newcomer
from lims.errors import Invalid, Unavailable
from lims.model import SYSTEM, SavedSearch, SearchNews, SearchNotice, SearchWatch
from lims.settings import Settings

log = logging.getLogger(__name__)
AT_A_TIME = 2000
AGAIN_S = 300.0
"""A search that cannot be asked is tried again then, or when it is saved anew."""
KEPT_EVERY = timedelta(minutes=10)
"""How far a watch may have come before that is written down, where it has found nothing."""
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Found:
    """What one search finds among the newcomers. until: as far as it was looked. trouble: why it was not.

    is_last: nothing more can be asked in this moment, for an error ends DuckDB's transactions.
    """

    saved: SavedSearch
    watch: SearchWatch
    datasets: tuple[str, ...] = ()
    until: datetime | None = None
    trouble: str = ""
    is_last: bool = False

    @property
    def is_worth_a_change(self) -> bool:
        is_far = self.until is not None and self.until - self.watch.until > KEPT_EVERY
        return bool(self.datasets) or is_far or self.trouble != self.watch.trouble


class Watcher:
    """Remembers how far it has come; after a restart it looks at a little twice, and tells nothing twice."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self.catalog = catalog
        self.settings = settings
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}
        self._not_before_s: dict[str, float] = {}
        self._last_told = datetime.min.replace(tzinfo=UTC)

    def look(self) -> int:
        """Tell what is new to every search with an alert. Answers with how many datasets were told."""
        with self._lock:
            told = 0
            while True:
                found, is_all = self.found()
                told += self.keep(found)
                if is_all:
                    return told

    def found(self) -> tuple[list[Found], bool]:
        """Of at most so many newcomers at a time; and whether these are all. In one moment of the catalog."""
        with self.catalog.at_one_moment():
            view = self.catalog.view(SYSTEM)
            watches = view.search_watches()
            if not watches:
                return [], True
            # The history is in the lake, which is ahead of memory for a moment at each commit.
            history = self.catalog.view(SYSTEM, as_of=self.catalog.snapshot())
            searches = {one.id: one for one in view.saved_searches()}
            found: list[Found] = []
            newcomers: dict[datetime, tuple[list[Newcomer], datetime]] = {}
            is_all = True
            for watch in watches:
                saved = searches.get(watch.search)
                if saved is None or time.monotonic() < self.not_before_s(watch):
                    continue
                since = max(watch.until, self._until.get(watch.search, watch.until))
                if since not in newcomers:
                    newcomers[since] = history.newcomers(since, AT_A_TIME)
                fresh, until = newcomers[since]
                found.append(self.found_by(saved, watch, [one.dataset for one in fresh], until))
                if found[-1].is_last:
                    return found, False
                is_all &= len(fresh) < AT_A_TIME or found[-1].trouble != ""
        return found, is_all

    def not_before_s(self, watch: SearchWatch) -> float:
        return self._not_before_s.get(watch.search, 0.0) if watch.trouble else 0.0

    def found_by(self, saved: SavedSearch, watch: SearchWatch, fresh: Sequence[str], until: datetime) -> Found:
        """Whatever is wrong with one search is that search's trouble, and no other's."""
        try:
            found = self.asked(saved, fresh) if fresh else ()
            # A search without news is not known to be well again.
            return Found(saved, watch, found, until, "" if fresh else watch.trouble)
        except Unavailable:
            raise
        except Invalid as error:
            told = Found(saved, watch, trouble=str(error))
        except Exception as error:  # a front door: the other searches go on
            log.exception("the saved search %s cannot be asked", saved.id)
            told = Found(saved, watch, trouble=f"It cannot be asked: {type(error).__name__}.", is_last=True)
        self._not_before_s[saved.id] = time.monotonic() + AGAIN_S
        return told

    def asked(self, saved: SavedSearch, fresh: Sequence[str]) -> tuple[str, ...]:
        """Those among the newcomers that its owner sees and finds by it, and was not told of, oldest first."""
        view = self.catalog.view(principal_of(self.settings, saved))
        told = {one.dataset for one in self.catalog.view(SYSTEM).search_news(saved.id, datasets=fresh)}
        chosen = set(saved.filters.get("id", fresh))
        new = [one for one in fresh if one not in told and one in chosen]
        if not new:
            return ()
        filters = {**saved.filters, "id": new}
        page = view.search(saved.query, kind="dataset", filters=filters, sort="oldest", limit=len(new))
        return tuple(hit.id for hit in page.items)

    # --- what was found is told ----------------------------------------------------------------------------------

    def keep(self, found: Sequence[Found]) -> int:
        worth = [one for one in found if one.is_worth_a_change]
        told = self.catalog.write(lambda change: self.tell_all(change, worth), by=SYSTEM) if worth else {}
        for one in found:
            if one.until is not None and (not one.is_worth_a_change or one.saved.id in told):
                self._until[one.saved.id] = one.until
        return sum(told.values())

    def tell_all(self, change: Transaction, found: Sequence[Found]) -> dict[str, int]:
        """{search: how many datasets}, without those that have become others since they were asked."""
        view = change.unrestricted
        searches = {one.id: one for one in view.saved_searches()}
        watches = {one.search: one for one in view.search_watches()}
        same = [one for one in found if searches.get(one.saved.id) == one.saved]
        current = [one for one in same if watches.get(one.saved.id) == one.watch]
        return {one.saved.id: self.tell(change, one) for one in current}

    def tell(self, change: Transaction, found: Found) -> int:
        """The news, the messages that have to go out, and how far the watch has come: all of it or nothing."""
        search, alert = found.saved.id, found.saved.alert
        first = self.moments(len(found.datasets))
        news = [
            SearchNews(search, one, first + number * TICK, not alert.page) for number, one in enumerate(found.datasets)
        ]
        change.put_all(news, action="search.tell")
        if news:
            waiting = {one.channel for one in change.unrestricted.search_notices(search)}
            due = first + timedelta(seconds=self.settings.alerts.digest_s)
            notices = [SearchNotice(search, one, first, due) for one in alert.channels if one not in waiting]
            change.put_all(notices, action="search.tell")
        until = max(found.watch.until, found.until or found.watch.until)
        change.put(replace(found.watch, until=until, trouble=found.trouble), action="search.tell")
        return len(news)

    def moments(self, count: int) -> datetime:
        """The first of so many moments that nothing was told at before."""
        first = max(datetime.now(UTC), self._last_told + TICK)
        self._last_told = first + count * TICK
        return first
