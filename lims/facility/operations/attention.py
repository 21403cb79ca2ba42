"""What a person has to settle, each with the ways in which it can be."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from posixpath import commonpath

from lims.catalog import View
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.operations.unavailable import unavailable
from lims.facility.views import Action, AttentionItem
from lims.harvest import ClockCheck, Waiting
from lims.model import Principal, Reservation, Settlement

FORGOTTEN = timedelta(hours=12)
REMEMBERED = timedelta(days=30)
"""Bookings that nobody used are asked about for so long."""


@operation
def attention(desk: Desk, principal: Principal) -> list[AttentionItem]:
    """Failed steps, files in no session, files that are gone, sessions never ended, bookings not used, and more."""
    view = desk.catalog.view(principal)
    items = [*failed(view), *missing(view), *never_ended(view), *unused(view), *unavailable(desk, principal)]
    if principal.is_staff:
        placing = desk.harvester.placing
        items += [*orphans(placing.waiting_files()), *clocks(placing.clock_checks(fresh=False))]
    return items


def failed(view: View) -> Iterator[AttentionItem]:
    """Not those that somebody has looked at since they failed."""
    steps = view.failed_steps()
    names = {one.id: one.name for one in view.datasets(ids=[step.dataset for step in steps])}
    seen = dismissed(view, "failure")
    for step in steps:
        last = seen.get(step.dataset)
        if last is None or (step.at is not None and step.at > last.at):
            yield AttentionItem(
                "failed",
                step.dataset,
                names.get(step.dataset, step.dataset),
                f"{step.step}: {step.reason}",
                step.at,
                "It is tried again when the file or the reader changes, and by itself where the disk did not give it.",
                1,
                (Action("dismiss", "Leave it"),),
            )


def dismissed(view: View, about: str) -> dict[str, Settlement]:
    return {one.thing: one for one in view.settlements() if one.about == about}


def orphans(groups: Iterable[Waiting]) -> Iterator[AttentionItem]:
    for group in groups:
        first, proposal = group.first, group.proposal
        folder = commonpath([f"/{one.key.rpartition('/')[0]}" for one in group.datasets])[1:]
        count = len(group.datasets)
        accept = f"Put into {proposal.user}'s session" if proposal.session else f"Log {proposal.user}'s session"
        can_accept = proposal.session is not None or proposal.user
        yield AttentionItem(
            "orphan",
            first.id,
            first.name if count == 1 else f"{count:,} files in {folder or first.store}",
            proposal.text,
            first.acquired or first.modified,
            hint_of(group),
            count,
            (*((Action("accept", accept),) if can_accept else ()), Action("nobody", "Nobody's")),
            proposal.session,
        )


def hint_of(group: Waiting) -> str:
    settle = f"lims settle {group.first.id}"
    if group.proposal.session or group.proposal.user:
        return f"As proposed: {settle}; somebody else's: --user NAME; into another session: --session ID; or --nobody"
    return f"Say whose they are: {settle} --user NAME; into a session: --session ID; or --nobody"


def missing(view: View) -> Iterator[AttentionItem]:
    seen = dismissed(view, "absence")
    for one in view.datasets(status="missing"):
        if one.id not in seen and one.copy_of is None:
            yield AttentionItem(
                "missing",
                one.id,
                one.name,
                f"its file is no longer at {one.key} in the store {one.store!r}",
                one.acquired or one.modified,
                "Put it back, and it is found again; what is known of it stays.",
                1,
                (Action("dismiss", "It is gone"),),
            )


def never_ended(view: View) -> Iterator[AttentionItem]:
    limit = datetime.now(UTC) - FORGOTTEN
    for one in view.sessions(states=("open", "paused")):
        if one.start < limit:
            yield AttentionItem(
                "never-ended",
                one.id,
                one.title or one.id,
                f"open since {one.start:%Y-%m-%d %H:%M} UTC",
                one.start,
                f"End it at its last file: lims session end {one.id} --at last-file",
                0,
                (Action("accept", "End at its last file"),),
            )


def unused(view: View) -> Iterator[AttentionItem]:
    """Bookings that are over and of which nobody logged a session."""
    now = datetime.now(UTC)
    window, seen = (now - REMEMBERED, now), dismissed(view, "booking")
    sessions = [one for one in view.sessions(overlaps=window, limit=None) if one.state != "cancelled"]
    logged = {one.reservation for one in sessions}

    def was_used(booking: Reservation) -> bool:
        mine = (one for one in sessions if (one.instrument, one.user) == (booking.instrument, booking.user))
        return booking.id in logged or any(one.start < booking.end and (one.end or now) > booking.start for one in mine)

    for booking in view.reservations(overlaps=window):
        if booking.end < now and booking.id not in seen and not was_used(booking):
            yield AttentionItem(
                "booking",
                booking.id,
                booking.title or booking.id,
                f"{booking.user} had booked {booking.instrument}, and no session was logged",
                booking.start,
                "Log the session if there was one; or say that it was not used.",
                0,
                (Action("dismiss", "It was not used"),),
            )


def clocks(checks: Iterable[ClockCheck]) -> Iterator[AttentionItem]:
    for one in checks:
        if one.proposed_s is not None:
            more = f"{one.in_sessions_then} of {one.files} files would lie in sessions instead of {one.in_sessions}"
            yield AttentionItem(
                "clock",
                one.instrument,
                f"{one.store}:{one.prefix}",
                f"its clock seems {one.proposed_s:+,.0f} s off, not {one.offset_s:+,.0f} s: {more}",
                None,
                f"If so, write clock_offset_s = {one.proposed_s:g} in facility.toml and restart. See: lims clocks",
            )
