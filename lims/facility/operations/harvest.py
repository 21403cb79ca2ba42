"""Reading what instruments have written."""

from dataclasses import asdict
from typing import Any

from lims.access import check_is_staff
from lims.errors import Forbidden, Invalid
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.harvest import UNAVAILABLE, Comparison, HarvestReport, Progress
from lims.model import Principal, SearchPage
from lims.settings import MOST_WORKERS

PAGE = 200
TROUBLE = "The last pass went wrong; the staff of the facility can see why."


@operation
def harvest(
    desk: Desk,
    principal: Principal,
    path: str | None = None,
    session: str | None = None,
    all: bool = False,
    workers: int | None = None,
    ticket: str = "",
) -> HarvestReport:
    """One pass over a session's files, a path in a store, or everything; answers when it is done.

    workers: files read at the same time; for who is not staff no more than facility.toml says.
    ticket: any word, by which it can be cancelled from another request.
    """
    if session is not None:
        desk.catalog.view(principal).session(session)
    elif not principal.is_staff:
        raise Forbidden("Only staff may harvest a whole store.", hint="Harvest one of your sessions: --session ID")
    read_by = allowed_workers(desk, principal, workers)
    report = desk.harvester.harvest(
        session_id=session, path=path, all=all, workers=read_by, by=principal, ticket=ticket
    )
    desk.alerts.look()  # without a service nobody else does
    return report


def allowed_workers(desk: Desk, principal: Principal, workers: int | None) -> int | None:
    """None for as many as usual. Raises Invalid."""
    if workers is None:
        return None
    if not 1 <= workers <= MOST_WORKERS:
        raise Invalid(f"From 1 to {MOST_WORKERS} files can be read at the same time, not {workers}.")
    return workers if principal.is_staff else min(workers, desk.settings.harvest.workers)


@operation
def cancel_harvest(desk: Desk, principal: Principal, ticket: str | None = None) -> dict[str, int]:
    """End the harvests under way between two files; `cancelled` says how many.

    Staff end all of them, those in the background too, or the one with this ticket; others only their own, by its
    ticket. What was read is kept, and the next pass takes up the rest.
    """
    if ticket is None and not principal.is_staff:
        raise Forbidden("Only staff may cancel every harvest.", hint="Cancel your own by its ticket.")
    return {"cancelled": desk.harvester.cancel(None if principal.is_staff else principal.name, ticket)}


@operation
def compare_extractors(
    desk: Desk,
    principal: Principal,
    query: str = "",
    all: bool = False,
    workers: int | None = None,
    adopt: bool = False,
) -> Comparison:
    """What the extractors installed now would say of known datasets; with `adopt` it is kept.

    By default of those that another version has read; else of what a query finds, or of all.
    """
    check_is_staff(principal, "read the datasets of the facility anew")
    ids = None
    if all or query:
        ids = found_by(desk, principal, query) if query else list(desk.catalog.view(principal).readers())
    return desk.harvester.compare(ids, allowed_workers(desk, principal, workers), adopt=adopt)


def found_by(desk: Desk, principal: Principal, query: str) -> list[str]:
    """All datasets that a query finds, as of now."""
    view, ids = desk.catalog.view(principal), list[str]()
    while True:
        page: SearchPage = view.search(query, kind="dataset", limit=PAGE, offset=len(ids), sort="oldest")
        ids += [hit.id for hit in page.items]
        if not page.items or len(ids) >= page.total:
            return ids


@operation
def harvest_status(desk: Desk, principal: Principal) -> dict[str, Any]:
    """What the harvest is doing now, and what waits; only of their own for who is not staff.

    That something is wrong everybody may know, what it is only staff.
    """
    status = desk.harvester.status()
    if principal.is_staff:
        return status
    view = desk.catalog.view(principal)
    unnamed = {
        "waiting": [], "growing": [], "ignored": 0, "junk": 0, "found_by": {}, "hashing": [], "backlog": 0,
        "trouble": TROUBLE, **asdict(Progress(0, 0)),
    }
    return {
        **status,
        **{key: nothing for key, nothing in unnamed.items() if key in status},
        "unavailable": [UNAVAILABLE] if status["unavailable"] else [],
        "open": [one.id for one in view.records(states=("open",))],
        "building": [one.id for one in view.records(states=("building",))],
        "pending": len(view.datasets(status="registered")),
        "hash_pending": len([one for one in view.datasets(without_sha256=True) if one.status != "failed"]),
        "steps": view.step_counts(),
        "failed": len(view.failed_steps()),
    }
