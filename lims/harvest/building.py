"""The record of one session: its files, its activities and its state, in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

from lims.catalog import Catalog, Transaction, View
from lims.errors import NotFound
from lims.harvest.attaching import FOREVER, Attacher
from lims.harvest.clocks import clocks_in_words, is_foreign
from lims.harvest.clustering import ORDINARY, Rhythm, cut
from lims.harvest.scope import Ground
from lims.model import SYSTEM, Activity, Dataset, Record, RecordState, Session, Value, new_id, record_id_of

READ = ("extracted", "failed", "missing")
NOT_SETUP = ("title", "start_time", "end_time", "experiment_id")
"""Normalised fields that name one file, not how the instrument was set."""


@dataclass(frozen=True)
class Plan:
    """What a session's record should be. rows: its files and those that leave it; removed: activities that are no more.

    touched: ids of other sessions that files come from or go to.
    """

    record: Record
    has_changed: bool = False
    rows: tuple[Dataset, ...] = ()
    activities: tuple[Activity, ...] = ()
    removed: tuple[Activity, ...] = ()
    touched: frozenset[str] = frozenset()


def build(
    catalog: Catalog, session_id: str, grounds: Sequence[Ground], *, is_final: bool, rhythm: Rhythm = ORDINARY
) -> Plan:
    """Build or rebuild a session's record; where nothing differs, nobody waits for the committer.

    is_final: all its files were looked for and read after it had ended, so that `building` may become `complete`.
    """

    def put(change: Transaction) -> Plan:
        plan = planned(change.unrestricted, session_id, grounds, is_final=is_final, rhythm=rhythm)
        return carry_out(change, plan) if plan.has_changed else plan

    plan = planned(catalog.view(SYSTEM), session_id, grounds, is_final=is_final, rhythm=rhythm)
    return catalog.write(put, by=SYSTEM) if plan.has_changed else plan


def carry_out(change: Transaction, plan: Plan) -> Plan:
    record = replace(plan.record, built=datetime.now(UTC))
    change.put_all(plan.rows, action="dataset.attach")
    for activity in plan.removed:
        change.remove(activity, action="record.build")
    change.put_all(plan.activities, action="record.build")
    change.put(record, action="record.build")
    return replace(plan, record=record)


def planned(view: View, session_id: str, grounds: Sequence[Ground], *, is_final: bool, rhythm: Rhythm) -> Plan:
    """view: must see everything."""
    session = view.session(session_id)
    record = record_of(view, session)
    if session.state == "cancelled":
        return Plan(record)
    before = candidates(view, session)
    attacher = Attacher(view, grounds)
    after = [attacher.attached(one) if one.kind == "raw" and one.status in READ else one for one in before]
    mine = [one for one in after if one.session == session.id]
    old = view.activities(session.id)
    new = activities_of(session, [one for one in mine if one.kind == "raw" and one.status in READ], old, rhythm)
    number = {dataset: activity.id for activity in new for dataset in activity.datasets}
    rows = [replace(one, activity=number.get(one.id)) if one.session == session.id else one for one in after]
    built = summed(record, session, mine, new, view, is_final=is_final)
    touched = {one.session for one in (*before, *after)} - {session.id}
    return Plan(
        built,
        built != record or rows != before or list(new) != old,
        tuple(rows),
        new,
        tuple(one for one in old if one.id not in number.values()),
        frozenset(one for one in touched if one),
    )


def record_of(view: View, session: Session) -> Record:
    """Its record; a new one where a session was brought in without (an import, another program)."""
    try:
        return view.record(record_id_of(session.id))
    except NotFound:
        return Record(record_id_of(session.id), session.id, "building", session.title or session.id)


def candidates(view: View, session: Session) -> list[Dataset]:
    """What is in the session, and what is in none but may belong here."""
    window = (session.start, session.end or FOREVER)
    free = view.datasets(instrument=session.instrument, without_session=True, between=window)
    near = [one for one in (*free, *late_copies(view, session)) if one.kind == "raw" and one.status in READ]
    return list({one.id: one for one in (*view.datasets(session=session.id), *near)}.values())


def late_copies(view: View, session: Session) -> list[Dataset]:
    """Files that may be older than their own time says; looked for only once the session has ended."""
    if session.is_open:
        return []
    free = view.datasets(instrument=session.instrument, without_session=True)
    return [one for one in free if "late copy" in one.clock_note]


def activities_of(
    session: Session, datasets: Sequence[Dataset], old: Sequence[Activity], rhythm: Rhythm
) -> tuple[Activity, ...]:
    """Activities keep their id as long as most of their files stay, so that links to them hold."""
    ordered = sorted(datasets, key=lambda one: (one.acquired or one.modified, one.key))
    moments = [one.acquired or one.modified for one in ordered]
    free = {activity.id: set(activity.datasets) for activity in old}
    activities = []
    for number, indices in zip(count(1), cut(moments, rhythm), strict=False):
        members = [ordered[index] for index in indices]
        ids = tuple(one.id for one in members)
        kept = max(free, key=lambda known: len(free[known] & set(ids)), default=None)
        if kept is not None and free[kept] & set(ids):
            free.pop(kept)
        else:
            kept = new_id("activity")
        start, end = moments[indices[0]], moments[indices[-1]]
        activities.append(Activity(kept, session.id, number, start, end, ids, setup_of(members)))
    return tuple(activities)


def setup_of(members: Sequence[Dataset]) -> dict[str, Value]:
    """What the files of an activity say alike: nobody says otherwise, and at least half say it.

    Files that say nothing are not asked, nor are those of another instrument.
    """
    spoken = [one.normalised for one in members if one.normalised and not is_foreign(one)]
    said: dict[str, list[Value]] = defaultdict(list)
    for normalised in spoken:
        for name, value in normalised.items():
            said[name].append(value)
    return {
        name: values[0]
        for name, values in said.items()
        if name not in NOT_SETUP and 2 * len(values) >= len(spoken) and all(is_alike(one, values[0]) for one in values)
    }


def is_alike(one: Value, other: Value) -> bool:
    return bool(one.value == other.value and one.unit == other.unit)


def summed(
    record: Record, session: Session, mine: Sequence[Dataset], activities: Sequence[Activity], view: View, *,
    is_final: bool,
) -> Record:
    raw = [one for one in mine if one.kind == "raw"]
    # Of the files that it will have, not of those that the catalog has there until now.
    failed = len({step.dataset for step in view.telling_steps([one.id for one in mine]) if step.state == "failed"})
    return replace(
        record,
        state=state_of(record, session, raw, failed, is_final=is_final),
        datasets=len(raw),
        bytes=sum(one.bytes for one in raw),
        activities=len(activities),
        failed=failed,
        clock=clocks_in_words([one for one in raw if one.status in READ]),
        cover=cover_of(record, raw),
    )


def state_of(
    record: Record, session: Session, raw: Sequence[Dataset], failed: int, *, is_final: bool
) -> RecordState:
    if session.is_open:
        return "open"
    is_unread = any(one.status == "registered" for one in raw)
    if record.state == "building" and (is_unread or not is_final):
        return "building"
    return "attention" if failed else "complete"


def cover_of(record: Record, raw: Sequence[Dataset]) -> str | None:
    """The picture that stands for the record: it stays while it can."""
    shown = [one for one in raw if one.preview_size]
    if any(one.id == record.cover for one in shown):
        return record.cover
    return min(shown, key=lambda one: (one.acquired or one.modified, one.key)).id if shown else None
