"""What a person has to settle."""

from datetime import UTC, datetime, timedelta

from lims.catalog import View
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.operations.unavailable import unavailable
from lims.facility.views import AttentionItem
from lims.model import Principal

FORGOTTEN = timedelta(hours=12)


@operation
def attention(desk: Desk, principal: Principal) -> list[AttentionItem]:
    """Failed steps, files in no session, files that are gone, sessions that were never ended, what cannot be listed."""
    view = desk.catalog.view(principal)
    return [*failed(view), *orphans(view), *missing(view), *never_ended(view), *unavailable(desk, principal)]


def failed(view: View) -> list[AttentionItem]:
    steps = view.failed_steps()
    names = {one.id: one.name for one in view.datasets(ids=[step.dataset for step in steps])}
    return [
        AttentionItem(
            "failed",
            step.dataset,
            names.get(step.dataset, step.dataset),
            f"{step.step}: {step.reason}",
            step.at,
            "It is tried again when the file or the reader changes.",
        )
        for step in steps
    ]


def orphans(view: View) -> list[AttentionItem]:
    return [
        AttentionItem(
            "orphan",
            one.id,
            one.name,
            "written while no session was logged",
            one.acquired or one.modified,
            f"Log the session it belongs to: lims session start --instrument {one.instrument} --at TIME --end TIME",
        )
        for one in view.datasets(without_session=True)
        if one.kind == "raw" and one.status != "missing"
    ]


def missing(view: View) -> list[AttentionItem]:
    return [
        AttentionItem(
            "missing",
            one.id,
            one.name,
            f"its file is no longer at {one.key} in the store {one.store!r}",
            one.acquired or one.modified,
            "Put it back, and it is found again; what is known of it stays.",
        )
        for one in view.datasets(status="missing")
    ]


def never_ended(view: View) -> list[AttentionItem]:
    limit = datetime.now(UTC) - FORGOTTEN
    return [
        AttentionItem(
            "never-ended",
            one.id,
            one.title or one.id,
            f"open since {one.start:%Y-%m-%d %H:%M} UTC",
            one.start,
            f"End it at its last file: lims session end {one.id} --at last-file",
        )
        for one in view.sessions(states=("open", "paused"))
        if one.start < limit
    ]
