"""What people decide about files, and what helps them to: for the doors, each within one change of the catalog."""

import math
import time
from collections.abc import Iterable, Sequence

from lims.catalog import Catalog, Transaction
from lims.harvest.attaching import Attacher
from lims.harvest.building import READ, build_within
from lims.harvest.copies import with_copies
from lims.harvest.correcting import corrected_by_person
from lims.harvest.moving import is_placed_otherwise, place_anew
from lims.harvest.proposing import Waiting, waiting
from lims.harvest.scope import Ground
from lims.harvest.skew import ClockCheck, clock_checks
from lims.model import SYSTEM, Dataset, Instrument, Value

CLOCKS_S = 600.0
"""So long a measurement of the clocks is good enough for a list that is asked for twice a minute."""


class Placing:
    """grounds: of every instrument."""

    def __init__(self, catalog: Catalog, grounds: Sequence[Ground]) -> None:
        self.catalog = catalog
        self.grounds = grounds
        self._clocks: tuple[float, list[ClockCheck]] = (-math.inf, [])

    def corrected(
        self, change: Transaction, one: Dataset, field: str, value: Value | None, by: str, note: str
    ) -> Dataset:
        """The dataset with a person's value of a field, or without it (None), in the session where it belongs then."""
        attacher = Attacher(change.unrestricted, self.grounds)
        better = corrected_by_person(one, field, value, by, note, attacher.instrument_of(one))
        is_placed = one.kind == "raw" and one.status in READ
        return attacher.attached(better) if is_placed else better

    def place(self, change: Transaction, datasets: Sequence[Dataset]) -> set[str]:
        """Attach these once more, after a person has decided about them; answers with the sessions that it concerns."""
        view = change.unrestricted
        after = with_copies(view, Attacher(view, self.grounds).attached_all(datasets))
        change.put_all(after, action="dataset.attach")
        return {one.session for one in (*datasets, *after) if one.session}

    def rebuild(self, change: Transaction, sessions: Iterable[str]) -> None:
        """Build the records of these sessions within a change, and of those that files have gone to."""
        build_within(change, sessions, self.grounds)

    def reconfigured(self, change: Transaction, before: Instrument, after: Instrument) -> None:
        """An instrument is another one in facility.toml than when its files were placed."""
        if is_placed_otherwise(before, after):
            place_anew(change, self.grounds, after.id)

    def waiting_files(self) -> list[Waiting]:
        """Files that no session claims, each group with a proposal."""
        return waiting(self.catalog.view(SYSTEM), self.grounds)

    def clock_checks(self, *, fresh: bool = True) -> list[ClockCheck]:
        """How far the instruments' clocks are off, as far as the logbook and the files tell.

        fresh: False where a measurement of the last minutes will do.
        """
        at, found = self._clocks
        if fresh or time.monotonic() - at > CLOCKS_S:
            found = clock_checks(self.catalog.view(SYSTEM), self.grounds)
            self._clocks = time.monotonic(), found
        return found
