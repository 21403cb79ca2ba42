"""Settling what waits for a person, and taking it back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from lims import logbook
from lims.access import check_is_staff, check_may_correct, may_edit
from lims.catalog import Transaction, View
from lims.errors import Forbidden, Invalid, NotFound
from lims.facility.desk import Desk
from lims.facility.operations.attention import attention
from lims.facility.operations.registry import operation
from lims.facility.views import AttentionItem, Settled, Way
from lims.harvest import ClockCheck, Waiting
from lims.model import Dataset, Decision, Principal, Question, Session, Settlement

KINDS: dict[Question, str] = {
    "home": "orphan", "failure": "failed", "absence": "missing", "booking": "booking", "quality": "bad"
}
ABOUT: dict[str, Question] = {kind: question for question, kind in KINDS.items()}
SHOWN = 50
WORDS: dict[Decision, str] = {
    "session": "put into a session", "nobody": "nobody's", "dismissed": "seen", "bad": "marked bad"
}


@operation
def settle(
    desk: Desk,
    principal: Principal,
    thing: str,
    decision: Way = "accept",
    kind: str | None = None,
    session: str | None = None,
    user: str | None = None,
    note: str = "",
) -> Settled:
    """Settle what waits under `thing` in the attention queue, as it proposes or otherwise.

    decision: accept the proposal; `session`: put the files there; `nobody`: they belong to none; `dismiss`: seen.
    kind: which of several that wait under one id. user: whose session of that time is logged, whatever is proposed.
    """
    item = item_of(attention(desk, principal), thing, kind)
    if item.kind == "never-ended" and decision == "accept":
        return end_forgotten(desk, principal, item)
    if item.kind == "orphan":
        return settle_orphans(desk, principal, item, decision, session, user, note.strip())
    if decision != "dismiss" or item.kind not in ABOUT:
        ways = " or ".join(one.decision for one in item.actions) or "nothing here"
        raise Invalid(f"{item.title} ({item.kind}) cannot be settled by {decision}.", hint=f"What can be done: {ways}.")
    dismiss(desk, principal, item, note.strip())
    return Settled(item.kind, thing, item.title, "seen", principal.name, datetime.now(UTC), item.files)


def item_of(items: Sequence[AttentionItem], thing: str, kind: str | None) -> AttentionItem:
    found = [one for one in items if one.thing == thing and kind in (None, one.kind)]
    if not found:
        raise NotFound(f"Nothing waits under {thing}.", hint="See what does with: lims attention")
    return found[0]


def end_forgotten(desk: Desk, principal: Principal, item: AttentionItem) -> Settled:
    desk.harvester.notice(desk.catalog.view(principal).session(item.thing).instrument)
    ended = logbook.end_session(desk.catalog, principal, item.thing, at="last-file")
    hint = f"lims session reopen {ended.id}"
    text = f"ended at {ended.end:%Y-%m-%d %H:%M} UTC" if ended.end else "ended"
    return Settled(item.kind, item.thing, item.title, text, principal.name, datetime.now(UTC), 0, False, hint)


def settle_orphans(
    desk: Desk, principal: Principal, item: AttentionItem, decision: Way, session: str | None, user: str | None,
    note: str,
) -> Settled:
    """All files of the group, as it is now. Raises NotFound where it is none any more."""
    groups = desk.harvester.placing.waiting_files()
    group = next((one for one in groups if one.first.id == item.thing), None)
    if group is None:
        raise NotFound(f"What waits under {item.thing} has changed just now.", hint="See it anew with: lims attention")
    files, proposal = group.datasets, group.proposal
    if decision == "dismiss":
        raise Invalid("Files in no session cannot be dismissed.", hint="Say whose they are, or that they are nobody's.")
    if user is not None and decision != "accept":
        raise Invalid(f"A session for {user}, or where else?", hint="Say one of the two.")
    if decision == "accept" and (user or proposal.session is None):
        return log_session(desk, principal, item, group, user or proposal.user)
    home = None if decision == "nobody" else session or proposal.session
    if home is None and decision != "nobody":
        raise Invalid("Into which session?", hint=f"lims settle {item.thing} --session ID")
    return put_home(desk, principal, item, [one.id for one in files], home, note)


def log_session(desk: Desk, principal: Principal, item: AttentionItem, group: Waiting, user: str) -> Settled:
    if not user:
        raise Invalid("Nobody knows whose files these are.", hint=f"Say who: lims settle {item.thing} --user NAME")
    start, end = group.proposal.start.replace(microsecond=0), group.proposal.end
    instrument = group.first.instrument or ""
    logged = logbook.start_session(desk.catalog, principal, instrument=instrument, user=user, at=start, end=end)
    desk.catalog.write(lambda change: desk.harvester.placing.rebuild(change, {logged.id}), by=principal)
    text, hint = f"session {logged.id} of {user} was logged", f"lims session cancel {logged.id}"
    return Settled(item.kind, item.thing, item.title, text, principal.name, datetime.now(UTC), item.files, False, hint)


def put_home(
    desk: Desk, principal: Principal, item: AttentionItem, files: Sequence[str], home: str | None, note: str
) -> Settled:
    now = datetime.now(UTC)

    def put(change: Transaction) -> Settled:
        target = change.view.session(home) if home else None
        if target is not None and target.state == "cancelled":
            raise Invalid(f"Session {target.id} was cancelled.", hint=f"Bring it back: lims session reopen {target.id}")
        decision: Decision = "session" if home else "nobody"
        rows = [Settlement(one, "home", decision, principal.name, now, home, note) for one in files]
        change.put_all(rows, action="attention.settle")
        place(desk, change, files, {home} if home else set())
        text = f"in {target.user}'s session {target.id}" if target else "nobody's"
        return Settled(item.kind, item.thing, item.title, text, principal.name, now, len(files))

    return desk.catalog.write(put, by=principal)


def place(desk: Desk, change: Transaction, files: Sequence[str], concerned: set[str]) -> None:
    datasets = [one for one in change.unrestricted.datasets(ids=files) if one.status != "registered"]
    desk.harvester.placing.rebuild(change, concerned | desk.harvester.placing.place(change, datasets))


def dismiss(desk: Desk, principal: Principal, item: AttentionItem, note: str) -> None:
    def put(change: Transaction) -> None:
        if item.kind == "booking":
            check_may_dismiss(principal, change.view.reservation(item.thing).user)
        else:
            one = change.view.dataset(item.thing)
            check_may_correct(principal, one, session_of(change.view, one))
        row = Settlement(item.thing, ABOUT[item.kind], "dismissed", principal.name, datetime.now(UTC), None, note)
        change.put(row, action="attention.settle")

    desk.catalog.write(put, by=principal)


def check_may_dismiss(principal: Principal, user: str) -> None:
    if not principal.is_staff and principal.name != user:
        raise Forbidden(f"That booking is {user}'s.", hint="Ask them, or the staff.")


def session_of(view: View, one: Dataset) -> Session | None:
    return view.session(one.session) if one.session else None


@operation
def unsettle(desk: Desk, principal: Principal, thing: str, kind: str | None = None) -> Settled:
    """Take back what was settled under `thing`, for all files that were settled with it."""
    view = desk.catalog.view(principal)
    found = [one for one in view.settlements([thing]) if kind in (None, KINDS[one.about])]
    if not found:
        raise NotFound(f"Nothing was settled under {thing}.", hint="See what was with: lims attention --settled")
    said = found[0]

    def take_back(change: Transaction) -> Settled:
        same = [one for one in change.view.settlements(about=said.about) if (one.by, one.at) == (said.by, said.at)]
        check_may_take_back(principal, change.view, same)
        for one in same:
            change.remove(one, action="attention.unsettle")
        files = [one.thing for one in same]
        if said.about == "home":
            place(desk, change, files, {one.session for one in same if one.session})
        return replace(settled_view(change.view, same), text="taken back", undo=False)

    return desk.catalog.write(take_back, by=principal)


def check_may_take_back(principal: Principal, view: View, settled: Sequence[Settlement]) -> None:
    """Staff may, and whoever decided it; of a failure also who may correct the file."""
    if principal.is_staff or all(one.by == principal.name for one in settled):
        return
    datasets = view.datasets(ids=[one.thing for one in settled])
    homes = [session_of(view, one) for one in datasets]
    if not datasets or any(home is None or not may_edit(principal, home) for home in homes):
        raise Forbidden(f"{settled[0].by} has settled that.", hint="Ask them, or the staff.")


@operation
def settled(desk: Desk, principal: Principal) -> list[Settled]:
    """What was settled lately and can be taken back, newest first."""
    view = desk.catalog.view(principal)
    groups: dict[tuple[str, str, datetime], list[Settlement]] = {}
    for one in view.settlements():
        groups.setdefault((one.about, one.by, one.at), []).append(one)
    return [settled_view(view, group) for group in list(groups.values())[:SHOWN]]


def settled_view(view: View, group: Sequence[Settlement]) -> Settled:
    first = min(group, key=lambda one: one.thing)
    text = f"{WORDS[first.decision]} {first.session or ''}".strip() + (f": {first.note}" if first.note else "")
    title = titles(view, group)
    return Settled(KINDS[first.about], first.thing, title, text, first.by, first.at, len(group))


def titles(view: View, group: Sequence[Settlement]) -> str:
    if group[0].about == "booking":
        return view.reservation(group[0].thing).title or group[0].thing
    names = [one.name for one in view.datasets(ids=[one.thing for one in group])]
    if len(names) == 1:
        return names[0]
    return f"{len(group):,} files" if names else group[0].thing


@operation
def clocks(desk: Desk, principal: Principal) -> list[ClockCheck]:
    """How far the instruments' clocks are off, measured against the files' own times and the logbook."""
    check_is_staff(principal, "see what all files of an instrument say")
    return desk.harvester.placing.clock_checks()
