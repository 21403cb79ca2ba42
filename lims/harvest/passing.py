"""One pass over one scope: look and register, read and keep, build."""

from collections.abc import Callable, Sequence

from lims.harvest.belonging import FOREVER
from lims.harvest.brought import is_brought
from lims.harvest.building import build
from lims.harvest.crew import Crew, batches_of_done
from lims.harvest.halting import Halt
from lims.harvest.keeping import keep
from lims.harvest.large import is_late
from lims.harvest.looking import Looking
from lims.harvest.reading import Work, in_parts, work_on
from lims.harvest.report import Progress
from lims.harvest.retrying import readers_now, worth_another_try
from lims.harvest.scope import Scope
from lims.harvest.tally import Tally
from lims.harvest.tools import Tools
from lims.model import SYSTEM, Dataset


class Pass:
    """One pass; `run` does it, up to where it is halted. progress: hears after each file."""

    def __init__(
        self, tools: Tools, scope: Scope, *, crew: Crew, progress: Callable[[Progress], None], halt: Halt
    ) -> None:
        self.tools = tools
        self.scope = scope
        self.crew = crew
        self.progress = progress
        self.halt = halt
        self.tally = Tally()
        self.catalog = tools.catalog

    def run(self) -> Tally:
        """Raises Unavailable where no file can be read; what could not be listed is in the tally."""
        owed = self.owed_sessions()
        fresh = Looking(self.tools, self.scope, self.tally).found()
        touched = self.read_all(self.without_late(self.work(fresh)))
        self.build_all({*owed, *touched}, owed)
        return self.tally

    def owed_sessions(self) -> dict[str, bool]:
        """{session: whether it had ended before this pass looked at the store} of open and building records."""
        view = self.catalog.view(SYSTEM)
        records = {one.session: one.state for one in view.records(states=("open", "building"))}
        instruments = self.scope.instruments
        sessions = [view.session(one) for one in records]
        return {one.id: not one.is_open for one in sessions if one.instrument in instruments}

    def work(self, fresh: Sequence[Dataset]) -> list[Work]:
        """What was found now, what an earlier pass left, and what deserves another try; small files first."""
        view = self.catalog.view(SYSTEM)
        again = worth_another_try(view, retry=self.scope.is_asked)
        left = {one.id: one for one in view.datasets(status="registered")}
        left |= {one.id: one for one in view.datasets(without_sha256=True) if one.status != "failed"}
        left |= {one.id: one for one in view.datasets(ids=again)} if again else {}
        left |= {one.id: one for one in fresh}
        wanted = [one for one in left.values() if self.is_mine(one)]
        works = [work_on(one, again) for one in sorted(wanted, key=lambda one: (one.bytes, one.key))]
        return [part for work in works for part in in_parts(work)]

    def without_late(self, works: Sequence[Work]) -> list[Work]:
        """Nothing waits for a large file's checksum; one that cannot be read before it keeps its record open."""
        self.tally.late = [one for one in works if is_late(one)]
        unread = (one.dataset.instrument for one in self.tally.late if one.do_extract)
        self.tally.unfinished |= {one for one in unread if one}
        return [one for one in works if not is_late(one)]

    def is_mine(self, one: Dataset) -> bool:
        if one.status == "missing" or one.store not in self.tools.stores:
            return False
        if one.kind == "derived":
            return self.scope.with_derived
        if is_brought(one):
            return self.scope.with_derived or self.scope.has_brought(one)
        is_under = any(self.scope.is_under(key) for key in (one.key, *one.companions))
        return is_under and one.instrument in self.scope.instruments

    def read_all(self, works: Sequence[Work]) -> set[str]:
        """Read in parallel, keep in batches; returns the sessions whose files are other files now."""
        touched: set[str] = set()
        if not works:
            return touched
        _, readers = readers_now()
        finished = 0
        for batch in batches_of_done(works, self.crew, self.progress, self.halt):
            finished += len(batch)
            kept = keep(self.catalog, batch, self.tools.all_grounds, readers)
            touched |= kept.sessions
            self.tally.extracted |= kept.extracted
            self.tally.previews |= kept.previews
            self.tally.records |= dict.fromkeys(kept.records)
            for done in batch:
                if done.is_stale and done.work.dataset.instrument:
                    self.tally.unfinished.add(done.work.dataset.instrument)
        if finished < len(works):
            self.tally.unfinished |= set(self.scope.instruments)
        return touched

    def build_all(self, touched: set[str], owed: dict[str, bool]) -> None:
        """Build the records of these sessions, and of those that files have gone to while building."""
        todo, built = set(touched), set[str]()
        while todo:
            session = todo.pop()
            built.add(session)
            is_final = owed.get(session, False) and self.is_whole(session)
            snapshot = self.catalog.snapshot()
            if not is_final and self.tools.built_at.get(session) == snapshot:
                continue  # nothing at all has been written since
            result = build(self.catalog, session, self.tools.all_grounds, is_final=is_final)
            self.tools.built_at[session] = snapshot
            if result.has_changed:
                self.tally.records[result.record.id] = None
            todo |= result.touched - built

    def is_whole(self, session_id: str) -> bool:
        """Whether this pass has seen every file that may belong to a session."""
        session = self.catalog.view(SYSTEM).session(session_id)
        growing = [one for one in self.tally.growing if one.ground.instrument.id == session.instrument]
        is_awaited = any(session.start <= one.newest < (session.end or FOREVER) for one in growing)
        # What a PC had before or since that time cannot be of this session.
        is_dark = any(one.is_of(session.instrument, session.start, session.end) for one in self.tally.unlisted)
        return session.instrument not in self.tally.unfinished and not is_dark and not is_awaited
