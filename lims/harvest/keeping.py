"""What came of reading goes into the catalog: datasets, steps and metadata of a batch in one transaction."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from lims.catalog import Catalog, Transaction
from lims.errors import Unavailable
from lims.extractors import Outcome, StepFailure
from lims.harvest.attaching import Attacher
from lims.harvest.correcting import known_better, of_people
from lims.harvest.reading import Done
from lims.harvest.scope import Ground
from lims.model import SYSTEM, Dataset, Extraction, Step
from lims.model.datasets import StepName, StepState


class MakeStep(Protocol):
    """A step of the dataset at hand, now."""

    def __call__(self, name: StepName, state: StepState, reason: str = "", version: str = "") -> Step: ...

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """What a batch added: ids of datasets, and of the sessions whose files are other files now."""

    extracted: frozenset[str] = frozenset()
    previews: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()


def keep(catalog: Catalog, batch: Sequence[Done], grounds: Sequence[Ground], readers: str) -> Kept:
    """readers: which readers there were, for failures that no single one of them answers for."""
    good = [done for done in batch if not done.is_stale]
    if not good:
        return Kept()
    try:
        return catalog.write(lambda change: put_batch(change, good, grounds, readers), by=SYSTEM)
    except Unavailable:
        raise
    except Exception as error:
        # Whatever an extractor brought that the catalog cannot hold costs its own file, not the batch, and not every
        # pass from now on. Where the catalog itself is the trouble, the second try raises too.
        log.exception("one of %d files cannot be kept", len(good))
        if len(good) > 1:
            return added(keep(catalog, [done], grounds, readers) for done in good)
        spoilt = replace(good[0], outcome=not_kept(error, good[0].outcome))
        return catalog.write(lambda change: put_batch(change, [spoilt], grounds, readers), by=SYSTEM)


def not_kept(error: Exception, outcome: Outcome | None) -> Outcome:
    found = outcome.extraction if outcome else None
    reason = f"what was read cannot be kept: {type(error).__name__}: {error}"[:500]
    return Outcome(None, (StepFailure("extract", reason, version_of(found) if found else ""),))


def added(parts: Iterable[Kept]) -> Kept:
    whole = Kept()
    for part in parts:
        whole = Kept(
            whole.extracted | part.extracted,
            whole.previews | part.previews,
            whole.sessions | part.sessions,
        )
    return whole


def put_batch(change: Transaction, batch: Sequence[Done], grounds: Sequence[Ground], readers: str) -> Kept:
    view = change.unrestricted
    now = {one.id: one for one in view.datasets(ids=[done.work.dataset.id for done in batch])}
    attacher = Attacher(view, grounds)
    sessions: set[str | None] = set()
    read_now: set[str] = set()
    for done in batch:
        old = now.get(done.work.dataset.id)
        if old is None or listed(old) != listed(done.work.dataset):
            continue  # it changed while it was read; the next pass reads what it is now
        row = now[old.id] = known(told(old, done), old, attacher)
        is_other = row.version != old.version
        sessions |= {old.session, row.session}
        change.put(row, action="dataset.other_content" if is_other else "dataset.read")
        change.put_all(steps_of(row, done, readers), action="harvest.read")
        if done.outcome and done.outcome.extraction:
            change.put_extraction(row.id, done.outcome.extraction)
        elif done.outcome or is_other:
            change.drop_extraction(row.id)
        read_now |= {row.id} if done.work.do_extract else set()
    return Kept(
        frozenset(one for one in read_now if now[one].status == "extracted"),
        frozenset(one for one in read_now if now[one].preview_size is not None),
        frozenset(one for one in sessions if one),
    )


def known(row: Dataset, old: Dataset, attacher: Attacher) -> Dataset:
    """Attached, and with what is known better than the file; where that is the time, attached by it."""
    placed = attacher.attached(row)
    better = known_better(placed, old.normalised, attacher.instrument_of(placed))
    moved = better.normalised.get("start_time") != placed.normalised.get("start_time")
    return attacher.attached(better) if moved else better


def listed(one: Dataset) -> tuple[int, datetime, str]:
    return one.bytes, one.modified, one.companions_state


def told(old: Dataset, done: Done) -> Dataset:
    """The dataset with what its files said; a new version where they are others than its checksum was of."""
    if done.trouble:
        return replace(old, status="failed")
    row = old
    if done.hashes:
        row = replace(row, sha256=done.hashes[0], companions_sha256=done.hashes[1:])
        row = replace(row, version=old.version + (1 if is_other_content(old, row) else 0))
    if done.outcome is None:
        return row
    found = done.outcome.extraction
    if found is None:
        people = of_people(old.normalised)
        return replace(row, status="failed", format="", signals=(), normalised=people, blank="", preview_size=None)
    return replace(
        row,
        status="extracted",
        format=found.format,
        signals=found.signals,
        normalised=found.normalised,
        blank=done.outcome.blank,
        preview_size=done.outcome.preview_size,
    )


def is_other_content(old: Dataset, new: Dataset) -> bool:
    """Only what has been hashed can be compared. Renamed companions may come in another order."""
    if old.sha256 is None:
        return False
    companions = sorted(old.companions_sha256)
    return old.sha256 != new.sha256 or companions not in ([], sorted(new.companions_sha256))


def steps_of(row: Dataset, done: Done, readers: str) -> list[Step]:
    now, attempt = datetime.now(UTC), done.work.attempt + 1

    def step(name: StepName, state: StepState, reason: str = "", version: str = "") -> Step:
        return Step(row.id, name, state, attempt, reason, version, now)

    steps = [step("attach", "done", row.clock_note)]
    if done.work.do_hash:
        steps.append(step("hash", "failed", done.trouble) if done.trouble else step("hash", "done"))
    if done.trouble and done.work.do_extract:
        steps += [step("extract", "skipped", done.trouble), step("preview", "skipped", done.trouble)]
    elif done.outcome is not None:
        steps += [extract_step(step, done.outcome, readers), preview_step(step, done.outcome, readers)]
    return steps


def extract_step(step: MakeStep, outcome: Outcome, readers: str) -> Step:
    failure = next((one for one in outcome.failed if one.step == "extract"), None)
    if failure:
        return step("extract", "failed", failure.reason, failure.version or readers)
    found = outcome.extraction
    if found is None:
        return step("extract", "failed", "the reader gave no answer", readers)
    return step("extract", "done", "; ".join(found.warnings), version_of(found))


def preview_step(step: MakeStep, outcome: Outcome, readers: str) -> Step:
    """A file without a picture says why: it failed, it is blank, or there is nothing to draw."""
    failure = next((one for one in outcome.failed if one.step == "preview"), None)
    if failure:
        return step("preview", "failed", failure.reason, failure.version or readers)
    found = outcome.extraction
    if found is None:
        return step("preview", "skipped", extract_step(step, outcome, readers).reason)
    if outcome.blank:
        return step("preview", "done", f"blank: {outcome.blank}", version_of(found))
    if outcome.preview_size:
        return step("preview", "done", "", version_of(found))
    said = "; ".join(found.warnings)
    return step("preview", "skipped", said or f"there is no picture in it ({found.format})", version_of(found))


def version_of(found: Extraction) -> str:
    return f"{found.extractor} {found.extractor_version}"
