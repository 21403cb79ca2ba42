"""The one thread that writes. Changes that wait together are committed together; one that fails harms no other.

A change reads and writes the tables in memory (`hot.py`), inside a transaction that nobody else sees. Then what it did
is done to the lake; when the lake has committed, so does memory.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from lims.catalog.changes import Feed
from lims.catalog.effects import Effect, Insert, merged
from lims.catalog.hot import HotTables, current_snapshot_of
from lims.catalog.lake import INLINED_ROWS, DataFiles, roll_back
from lims.catalog.rebuilding import rebuild
from lims.catalog.relations import APPENDED
from lims.catalog.transaction import Transaction
from lims.catalog.upkeep import Upkeep, inlined_leaves
from lims.errors import LimsError, Unavailable
from lims.model import SYSTEM, Principal, Progress, Rebuilt

log = logging.getLogger(__name__)

GROUP = 64
COMMIT_ATTEMPTS = 3
PAUSE_S = 1.0
"""So long nobody must have written before upkeep begins: a large import comes in many changes, one after the other."""
QUIET_S = 60.0
"""So long nobody must have written before memory is packed, as that cannot be done in steps."""
OVERDUE = 10.0
"""So many times what is due is done in the first moment in which nobody waits."""


@dataclass
class Job:
    """A change that waits, and where its answer goes. effects: what it has written, once it has run."""

    change: Callable[[Transaction], Any]
    by: Principal
    request_key: str | None
    answer: Future[Any] = field(default_factory=Future)
    effects: list[Effect] = field(default_factory=list)


class Committer:
    def __init__(
        self, lake: duckdb.DuckDBPyConnection, files: DataFiles, hot: HotTables, feed: Feed, keep_days: int | None
    ) -> None:
        """lake, hot: two connections, since DuckDB writes one database in a transaction. feed: hears of commits."""
        self._lake = lake
        self._hot = hot
        self._files = files
        self._feed = feed
        self.upkeep = Upkeep(lake, files, keep_days)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._last_time = datetime.min.replace(tzinfo=UTC)
        self._closing = threading.Lock()
        self._is_closed = False
        self._wanted: queue.SimpleQueue[Future[None]] = queue.SimpleQueue()
        self._awaited: list[Future[None]] = []
        self._is_loose = False
        self._rebuilds: queue.SimpleQueue[Future[Rebuilt]] = queue.SimpleQueue()
        self.progress: Progress | None = None
        self.commits = 0
        self._thread = threading.Thread(target=self._work, name="lims-committer", daemon=True)
        self._thread.start()

    def submit(self, change: Callable[[Transaction], Any], by: Principal, request_key: str | None) -> Any:
        """Run `change` in the committer's thread; return or raise what it does, after the commit."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("Catalog.write() inside a change: use the transaction at hand.")
        job = Job(change, by, request_key)
        with self._closing:
            if self._is_closed:
                raise Unavailable("The catalog is closed.", hint="Start the service again.")
            self._jobs.put(job)
        return job.answer.result()

    def maintain(self) -> None:
        """Do all of the upkeep now; returns when it is done. Changes that come meanwhile go between its steps."""
        done: Future[None] = Future()
        self._wanted.put(done)
        self.submit(lambda _: None, SYSTEM, None)
        done.result()

    def rebuild(self) -> Rebuilt:
        """Make the index anew, between two groups; changes wait meanwhile, readers see the old one until it is done."""
        done: Future[Rebuilt] = Future()
        self._rebuilds.put(done)
        self.submit(lambda _: None, SYSTEM, None)
        return done.result()

    @property
    def waiting(self) -> int:
        """How many changes wait for their turn."""
        return self._jobs.qsize()

    def close(self) -> None:
        """What was submitted before is still committed."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                self._jobs.put(None)
        self._thread.join()
        self._lake.close()
        self._hot.connection.close()

    # --- in the thread -------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self.upkeep.note(inlined_leaves(self._lake), 0)
        except duckdb.Error as error:
            log.warning("How much upkeep is due is not known: %s", error)
        is_last = False
        while not is_last:
            group, is_last = self._take()
            if group:
                self._run_safely(group)
            while not self._rebuilds.empty():
                self._rebuild(self._rebuilds.get())
            self._keep_up(is_pause=not group, is_last=is_last)

    def _take(self) -> tuple[list[Job], bool]:
        """(the changes that wait, none in a pause in which upkeep is due; whether they are the last ones)"""
        group: list[Job] = []
        try:
            job = self._jobs.get(timeout=self._patience_s())
        except queue.Empty:
            return group, False
        while job is not None:
            group.append(job)
            if len(group) == GROUP:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _patience_s(self) -> float:
        """How long a pause must be until there is something to do in it."""
        if self.upkeep.is_running:
            return 0.0
        if self.upkeep.due >= 1:
            return PAUSE_S
        return QUIET_S if self._is_loose else self.upkeep.due_in_s

    def _run_safely(self, group: list[Job]) -> None:
        """Whatever happens, everybody who waits hears of it and the next group gets its turn."""
        try:
            self._run_group(group)
        except BaseException as error:
            log.exception("The committer stumbled.")
            roll_back(self._lake)
            self._hot.rollback()
            for job in group:
                if not job.answer.done():
                    job.answer.set_exception(_refusal(error))

    def _run_group(self, group: list[Job]) -> None:
        self._hot.begin()
        done: list[tuple[Job, Any]] = []
        for job in group:
            try:
                done.append((job, self._run(job)))
            except BaseException as error:  # noqa: BLE001 — whatever a change raises belongs to its caller
                self._start_again([job for job, _ in done])
                job.effects.clear()
                job.answer.set_exception(error)
        self._commit(done)

    def _run(self, job: Job) -> Any:
        transaction = Transaction(self._hot, by=job.by, clock=self._now, request_key=job.request_key)
        was_answered, answer = transaction.earlier_answer()
        if was_answered:
            return answer
        answer = job.change(transaction)
        transaction.keep_answer(answer)
        transaction.finish()
        job.effects = transaction.effects
        return answer

    def _start_again(self, jobs: list[Job]) -> None:
        """Undo what a failing change has written, by doing the others' effects anew. Their code does not run twice."""
        self._hot.rollback()
        self._hot.begin()
        for job in jobs:
            for effect in job.effects:
                self._hot.do(effect)

    def _commit(self, done: list[tuple[Job, Any]]) -> None:
        effects = merged(effect for job, _ in done for effect in job.effects)
        files: list[Path] | None = []
        try:
            if effects:
                files = self._commit_durably(effects)
        except (duckdb.Error, OSError) as error:
            log.error("The catalog could not commit: %s", error)
            self._hot.rollback()
            for job, _ in done:
                job.answer.set_exception(_refusal(error))
            return
        self._follow(effects, files)
        self.commits += 1
        rows = [len(effect) for effect in effects if isinstance(effect, Insert)]
        self.upkeep.note(sum(count for count in rows if count <= INLINED_ROWS), 0)
        for job, answer in done:
            job.answer.set_result(answer)

    def _follow(self, effects: list[Effect], files: list[Path] | None) -> None:
        """Memory does as the lake has done. What is committed is acknowledged, whatever becomes of memory.

        files: new ones of the lake; None where it is not known which of them the commit names.
        """
        try:
            if files is None:
                self._hot.appended.load()
            else:
                self._hot.appended.follow(effects, files)
            self._be_at_the_lakes_snapshot(effects)
        except duckdb.Error as error:
            self._hot.distrust(error)

    def _be_at_the_lakes_snapshot(self, effects: list[Effect]) -> None:
        snapshot = current_snapshot_of(self._lake)
        if self._hot.shown > self._feed.latest:  # read anew after a failure: nobody has told of that commit
            self._feed.note_all(self._hot.shown)
        self._feed.note(snapshot, effects)
        self._hot.commit(snapshot)

    def _commit_durably(self, effects: list[Effect]) -> list[Path] | None:
        """Returns the new files, or None where an attempt that failed may have left some, too."""
        attempt = 0
        while True:
            attempt += 1
            try:
                self._lake.begin()
                for effect in effects:
                    effect.apply(self._lake)
                new_files = self._files.sync_new()
                self._lake.commit()
                self.upkeep.note(0, len(new_files))
                return new_files if attempt == 1 else None
            except (duckdb.Error, OSError) as error:
                roll_back(self._lake)
                if self._has_committed():
                    log.warning("A commit was said to fail and has not: %s", error)
                    return None
                if attempt == COMMIT_ATTEMPTS:
                    raise
                log.warning("Commit %d of %d failed, trying again: %s", attempt, COMMIT_ATTEMPTS, error)
                time.sleep(0.05 * attempt)

    def _has_committed(self) -> bool:
        """Whether the lake is ahead of memory; we are the only ones who commit."""
        try:
            return current_snapshot_of(self._lake) > self._hot.shown
        except duckdb.Error:
            return False

    def _rebuild(self, answer: Future[Rebuilt]) -> None:
        try:
            self._lake.begin()
            found = rebuild(self._lake, self._tell)
            self.upkeep.note(0, len(self._files.sync_new()))
            self._lake.commit()
        except Exception as error:
            log.exception("The index could not be made anew; the old one is still there.")
            roll_back(self._lake)
            answer.set_exception(_not_rebuilt(error))
            return
        finally:
            self.progress = None
        try:
            self._feed.note_all(current_snapshot_of(self._lake))
            self._hot.load()
        except duckdb.Error as error:
            self._hot.distrust(error)
        answer.set_result(found)

    def _tell(self, done: int, total: int) -> None:
        if self._is_closed:
            raise Unavailable("The catalog is being closed.", hint="Ask again when it is open.")
        self.progress = Progress("rebuild", done, total)

    def _keep_up(self, *, is_pause: bool, is_last: bool) -> None:
        """One step of the upkeep: when somebody has asked for it, else if nobody waits to write."""
        asked = [self._wanted.get() for _ in range(self._wanted.qsize())]
        if asked:
            self._awaited += asked
            self.upkeep.begin()
        elif not self.upkeep.is_running:
            is_overdue = self.upkeep.due >= OVERDUE and self._jobs.empty()
            if is_last or not (is_pause or is_overdue):
                return
            if self._is_loose and self.upkeep.due < 1:
                self._pack()
                return
            self.upkeep.begin()
        if is_last:
            while self._awaited:
                self._step()
        elif self._awaited or self._jobs.empty():
            self._step()

    def _step(self) -> None:
        try:
            table = self.upkeep.step()
            if table is not None:
                self._hot.begin()
                if table in APPENDED:
                    self._hot.appended.load([table])
                self._be_at_the_lakes_snapshot([])
        except Exception as error:  # the thread must go on, whatever it was
            log.exception("The catalog's upkeep failed and is tried again later.")
            self.upkeep.end(str(error) or type(error).__name__)
            self._hot.distrust(error)
            failed = Unavailable(f"The catalog's upkeep failed: {error}.", hint="Nothing is lost; try again.")
            for one in self._awaited:
                one.set_exception(failed)
            self._awaited.clear()
        if not self.upkeep.is_running:
            self._is_loose = True
            for one in self._awaited:
                one.set_result(None)
            self._awaited.clear()

    def _pack(self) -> None:
        self._is_loose = False
        try:
            self._hot.compact()
        except duckdb.Error as error:
            log.warning("The tables in memory could not be packed: %s", error)

    def _now(self) -> datetime:
        """Strictly later than the last time it was asked."""
        self._last_time = max(datetime.now(UTC), self._last_time + timedelta(microseconds=1))
        return self._last_time


def _not_rebuilt(error: Exception) -> LimsError:
    if isinstance(error, LimsError):
        return error
    return Unavailable(f"The index could not be made anew: {error}.", hint="The old one is still there; try again.")


def _refusal(error: BaseException) -> Unavailable:
    return Unavailable(f"The catalog could not write: {error}.", hint="Nothing was kept; try again.")
