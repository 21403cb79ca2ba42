from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

SearchKind = Literal["record", "dataset"]
Channel = Literal["mail", "webhook"]
"""What a message is sent through. The page, which people look at themselves, is none."""


@dataclass(frozen=True)
class Alert:
    """How the owner of a saved search hears of new datasets. webhook: an address; "" for none."""

    page: bool = False
    mail: bool = False
    webhook: str = ""

    @property
    def is_on(self) -> bool:
        return self.page or self.mail or bool(self.webhook)

    @property
    def channels(self) -> tuple[Channel, ...]:
        return (*(("mail",) if self.mail else ()), *(("webhook",) if self.webhook else ()))


@dataclass(frozen=True)
class SavedSearch:
    """A search under a name, its owner's alone. kind: what it lists; an alert tells of datasets either way."""

    id: str
    owner: str
    name: str
    query: str
    kind: SearchKind
    created: datetime
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "newest"
    alert: Alert = Alert()


@dataclass(frozen=True)
class SearchWatch:
    """How far the alert of a search has come; there is one as long as the alert is on.

    until: the time of the last change in the catalog's history that was looked at. trouble: why it cannot be asked.
    secret: by which its webhook knows that a message is from here.
    """

    search: str
    until: datetime
    secret: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class SearchNews:
    """A dataset that was told of one search: it never is again. at: when, no two of a search at the same time."""

    search: str
    dataset: str
    at: datetime
    is_seen: bool = False


@dataclass(frozen=True)
class SearchNotice:
    """A message that has to go out: about the news of a search from `since` on. Removed when it has arrived.

    due: not before. attempts, reason: how often it could not be delivered, and why the last time.
    """

    search: str
    channel: Channel
    since: datetime
    due: datetime
    attempts: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Delivery:
    """A message that waits to go out. due: not before. reason: why it could not the last time, of so many attempts."""

    channel: Channel
    due: datetime
    attempts: int
    reason: str


@dataclass(frozen=True)
class SavedSearchView:
    """A saved search as its owner sees it, with what is new for it and what keeps it from telling.

    page, mail, webhook: how its owner is told. secret: by which the webhook's messages are signed.

    unread: how many new datasets have not been looked at; newest: their ids, the newest first, at most 100.
    until: when the last of them was told. trouble: why the search cannot be asked any more.
    """

    id: str
    name: str
    query: str
    kind: SearchKind
    filters: dict[str, tuple[str, ...]]
    sort: str
    created: datetime
    page: bool
    mail: bool
    webhook: str
    secret: str
    unread: int
    newest: tuple[str, ...]
    until: datetime | None
    trouble: str
    deliveries: tuple[Delivery, ...]
