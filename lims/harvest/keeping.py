"""What came of reading goes into the catalog: datasets, steps and metadata of a batch in one transaction."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from lims.catalog import Catalog, Transaction, View
from lims.errors import Unavailable
from lims.extractors import Outcome, StepFailure
from lims.harvest.attaching import Attacher
from lims.harvest.building import build_finished
from lims.harvest.copies import with_copies
from lims.harvest.correcting import known_better, of_people
from lims.harvest.reading import Done
from lims.harvest.registering import former_of
from lims.harvest.rejoining import rejoin
from lims.harvest.scope import Ground
from lims.model import SYSTEM, Dataset, Extraction, FormerVersion, Step
from lims.model.datasets import StepName, StepState


class MakeStep(Protocol):
    """A step of the dataset at hand, now."""

    def __call__(self, name: StepName, state: StepState, reason: str = "", version: str = "") -> Step: ...

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """What a batch added: ids of datasets, of sessions whose files are other files now, of records built with it."""

    extracted: frozenset[str] = frozenset()
    previews: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()


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
            whole.records | part.records,
        )
    return whole


def put_batch(change: Transaction, batch: Sequence[Done], grounds: Sequence[Ground], readers: str) -> Kept:
    view = change.unrestricted
    before = {one.id: one for one in view.datasets(ids=[done.work.dataset.id for done in batch])}
    good = [done for done in batch if is_current(done, before.get(done.work.dataset.id))]
    former = last_former(view, before.values())
    rows = known(told_all(good, before, former), before, Attacher(view, grounds))
    arranged = with_copies(view, rows)
    put_rows(change, before, arranged, former)
    now = {row.id: row for row in rows}
    for done in good:
        put_read(change, now[done.work.dataset.id], done, readers)
    back = rejoin(change, [one for one in arranged if is_newcomer(before.get(one.id), one)])
    read_now = [now[done.work.dataset.id] for done in good if done.work.do_extract]
    touched = {one.session for one in (*(before[row.id] for row in rows), *arranged, *back)}
    come = gone_or_come(before, arranged) | {one.session for one in back if one.session}
    records = build_finished(change, come, grounds)
    return Kept(
        frozenset(row.id for row in read_now if row.status == "extracted"),
        frozenset(row.id for row in read_now if row.preview_size is not None),
        frozenset(one for one in touched if one),
        frozenset(records),
    )


def is_current(done: Done, now: Dataset | None) -> bool:
    """One that changed while it was read is left; the next pass reads what it is now."""
    return now is not None and listed(now) == listed(done.work.dataset)


def told_all(
    batch: Iterable[Done], before: Mapping[str, Dataset], former: Mapping[str, FormerVersion]
) -> list[Dataset]:
    """A large file comes in two halves: its extraction and its checksum."""
    said: dict[str, Dataset] = {}
    for done in batch:
        dataset = done.work.dataset.id
        said[dataset] = told(said.get(dataset, before[dataset]), done, former.get(dataset))
    return list(said.values())


def gone_or_come(before: Mapping[str, Dataset], after: Sequence[Dataset]) -> set[str]:
    """The sessions that have other files than before, or other contents of them."""
    pairs = [(before.get(one.id), one) for one in after]
    changed = [pair for pair in pairs if pair[0] is None or membership(pair[0]) != membership(pair[1])]
    return {one.session for pair in changed for one in pair if one is not None and one.session}


def membership(one: Dataset) -> tuple[str | None, str | None, int]:
    return one.session, one.copy_of, one.version


def is_newcomer(before: Dataset | None, now: Dataset) -> bool:
    return before is not None and before.sha256 is None and now.version == 1 and now.kind == "raw"


def put_read(change: Transaction, row: Dataset, done: Done, readers: str) -> None:
    change.put_all(steps_of(row, done, readers), action="harvest.read")
    if done.outcome and done.outcome.extraction:
        change.put_extraction(row.id, done.outcome.extraction)
    elif done.outcome:
        change.drop_extraction(row.id)


def last_former(view: View, rows: Iterable[Dataset]) -> dict[str, FormerVersion]:
    """What lay there directly before, of those where something did."""
    found = view.former_versions([one.id for one in rows if one.version > 1])
    return {one.dataset: one for one in found}


def put_rows(
    change: Transaction, before: Mapping[str, Dataset], rows: Sequence[Dataset], former: Mapping[str, FormerVersion]
) -> None:
    """What was replaced is kept; what turned out to be the same bytes under a new time was no new version."""
    for row in rows:
        old = before.get(row.id, row)
        if row.version > old.version:
            change.put(former_of(old), action="dataset.other_content")
            change.drop_extraction(row.id)
        if row.version < old.version:
            change.remove(former[row.id], action="dataset.same_content")
        change.put(row, action="dataset.read" if row.version == old.version else "dataset.other_content")


def known(said: Sequence[Dataset], before: Mapping[str, Dataset], attacher: Attacher) -> list[Dataset]:
    """Attached, and with what is known better than the file; where that is the time, attached by it."""
    rows = []
    for placed in attacher.attached_all(said):
        better = known_better(placed, before[placed.id].normalised, attacher.instrument_of(placed))
        is_moved = better.normalised.get("start_time") != placed.normalised.get("start_time")
        rows.append(attacher.attached(better) if is_moved else better)
    return rows


def listed(one: Dataset) -> tuple[int, datetime, str]:
    return one.bytes, one.modified, one.companions_state


def told(old: Dataset, done: Done, former: FormerVersion | None = None) -> Dataset:
    """The dataset with what its files said; a new version where they are others than its checksum was of.

    former: what lay there before; the same bytes with a new time are no other version.
    """
    if done.trouble:
        return replace(old, status="failed")
    row = old
    if done.hashes:
        row = versioned(old, replace(old, sha256=done.hashes[0], companions_sha256=done.hashes[1:]), former)
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


def versioned(old: Dataset, new: Dataset, former: FormerVersion | None) -> Dataset:
    """With its version, and since when its files have said what they say."""
    if old.sha256 is not None:
        return replace(new, version=old.version + 1, content_since=None) if is_other_content(old, new) else new
    if former is None or former.version != old.version - 1:
        return new
    return replace(new, content_since=None) if is_other_content(former, new) else replace(new, version=former.version)


def is_other_content(old: Dataset | FormerVersion, new: Dataset) -> bool:
    """Only what has been hashed can be compared. A file that has joined it, under whichever name, replaces nothing."""
    return old.sha256 is not None and not contents_of(old) <= contents_of(new)


def contents_of(one: Dataset | FormerVersion) -> set[str | None]:
    return {one.sha256, *one.companions_sha256}


def steps_of(row: Dataset, done: Done, readers: str) -> list[Step]:
    now, attempt = datetime.now(UTC), done.work.attempt + 1

    def step(name: StepName, state: StepState, reason: str = "", version: str = "") -> Step:
        return Step(row.id, name, state, attempt, reason, version, now)

    steps = [step("attach", "done", row.clock_note)]
    if done.work.do_hash:
        steps.append(step("hash", "failed", done.trouble) if done.trouble else step("hash", "done"))
    if done.trouble and done.work.do_extract:
        state: StepState = "skipped" if done.work.do_hash else "failed"
        steps += [step("extract", state, done.trouble), step("preview", "skipped", done.trouble)]
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
