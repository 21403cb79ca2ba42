"""What is asked of saved searches: whose they are, what is new for them, what has to go out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lims.catalog import codec
from lims.catalog.asking import Asking
from lims.catalog.where import ANY_OF, where
from lims.model import Channel, SavedSearch, SearchNews, SearchNotice, SearchWatch


@dataclass(frozen=True)
class Newcomer:
    """at: the time in the history of the change that made it one."""

    dataset: str
    at: datetime


@dataclass(frozen=True)
class Unread:
    """newest: ids, the newest first. until: when the last of all was told."""

    count: int
    newest: tuple[str, ...]
    until: datetime


# A dataset is new when it has been read for the first time, or found to be unreadable: before that nobody knows what it
# is. So it is when other bytes have come under its name, and to whoever gets it into a session later. Tags say nothing
# about that, nor do second readings of the same, corrections, and moves from one session to another.
NEWCOMERS = """
WITH later AS (SELECT * FROM audit WHERE "at" > $since)
SELECT (SELECT max("at") FROM later) AS until, (
  SELECT list({'dataset': "thing", 'at': "at"} ORDER BY "at", "thing") FROM (
    SELECT l."thing", max(l."at") AS "at" FROM later l JOIN dataset d ON l."thing" = d."id"
    WHERE l."kind" = 'dataset' AND d."status" IN ('extracted', 'failed') AND d."copy_of" IS NULL
      AND (l."before" IS NULL AND l."action" <> 'tag' OR l."action" = 'dataset.other_content'
        OR contains(l."before", '"status":"registered"') AND d."status" = 'failed'
        OR contains(l."before", '"session":null'))
    GROUP BY 1 ORDER BY 2, 1 LIMIT $limit)
) AS items"""

UNREAD = """
SELECT "search", count(*) AS n, max("at") AS until, list("dataset" ORDER BY "at" DESC)[:$most] AS newest
FROM search_news WHERE NOT "is_seen" AND "dataset" IN (SELECT "id" FROM dataset) GROUP BY 1"""


class Saved(Asking):
    """That part of a `View` which is about saved searches."""

    def saved_searches(self, owner: str | None = None) -> list[SavedSearch]:
        return self._many(SavedSearch, where('"owner" = $owner', owner=owner), 'lower("name"), "name", "id"')

    def saved_search(self, search_id: str) -> SavedSearch:
        return self._one(SavedSearch, search_id)

    def search_watches(self, search: str | None = None) -> list[SearchWatch]:
        return self._many(SearchWatch, where('"search" = $search', search=search), '"search"')

    def search_news(
        self,
        search: str,
        *,
        datasets: Iterable[str] | None = None,
        since: datetime | None = None,
        is_seen: bool | None = None,
        limit: int | None = None,
    ) -> list[SearchNews]:
        """What was told of a search, oldest first. since: from then on."""
        conditions = where('"search" = $search', search=search).add('"at" >= $since', since=since)
        conditions.add(f'"dataset" IN {ANY_OF}', ids=None if datasets is None else list(datasets))
        conditions.add('"is_seen" = $is_seen', is_seen=is_seen)
        return self._many(SearchNews, conditions, '"at", "dataset"', limit=limit)

    def unread(self, most: int) -> dict[str, Unread]:
        """{search: what its owner has not looked at}. most: so many ids of each."""
        found = self._ask(UNREAD, {"most": most})
        return {
            row["search"]: Unread(int(row["n"]), tuple(row["newest"]), codec.to_utc(row["until"])) for row in found
        }

    def search_notices(
        self, search: str | None = None, *, channel: Channel | None = None, due: datetime | None = None
    ) -> list[SearchNotice]:
        """What has to go out, the earliest first. due: only what is by then."""
        conditions = where('"search" = $search', search=search).add('"channel" = $channel', channel=channel)
        return self._many(SearchNotice, conditions.add('"due" <= $due', due=due), '"due", "search", "channel"')

    def newcomers(self, since: datetime, limit: int) -> tuple[list[Newcomer], datetime]:
        """Datasets that have become new since a time in the history, and up to when these are all; at most so many."""
        row = self._ask(NEWCOMERS, {"since": since, "limit": limit})[0]
        found = [Newcomer(one["dataset"], codec.to_utc(one["at"])) for one in row["items"] or ()]
        if len(found) == limit:
            return found, found[-1].at
        return found, since if row["until"] is None else codec.to_utc(row["until"])
