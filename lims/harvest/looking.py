"""The first half of a pass: list the stores, write what differs into the catalog."""

import logging
from collections import defaultdict
from collections.abc import Sequence

from lims.errors import LimsError
from lims.harvest.finding import Differences, Found, compare, look
from lims.harvest.registering import register
from lims.harvest.scope import Ground, Scope
from lims.harvest.tally import Tally
from lims.harvest.tools import Tools
from lims.model import SYSTEM, Dataset

log = logging.getLogger(__name__)


class Looking:
    """What one pass finds; the tally hears of it."""

    def __init__(self, tools: Tools, scope: Scope, tally: Tally) -> None:
        self.tools = tools
        self.scope = scope
        self.tally = tally

    def found(self) -> list[Dataset]:
        """Register what is new or different everywhere in scope; returns what is to be read."""
        return [one for grounds in self.by_prefix() for one in self.registered(grounds)]

    def by_prefix(self) -> list[list[Ground]]:
        """Grounds that share a prefix (at different times) are listed once."""
        shared: dict[tuple[str, str], list[Ground]] = defaultdict(list)
        for ground in self.scope.grounds:
            shared[ground.store, ground.prefix].append(ground)
        return list(shared.values())

    def registered(self, grounds: Sequence[Ground]) -> list[Dataset]:
        """List one prefix, write what differs into the catalog; returns what is to be read."""
        try:
            differences = self.differences(grounds)
        except (LimsError, OSError, ValueError) as error:  # whatever is odd here costs this prefix only
            self.cannot_list(grounds, str(error))
            return []
        rows = register(self.tools.catalog, differences)
        changed = {dataset for dataset, _, _ in differences.changed}
        moved = {dataset for dataset, _ in differences.moved}
        self.tally.registered |= {row.id for row in rows} - changed - moved
        self.tally.changed |= changed
        self.tally.moved |= moved
        self.tally.missing |= differences.gone
        return rows

    def differences(self, grounds: Sequence[Ground]) -> Differences:
        view, store = self.tools.catalog.view(SYSTEM), self.tools.stores[grounds[0].store]
        listed = view.keys_in(store.name, grounds[0].prefix)
        missing = frozenset(one.id for one in view.datasets(status="missing"))
        known = {key: row for key, row in listed.items() if grounds[0].holds(key)}
        seen = look(store, grounds, known=sum(row[0] not in missing for row in known.values()))
        self.tally.seen += len(seen.keys)
        self.tally.looked_at += 1
        if seen.is_absent:
            sentence = f"There is no folder {grounds[0].prefix!r} in the store {store.name!r} yet."
            self.tally.unavailable.append(sentence)
        for folder, reason in seen.unreadable:
            self.cannot_list(grounds, f"{folder} in the store {store.name!r} cannot be read: {reason}.")
        return self.ready(compare(seen, known, missing))

    def cannot_list(self, grounds: Sequence[Ground], sentence: str) -> None:
        if sentence not in self.tally.unavailable:
            self.tally.unavailable.append(sentence)
        self.tally.unfinished |= {ground.instrument.id for ground in grounds}

    def ready(self, found: Differences) -> Differences:
        """What is in scope and no longer growing, at most as many as one pass may read."""
        new = [one for one in found.new if self.is_in_scope(one) and self.is_quiet(one)]
        changed = [one for one in found.changed if self.is_in_scope(one[1]) and self.is_quiet(one[1])]
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
        if not any(self.scope.is_under(key) for key in found.keys):
            self.tally.unfinished.add(found.ground.instrument.id)
            return False
        return self.scope.is_recent(found.newest)

    def is_quiet(self, found: Found) -> bool:
        if self.tools.settling.is_quiet(found):
            return True
        self.tally.growing.append(found)
        return False
