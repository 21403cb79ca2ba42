"""The record of one session: its files, its activities and its state, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from lims.catalog import Catalog, Transaction, View
from lims.errors import NotFound
from lims.harvest.attaching import Attacher
from lims.harvest.belonging import FOREVER
from lims.harvest.clocks import clocks_in_words
from lims.harvest.clustering import ORDINARY, cut
from lims.harvest.copies import with_copies
from lims.harvest.news import FINISHED, news_of
from lims.harvest.scope import Ground
from lims.harvest.setup import setup_of, spreads_of
from lims.model import (
    SYSTEM,
    Activity,
    Dataset,
    Record,
    RecordBuild,
    RecordState,
    Rhythm,
    Session,
    new_id,
    record_id_of,
)

SECOND = timedelta(seconds=1)
READ = ("extracted", "failed", "missing")


@dataclass(frozen=True)
class Plan:
    """What a session's record should be. rows: its files and those that leave it; removed: activities that are no more.

    touched: ids of other sessions that files come from or go to. news: how a finished record differs from before.
    """

    record: Record
    has_changed: bool = False
    rows: tuple[Dataset, ...] = ()
    activities: tuple[Activity, ...] = ()
    removed: tuple[Activity, ...] = ()
    touched: frozenset[str] = frozenset()
    news: RecordBuild | None = None


def build(
    catalog: Catalog, session_id: str, grounds: Sequence[Ground], *, is_final: bool
) -> Plan:
    """Build or rebuild a session's record; where nothing differs, nobody waits for the committer.

    is_final: all its files were looked for and read after it had ended, so that `building` may become `complete`.
    """

    def put(change: Transaction) -> Plan:
        plan = planned(change.unrestricted, session_id, grounds, is_final=is_final)
        return carry_out(change, plan) if plan.has_changed else plan

    plan = planned(catalog.view(SYSTEM), session_id, grounds, is_final=is_final)
    return catalog.write(put, by=SYSTEM) if plan.has_changed else plan


def build_finished(change: Transaction, sessions: Iterable[str], grounds: Sequence[Ground]) -> set[str]:
    """Build those records that were finished in the very change that brings them files or takes some away.

    So nobody sees half of one, and no kill comes between. The others will be built anyway, and are in the making.
    """
    records = [record_of(change.unrestricted, change.unrestricted.session(one)) for one in sorted(sessions)]
    return build_within(change, [one.session for one in records if one.state in FINISHED], grounds)


def build_within(change: Transaction, sessions: Iterable[str], grounds: Sequence[Ground]) -> set[str]:
    """Build these sessions' records anew in a change that moves files, and those that files have gone to by that.

    Returns the ids of the records that are others now.
    """
    todo, built, changed = set(sessions), set[str](), set[str]()
    while todo:
        session = todo.pop()
        built.add(session)
        plan = planned(change.unrestricted, session, grounds, is_final=False)
        if plan.has_changed:
            changed.add(carry_out(change, plan).record.id)
        todo |= plan.touched - built
    return changed


def carry_out(change: Transaction, plan: Plan) -> Plan:
    record = replace(plan.record, built=datetime.now(UTC))
    change.put_all(plan.rows, action="dataset.attach")
    for activity in plan.removed:
        change.remove(activity, action="record.build")
    change.put_all(plan.activities, action="record.build")
    change.put(record, action="record.build")
    if plan.news:
        change.put(plan.news, action="record.build")
    return replace(plan, record=record)


def planned(view: View, session_id: str, grounds: Sequence[Ground], *, is_final: bool) -> Plan:
    """view: must see everything."""
    session = view.session(session_id)
    record = record_of(view, session)
    if session.state == "cancelled":
        return Plan(record)
    before = candidates(view, session, grounds)
    after = with_copies(view, placed(view, grounds, before))
    known = {one.id: one for one in before} | {one.id: one for one in view.datasets(ids=[one.id for one in after])}
    mine = [one for one in after if one.session == session.id and one.copy_of is None]
    old = view.activities(session.id)
    dated = [one for one in mine if one.kind == "raw" and one.status in READ]
    new = activities_of(session, dated, old, rhythm_of(grounds, session))
    number = {dataset: activity.id for activity in new for dataset in activity.datasets}
    rows = [replace(one, activity=number.get(one.id)) if one.session == session.id else one for one in after]
    built = summed(record, session, mine, new, view, is_final=is_final)
    touched = {one.session for one in (*known.values(), *after)} - {session.id}
    news = news_of(view, built, mine)
    return Plan(
        built,
        built != record or any(one != known[one.id] for one in rows) or list(new) != old or news is not None,
        tuple(rows),
        new,
        tuple(one for one in old if one.id not in number.values()),
        frozenset(one for one in touched if one),
        news,
    )


def placed(view: View, grounds: Sequence[Ground], datasets: Sequence[Dataset]) -> list[Dataset]:
    """Attached as they would be today; what is derived or was never read stays where it is."""
    movable = [one for one in datasets if one.kind == "raw" and one.status in READ]
    after = {one.id: one for one in Attacher(view, grounds).attached_all(movable)}
    return [after.get(one.id, one) for one in datasets]


def rhythm_of(grounds: Sequence[Ground], session: Session) -> Rhythm:
    return next((one.instrument.rhythm for one in grounds if one.instrument.id == session.instrument), ORDINARY)


def record_of(view: View, session: Session) -> Record:
    """Its record; a new one where a session was brought in without (an import, another program)."""
    try:
        return view.record(record_id_of(session.id))
    except NotFound:
        return Record(record_id_of(session.id), session.id, "building", session.title or session.id)


def candidates(view: View, session: Session, grounds: Sequence[Ground]) -> list[Dataset]:
    """What is in the session, and what may belong here: in none, or where several may be logged at once, in another."""
    instrument = next((one.instrument for one in grounds if one.instrument.id == session.instrument), None)
    grace, several = (timedelta(seconds=instrument.grace_s), instrument.overlapping) if instrument else (SECOND, False)
    window = (session.start - SECOND, session.end + grace + SECOND if session.end else FOREVER)
    near = view.datasets(instrument=session.instrument, without_session=not several, between=window)
    put_here = [one.thing for one in view.settlements(about="home") if one.session == session.id]
    near += view.datasets(ids=put_here) if put_here else []
    near += [] if session.is_open else view.stragglers(session.instrument)
    wanted = [one for one in near if one.kind == "raw" and one.status in READ]
    return list({one.id: one for one in (*view.datasets(session=session.id), *wanted)}.values())


def activities_of(
    session: Session, datasets: Sequence[Dataset], old: Sequence[Activity], rhythm: Rhythm
) -> tuple[Activity, ...]:
    """Activities keep their id as long as most of their files stay, so that links to them hold."""
    ordered = sorted(datasets, key=lambda one: (one.acquired or one.modified, one.key))
    moments = [one.acquired or one.modified for one in ordered]
    free = {activity.id: set(activity.datasets) for activity in old}
    activities = []
    for number, cluster in zip(count(1), cut(moments, rhythm), strict=False):
        members = [ordered[index] for index in cluster.indices]
        ids = tuple(one.id for one in members)
        kept = max(free, key=lambda known: len(free[known] & set(ids)), default=None)
        if kept is not None and free[kept] & set(ids):
            free.pop(kept)
        else:
            kept = new_id("activity")
        start, end = moments[cluster.indices[0]], moments[cluster.indices[-1]]
        setup = setup_of(members)
        varies = spreads_of(members, setup)
        activities.append(Activity(kept, session.id, number, start, end, ids, setup, varies, cluster.reason))
    return tuple(activities)


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
