"""The first half of a pass: list the stores, write what differs into the catalog."""

import logging
import time
from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from lims.errors import LimsError, StoreUnavailable, Unavailable
from lims.extractors.companions import is_junk
from lims.harvest.finding import Differences, Found, Known, Look, compare, sorted_out
from lims.harvest.prefixes import NOTHING, Counts, LastLook, state_of_listing
from lims.harvest.registering import register
from lims.harvest.scope import Ground, Scope
from lims.harvest.settling import Growing
from lims.harvest.tally import Tally
from lims.harvest.tools import Tools
from lims.model import SYSTEM, Dataset
from lims.stores import PrefixMissing

log = logging.getLogger(__name__)


class Looking:
    """What one pass finds; the tally hears of it."""

    def __init__(self, tools: Tools, scope: Scope, tally: Tally) -> None:
        self.tools = tools
        self.scope = scope
        self.tally = tally
        self.growing: list[Growing] = []
        self.troubles: list[tuple[str, str]] = []

    def found(self) -> list[Dataset]:
        """Register what is new or different everywhere in scope; returns what is to be read."""
        begin = time.monotonic()
        rows = [one for grounds in self.by_prefix() for one in self.registered(grounds)]
        self.tools.looking_s += time.monotonic() - begin
        return rows

    def by_prefix(self) -> list[list[Ground]]:
        """Grounds that share a prefix (at different times) are listed once."""
        shared: dict[tuple[str, str], list[Ground]] = defaultdict(list)
        for ground in self.scope.grounds:
            shared[ground.store, ground.prefix].append(ground)
        return list(shared.values())

    def registered(self, grounds: Sequence[Ground]) -> list[Dataset]:
        """List one prefix, write what differs into the catalog; returns what is to be read."""
        self.growing, self.troubles = [], []
        place = (grounds[0].store, grounds[0].prefix)
        try:
            seen = self.seen(grounds)
            self.count(seen.counts)
        except (LimsError, OSError, ValueError) as error:  # whatever is odd here costs this prefix only
            self.cannot_list(grounds, str(error))
            seen = Seen(self.tools.prefixes.last(place).counts)
        rows = self.put(grounds, seen.differences)
        if grounds[0].owner is None:  # no pass comes back to what was brought in
            troubles = self.tools.prefixes.troubles(place, self.troubles)
            self.tools.prefixes.note(place, LastLook(seen.counts, tuple(self.growing), troubles, seen.settled))
        return rows

    def put(self, grounds: Sequence[Ground], differences: Differences) -> list[Dataset]:
        """Raises Unavailable, of the catalog; whatever else it refuses costs this prefix only."""
        try:
            rows = register(self.tools.catalog, differences, self.tools.all_grounds)
        except Unavailable:
            raise
        except LimsError as error:
            store, prefix = grounds[0].store, grounds[0].prefix
            self.cannot_list(grounds, f"What is new in {prefix!r} of the store {store!r} cannot be registered: {error}")
            return []
        changed = {dataset for dataset, _, _ in differences.changed}
        moved = {dataset for dataset, _ in differences.moved}
        self.tally.registered |= {row.id for row in rows} - changed - moved
        self.tally.changed |= changed
        self.tally.moved |= moved
        self.tally.missing |= differences.gone
        return rows

    def seen(self, grounds: Sequence[Ground]) -> "Seen":
        """Raises StoreUnavailable; also where nothing is left of what was there: a missing mount, not tidying."""
        store, prefix = self.tools.stores[grounds[0].store], grounds[0].prefix
        snapshot, last = self.tools.catalog.snapshot(), self.tools.prefixes.last((store.name, prefix))
        try:
            listing = store.look(prefix)
        except PrefixMissing:
            if there(*self.known(grounds)):
                raise
            self.tally.looked_at += 1
            self.cannot_list(grounds, f"There is no folder {prefix!r} in the store {store.name!r} yet.")
            return Seen()
        state = (state_of_listing(listing), snapshot)
        if state == last.settled:
            self.tally.looked_at += 1
            return Seen(last.counts, settled=state)
        known, missing = self.known(grounds)
        if not listing.entries and (before := there(known, missing)):
            why = f"{prefix!r} is empty, though {before} files were there before"
            raise StoreUnavailable(store.name, store.url, why)
        self.tally.looked_at += 1
        for key, reason in listing.unreadable:
            if not is_junk(key):
                self.cannot_list(grounds, f"{key} in the store {store.name!r} cannot be read: {reason}.")
        look = sorted_out(listing, self.sharing(grounds), known)
        differences = compare(look, known, missing)
        counts = Counts(look.seen, look.ignored, len(look.junk), look.unclaimed)
        is_settled = differences.is_empty and not look.dark
        return Seen(counts, self.ready(differences, look), state if is_settled else None)

    def sharing(self, grounds: Sequence[Ground]) -> Sequence[Ground]:
        """All instruments' that share this prefix, also out of scope: what is settled is so whoever asks next."""
        place = (grounds[0].store, grounds[0].prefix)
        return [one for one in self.tools.all_grounds if (one.store, one.prefix) == place] or grounds

    def known(self, grounds: Sequence[Ground]) -> tuple[Known, dict[str, str]]:
        """What the catalog has here; and what is gone anywhere, as `compare` takes it."""
        view, store = self.tools.catalog.view(SYSTEM), grounds[0].store
        listed = view.keys_in(store, grounds[0].prefix)
        missing = {one.id: one.key if one.store == store else "" for one in view.datasets(status="missing")}
        return {key: row for key, row in listed.items() if grounds[0].holds(key)}, missing

    def count(self, counts: Counts) -> None:
        self.tally.seen += counts.seen
        self.tally.ignored += counts.ignored
        self.tally.junk += counts.junk
        self.tally.unclaimed += counts.unclaimed

    def cannot_list(self, grounds: Sequence[Ground], sentence: str) -> None:
        if sentence not in self.tally.unavailable:
            self.tally.unavailable.append(sentence)
        self.tally.unlisted += grounds
        self.troubles += [(ground.instrument.id, sentence) for ground in grounds]

    def ready(self, found: Differences, look: Look) -> Differences:
        """What is in scope and no longer growing, at most as many as one pass may read."""
        new = [one for one in found.new if self.is_in_scope(one) and self.is_quiet(one, look)]
        changed = [one for one in found.changed if self.is_in_scope(one[1]) and self.is_quiet(one[1], look)]
        room = self.scope.most
        left = [] if room is None else new[room:]
        self.tally.left += len(left)
        self.tally.unfinished |= {one.ground.instrument.id for one in left}
        return Differences(
            new[:room],
            changed,
            [one for one in found.moved if self.is_in_scope(one[1])],
            found.gone if self.scope.under is None else set(),
            found.unnoted,
        )

    def is_in_scope(self, found: Found) -> bool:
        if found.ground not in self.scope.grounds:
            return False
        if not any(self.scope.is_under(key) for key in found.keys):
            self.tally.unfinished.add(found.ground.instrument.id)
            return False
        return self.scope.is_recent(found.newest)

    def is_quiet(self, found: Found, look: Look) -> bool:
        is_brought = found.ground.owner is not None
        growing = self.tools.settling.growing(
            found, look.junk, look.folders_with_mdoc, all_here=is_brought, asked=self.scope.is_asked
        )
        if growing is None:
            return True
        self.growing.append(growing)
        self.tally.growing.append(found)
        return False


def there(known: Known, missing: Container[str]) -> int:
    """How many files should be there."""
    return sum(row[0] not in missing for row in known.values())


@dataclass(frozen=True)
class Seen:
    """One prefix. differences: those that are to be written now. settled: as in `LastLook`."""

    counts: Counts = NOTHING
    differences: Differences = field(default_factory=Differences)
    settled: tuple[str, int] | None = None
