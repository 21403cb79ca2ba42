"""Messages that have to go out: each is a row until it has arrived."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lims.alerts.channels import address_of
from lims.alerts.mail import send_mail
from lims.alerts.message import MOST_NAMED, Message
from lims.alerts.owners import principal_of
from lims.alerts.watching import TICK
from lims.alerts.webhook import post_message
from lims.catalog import Catalog, Transaction
from lims.errors import LimsError, NoSuchThing, Unavailable
from lims.model import SYSTEM, Channel, SavedSearch, SearchNews, SearchNotice
from lims.settings import Settings

log = logging.getLogger(__name__)
MOST_IN_ONE: dict[Channel, int] = {"mail": 10_000, "webhook": 500}
"""What is more goes out with the next message, at once."""
NAMED: dict[Channel, int] = {"mail": MOST_NAMED, "webhook": MOST_IN_ONE["webhook"]}
FIRST_AGAIN = timedelta(minutes=1)
LAST_AGAIN = timedelta(hours=6)
LONGEST_REASON = 300


class Outbox:
    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self.catalog = catalog
        self.settings = settings

    def deliver(self, now: datetime | None = None) -> int:
        """Send what is due. Answers with how many messages have arrived; what has not is due again later."""
        now = now or datetime.now(UTC)
        return sum(self.deliver_one(notice, now) for notice in self.catalog.view(SYSTEM).search_notices(due=now))

    def deliver_one(self, notice: SearchNotice, now: datetime) -> bool:
        """Whatever is wrong with one message, the others go out."""
        try:
            return self.send(notice, now)
        except Unavailable as error:
            self.put_off(notice, now, str(error))
        except LimsError as error:
            self.put_off(notice, now, f"{error.message} {error.hint}".strip())
        except Exception as error:  # a front door
            log.exception("the message of %s by %s cannot be sent", notice.search, notice.channel)
            self.put_off(notice, now, f"It cannot be sent: {type(error).__name__}.")
        return False

    def send(self, notice: SearchNotice, now: datetime) -> bool:
        """What its owner may see at this moment; nothing where that is nothing."""
        system = self.catalog.view(SYSTEM)
        try:
            saved = system.saved_search(notice.search)
        except NoSuchThing:
            return False  # it was removed just now, and the notice with it
        view = self.catalog.view(principal_of(self.settings, saved))
        news = view.search_news(saved.id, since=notice.since, limit=MOST_IN_ONE[notice.channel])
        named = view.datasets(ids=[one.dataset for one in news[: NAMED[notice.channel]]])
        if named:
            table = self.settings.facility
            message = Message(saved, len(news), named, table.name, self.settings.alerts.address)
            self.send_by(notice.channel, saved, message)
        self.catalog.write(lambda change: self.settle(change, notice, news, now), by=SYSTEM)
        return bool(named)

    def send_by(self, channel: Channel, saved: SavedSearch, message: Message) -> None:
        system = self.catalog.view(SYSTEM)
        if channel == "webhook":
            secret = next((one.secret for one in system.search_watches(saved.id)), "")
            post_message(self.settings.alerts, saved.alert.webhook, secret, message)
        elif self.settings.mail is None:
            raise Unavailable("This facility sends no e-mail any more: there is no [mail] in its facility.toml.")
        else:
            send_mail(self.settings.mail, self.settings.folder, address_of(system, saved.owner), message)

    def settle(self, change: Transaction, notice: SearchNotice, sent: Sequence[SearchNews], now: datetime) -> None:
        """It has arrived: what was told meanwhile, or was too much for one message, is the next one's."""
        view = change.unrestricted
        if not view.search_notices(notice.search, channel=notice.channel):
            return
        change.remove(notice, action="search.deliver")
        rest = view.search_news(notice.search, since=sent[-1].at + TICK, limit=1) if sent else []
        if rest:
            is_cut = len(sent) == MOST_IN_ONE[notice.channel]
            due = now if is_cut else now + timedelta(seconds=self.settings.alerts.digest_s)
            change.put(SearchNotice(notice.search, notice.channel, rest[0].at, due), action="search.deliver")

    def put_off(self, notice: SearchNotice, now: datetime, reason: str) -> None:
        """Later and later, and never given up: what was wrong is for people to see."""
        wait = min(FIRST_AGAIN * 2 ** min(notice.attempts, 10), LAST_AGAIN)
        again = replace(notice, attempts=notice.attempts + 1, due=now + wait, reason=reason[:LONGEST_REASON])

        def put(change: Transaction) -> None:
            if change.unrestricted.search_notices(notice.search, channel=notice.channel):
                change.put(again, action="search.deliver")

        log.warning("the message of %s by %s has to wait: %s", notice.search, notice.channel, again.reason)
        self.catalog.write(put, by=SYSTEM)
