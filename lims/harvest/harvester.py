"""The door of the harvest: one pass on demand, passes for ever, and the state of it all."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lims.catalog import Catalog
from lims.errors import Invalid, LimsError, Unavailable
from lims.extractors import Pool
from lims.harvest.adopting import adopt
from lims.harvest.background import MOST_AT_REST, Background
from lims.harvest.comparing import Comparison, Pair, compare, outdated, summed
from lims.harvest.crew import Crew
from lims.harvest.engines import engine_of
from lims.harvest.halting import Halt, Halts
from lims.harvest.keeping import Kept, keep
from lims.harvest.large import LargeFiles
from lims.harvest.looking import Looking
from lims.harvest.passing import Pass
from lims.harvest.placing import Placing
from lims.harvest.prefixes import Trouble
from lims.harvest.reading import Done, read, work_on
from lims.harvest.report import HarvestReport, Progress
from lims.harvest.reporting import UNAVAILABLE, as_cancelled, own, report_of
from lims.harvest.retrying import readers_now
from lims.harvest.scope import Ground, Scope, grounds_of
from lims.harvest.scoping import scope_of_all, scope_of_path, scope_of_session
from lims.harvest.settling import Settling
from lims.harvest.tally import Tally, merged
from lims.harvest.tools import Tools
from lims.model import SYSTEM, Principal
from lims.settings import Settings
from lims.stores import Store

log = logging.getLogger(__name__)
ROUNDS = 4
NOTICE_S = 2.0
TURN_S = 0.1
IDLE = Progress(0, 0)
YIELD_S = 0.05


class Harvester:
    """Owns the state of the harvest in this process. What must survive is in the catalog: END makes a record
    `building`, and every pass takes up what the catalog still owes, however the last one ended.
    """

    def __init__(
        self, catalog: Catalog, stores: dict[str, Store], settings: Settings, previews: Path, pool: Pool
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.tools = Tools(
            catalog, stores, tuple(grounds_of(settings.instrument_list())), previews, pool,
            Settling(settings.harvest.settle_s, settings.harvest.companion_s), threading.Event(),
        )
        self._one_at_a_time = threading.Lock()
        self.halts = Halts(self.is_closing)
        self.large = LargeFiles(self.tools, self.keep_large)
        self.placing = Placing(catalog, self.tools.all_grounds)
        self._engine = engine_of(settings)
        self._state: dict[str, Any] = {"background": False, "running": False, **asdict(IDLE)}
        self.background = Background(
            self.tools, settings.harvest, lambda scope: self.run_pass(scope, None, lambda _: None), self._state
        )

    def is_closing(self) -> bool:
        """`stop` becomes another when the passes for ever begin."""
        return self.tools.stop.is_set()

    # --- on demand -----------------------------------------------------------------------------------------------

    def harvest(
        self,
        session_id: str | None = None,
        path: str | None = None,
        all: bool = False,
        workers: int | None = None,
        progress: Callable[[Progress], None] | None = None,
        by: Principal = SYSTEM,
        ticket: str = "",
    ) -> HarvestReport:
        """One pass over a session's instrument, over what lies at a path in a store, or over everything.

        path: of this machine, or STORE:KEY. by: who is not staff hears of their session only.
        ticket: by which it can be cancelled. Waits a little for files that are still growing.
        Raises NoSuchThing, Invalid (a path in no store), Unavailable where nothing could be listed.
        """
        if sum((session_id is not None, path is not None, all)) > 1:
            raise Invalid("Harvest a path, or a session, or all: one of them.")
        scope = self.scope(session_id, path)
        begin = time.monotonic()
        with self.halts.opened(by.name, ticket) as halt:
            tally = self.run_until_quiet(scope, workers, progress or (lambda _: None), halt)
            self.finish_large(tally, halt)
            if any(one.do_extract for one in tally.late):  # their records have waited for them
                tally = merged(tally, self.run_pass(scope, workers, progress or (lambda _: None), halt))
        if not tally.looked_at and tally.unavailable:
            raise Unavailable(" ".join(tally.unavailable) if by.is_staff else UNAVAILABLE)
        view = self.catalog.view(SYSTEM)
        report = report_of(view, scope, tally, session_id, time.monotonic() - begin)
        if halt.was_cancelled:
            report = as_cancelled(report, view, scope, tally)
        return report if by.is_staff or session_id is None else own(report, view, scope, tally, session_id)

    def scope(self, session_id: str | None, path: str | None) -> Scope:
        if session_id is not None:
            return scope_of_session(self.tools, session_id)
        return scope_of_path(self.tools, path) if path is not None else scope_of_all(self.tools)

    def run_until_quiet(
        self, scope: Scope, workers: int | None, progress: Callable[[Progress], None], halt: Halt
    ) -> Tally:
        """Look again a few times where files are still growing."""
        tally = self.run_pass(scope, workers, progress, halt)
        for _ in range(ROUNDS):
            if not tally.growing or halt.wait(self.settings.harvest.settle_s / 2 + 0.05):
                break
            tally = merged(tally, self.run_pass(scope, workers, progress, halt))
        return tally

    def run_pass(
        self, scope: Scope, workers: int | None, progress: Callable[[Progress], None], halt: Halt | None = None
    ) -> Tally:
        """halt: None where nobody waits for it; then its large files are left to themselves."""
        if halt is None:
            with self.halts.opened() as own:
                tally = self.run_pass(scope, workers, progress, own)
                self.large.add([] if own.is_set() else tally.late)
                return tally
        with self.turn(halt) as is_ours:
            if not is_ours:
                return Tally()
            return self.run_now(scope, workers, progress, halt)

    @contextmanager
    def turn(self, halt: Halt) -> Iterator[bool]:
        """One pass at a time. Yields False where the wait was halted."""
        while not self._one_at_a_time.acquire(timeout=TURN_S):
            if halt.is_set():
                yield False
                return
        try:
            yield True
        finally:
            self._one_at_a_time.release()

    def run_now(
        self, scope: Scope, workers: int | None, progress: Callable[[Progress], None], halt: Halt
    ) -> Tally:
        def hear(state: Progress) -> None:
            self._state |= asdict(state)
            progress(state)

        self._state |= {"running": True, **asdict(IDLE)}
        try:
            tally = Pass(self.tools, scope, crew=self.crew(workers), progress=hear, halt=halt).run()
        finally:
            self._state |= {"running": False, **asdict(IDLE)}
        self._state |= {
            "last_pass": datetime.now(UTC).isoformat(),
            "waiting": [one.key for one in tally.growing],
            "unavailable": list(tally.unavailable),
        }
        return tally

    def crew(self, workers: int | None) -> Crew:
        return self._engine.crew(self.tools, workers)

    def cancel(self, by: str | None = None, ticket: str | None = None) -> int:
        """End what is under way: all of it, or what a person asked for (by), or what they call so (ticket).

        Answers with how many harvests end. What was read is kept, the rest is taken up by the next pass.
        """
        if by is None and ticket is None:
            self.large.drop_all()
        return self.halts.cancel(by, ticket)

    def finish_large(self, tally: Tally, halt: Halt) -> None:
        """Hash what the pass has left for afterwards, and wait for it; other passes do not."""
        for kept in self.large.finish(tally.late, halt) if not halt.is_set() else ():
            tally.extracted |= kept.extracted
            tally.previews |= kept.previews

    def keep_large(self, done: Done) -> Kept:
        """In the thread of the large files, which comes when it wants: the records are built between two passes."""
        _, readers = readers_now()
        kept = keep(self.catalog, [done], self.tools.all_grounds, readers)
        with self._one_at_a_time:
            self.build_records(set(kept.sessions))
        return kept

    def close(self) -> None:
        """End what is under way, in this process and elsewhere."""
        self.tools.stop.set()
        self.large.close()
        self._engine.close()

    def notice(self, instrument_id: str) -> None:
        """Register what an instrument has written just now, without reading it: so that its last file is known.

        A person waits: where a pass is under way or the store is away, what is known has to do.
        """
        if not self._one_at_a_time.acquire(timeout=NOTICE_S):
            return
        try:
            grounds = tuple(one for one in self.tools.all_grounds if one.instrument.id == instrument_id)
            Looking(self.tools, Scope(grounds, most=MOST_AT_REST), Tally()).found()
        except (LimsError, OSError) as error:
            log.warning("what %s has written just now is not known: %s", instrument_id, error)
        finally:
            self._one_at_a_time.release()

    def process(self, datasets: Sequence[str]) -> None:
        """Read these datasets now. For derived ones, which lie on no instrument's ground and in no pass."""
        tools, (_, readers) = self.tools, readers_now()
        found = self.catalog.view(SYSTEM).datasets(ids=list(datasets))
        done = [read(work_on(one, {}), tools.stores[one.store], tools.pool, tools.previews) for one in found]
        keep(self.catalog, done, tools.all_grounds, readers)

    def bring_in(self, ground: Ground, workers: int | None = None) -> Tally:
        """Register and read what somebody has brought in, so many files at a time that live sessions need not wait.

        Raises Unavailable where it is cancelled or the facility closes: what is not read then, no pass looks for.
        """
        tally, is_first = Tally(), True
        with self.halts.opened(ground.owner or SYSTEM.name) as halt:
            while (is_first or tally.left) and not halt.is_set():
                scope = Scope((ground,), most=MOST_AT_REST, is_asked=is_first)
                tally = merged(tally, self.run_until_quiet(scope, workers, lambda _: None, halt))
                is_first = False
                halt.wait(YIELD_S)  # a lock goes to whoever asks first, and that would be us again
            self.finish_large(tally, halt)
            if halt.is_set():
                raise Unavailable("The import was ended before all was read.", hint="Import it again: it goes on.")
        return tally

    def build_records(self, sessions: set[str], whole: Collection[str] = ()) -> None:
        """Build the records of these sessions, and of those that files have gone to while building.

        whole: those for which no harvest has to look any further.
        """
        owed = dict.fromkeys(whole, True)
        with self.halts.opened() as halt:
            Pass(self.tools, Scope(()), crew=self.crew(1), progress=lambda _: None, halt=halt).build_all(sessions, owed)

    def compare(self, datasets: Sequence[str] | None, workers: int | None = None, *, adopt: bool = False) -> Comparison:
        """What the readers that are installed now, and the corrections of now, would say of these datasets.

        datasets: None for all that an older version of an extractor has read. adopt: keep what is said now of
        those that can still be read; what people corrected stays, and so does what can no longer be read.
        """
        ids = outdated(self.catalog) if datasets is None else datasets
        read_by = workers or self.settings.harvest.workers
        pairs: list[Pair] = []
        with self.counted(len(ids)) as count:
            for pair in compare(self.tools, ids, read_by):
                pairs.append(pair)
                count(pair.dataset.key)
        found = summed(pairs)
        return replace(found, adopted=self.adopt(pairs, workers)) if adopt else found

    def adopt(self, pairs: Sequence[Pair], workers: int | None) -> int:
        """Read and keep anew what could be compared; answers with how many."""
        good = [pair for pair in pairs if not pair.failed]
        with self.halts.opened() as halt, self.counted(len(good)) as count:
            kept = adopt(self.tools, good, self.crew(workers), count, halt)
        self.build_records(set(kept.sessions))
        return len(kept.extracted)

    @contextmanager
    def counted(self, total: int) -> Iterator[Callable[[str], None]]:
        """One at a time with the passes, and seen by `status`. Yields what is to be called after each file."""
        with self._one_at_a_time:
            self._state |= {"running": True, **asdict(Progress(0, total))}

            def count(key: str) -> None:
                self._state |= {"done": self._state["done"] + 1, "doing": key}

            try:
                yield count
            finally:
                self._state |= {"running": False, **asdict(IDLE)}

    # --- for ever ------------------------------------------------------------------------------------------------

    def run_forever(self, stop: threading.Event) -> None:
        """Poll until `stop` is set."""
        self.background.run_forever(stop)

    def beat(self, *, is_slow: bool) -> None:
        """One round of that."""
        self.background.beat(is_slow=is_slow)

    def troubles(self) -> list[Trouble]:
        """What could not be listed at the last look, and since when."""
        return [one for look in self.tools.prefixes.everywhere() for one in look.troubles]

    def status(self) -> dict[str, Any]:
        """What the harvest is doing, and what the catalog still owes."""
        view, looks = self.catalog.view(SYSTEM), self.tools.prefixes.everywhere()
        growing = [one for look in looks for one in look.growing]
        return {
            "waiting": [],
            "unavailable": [],
            **self._state,
            "hashing": self.large.told(),
            "growing": [{**asdict(one), "since": one.since.isoformat()} for one in growing],
            "ignored": sum(look.counts.ignored for look in looks),
            "junk": sum(look.counts.junk for look in looks),
            "found_by": dict(self.background.watching.how),
            "backlog": self.background.backlog,
            "open": [one.id for one in view.records(states=("open",))],
            "building": [one.id for one in view.records(states=("building",))],
            "pending": len(view.datasets(status="registered")),
            "hash_pending": len([one for one in view.datasets(without_sha256=True) if one.status != "failed"]),
            "steps": view.step_counts(),
            "failed": len(view.failed_steps()),
        }
