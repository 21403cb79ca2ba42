"""What each prefix was like when it was last looked at, as far as this process knows."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from lims.harvest.settling import Growing
from lims.stores import Listing


@dataclass(frozen=True)
class Counts:
    """Files. seen: all; the others are those of them that no dataset has: left out by a pattern, leftovers of systems
    and editors, and what lies here from a time at which the place was no instrument's.
    """

    seen: int = 0
    ignored: int = 0
    junk: int = 0
    unclaimed: int = 0


NOTHING = Counts()


@dataclass(frozen=True)
class Trouble:
    """Something of an instrument that cannot be listed. since: when this process first met it."""

    instrument: str
    sentence: str
    since: datetime


@dataclass(frozen=True)
class LastLook:
    """settled: the listing and the catalog's snapshot, where neither differed from the other in anything."""

    counts: Counts = NOTHING
    growing: tuple[Growing, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    settled: tuple[str, int] | None = None


class Prefixes:
    """The last look at each (store, prefix)."""

    def __init__(self) -> None:
        self._looks: dict[tuple[str, str], LastLook] = {}

    def last(self, place: tuple[str, str]) -> LastLook:
        return self._looks.get(place, LastLook())

    def note(self, place: tuple[str, str], look: LastLook) -> None:
        self._looks[place] = look

    def troubles(self, place: tuple[str, str], met: Iterable[tuple[str, str]]) -> tuple[Trouble, ...]:
        """met: (instrument, sentence). What was so at the last look is so since then."""
        before = {(one.instrument, one.sentence): one.since for one in self.last(place).troubles}
        now = datetime.now(UTC)
        return tuple(Trouble(*one, before.get(one, now)) for one in dict.fromkeys(met))

    def everywhere(self) -> list[LastLook]:
        return list(self._looks.values())


def state_of_listing(listing: Listing) -> str:
    """Another text where any file's name, size or time is another, or what could not be looked at."""
    digest = hashlib.blake2b(digest_size=16)
    for one in listing.entries:
        digest.update(f"{one.key}\0{one.bytes}\0{one.modified.timestamp()}\0".encode())
    digest.update(f"{listing.unreadable}\0{listing.vanished}".encode())
    return digest.hexdigest()
