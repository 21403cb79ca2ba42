"""What is said of a pass: all of it to staff, to others only what is of their session."""

from dataclasses import replace

from lims.catalog import View
from lims.harvest.attaching import Attacher
from lims.harvest.belonging import FOREVER
from lims.harvest.finding import Found
from lims.harvest.registering import new_row
from lims.harvest.report import FailedFile, HarvestReport
from lims.harvest.scope import Scope
from lims.harvest.tally import Tally
from lims.model import Dataset, record_id_of

UNAVAILABLE = "Some of the instrument's files could not be listed; the staff of the facility can see which."


def report_of(view: View, scope: Scope, tally: Tally, session_id: str | None, seconds: float) -> HarvestReport:
    """For staff. view: must see everything. session_id: growing, failed and records are of this session only."""
    growing, records, orphans = tally.growing, tuple(tally.records), sum(map(view.count_orphans, scope.instruments))
    if session_id is not None:
        session = view.session(session_id)
        growing = [one for one in growing if session.start <= one.newest < (session.end or FOREVER)]
        records, orphans = tuple(one for one in records if one == record_id_of(session_id)), 0
    return HarvestReport(
        tally.seen,
        len(tally.registered),
        len(tally.changed),
        len(tally.moved),
        len(tally.missing),
        len(tally.extracted),
        len(tally.previews),
        failed_files(view, scope, session_id),
        records,
        orphans,
        tuple(one.key for one in growing),
        tuple(tally.unavailable),
        round(seconds, 3),
        ignored=tally.ignored,
        junk=tally.junk,
        unclaimed=tally.unclaimed,
    )


def failed_files(view: View, scope: Scope, session_id: str | None) -> tuple[FailedFile, ...]:
    steps = view.failed_steps(session_id)
    datasets = {one.id: one for one in view.datasets(ids=[step.dataset for step in steps])}
    found = ((step, datasets[step.dataset]) for step in steps if step.dataset in datasets)
    return tuple(
        FailedFile(one.key, step.step, step.reason, one.id)
        for step, one in found
        if one.instrument in scope.instruments and scope.is_under(one.key)
    )


def as_cancelled(report: HarvestReport, view: View, scope: Scope, tally: Tally) -> HarvestReport:
    """left: what is in scope and not read or not hashed, and what was seen and not even registered.

    view: must see everything.
    """
    owed = {one.id: one for one in view.datasets(status="registered")}
    owed |= {one.id: one for one in view.datasets(without_sha256=True) if one.status not in ("failed", "missing")}
    mine = [one for one in owed.values() if one.instrument in scope.instruments and scope.is_under(one.key)]
    return replace(report, cancelled=True, left=len(mine) + tally.left)


def own(report: HarvestReport, view: View, scope: Scope, tally: Tally, session_id: str) -> HarvestReport:
    """The report for who sees this session and perhaps no other. view: must see everything."""
    datasets = view.datasets(session=session_id)
    mine = {one.id for one in datasets}
    attacher = Attacher(view, scope.grounds)
    growing = {one.key for one in tally.growing if home_of(one, view, attacher) == session_id}
    return replace(
        report,
        seen=sum(files_of(one) for one in datasets if one.kind == "raw" and one.status != "missing"),
        registered=len(tally.registered & mine),
        changed=len(tally.changed & mine),
        moved=len(tally.moved & mine),
        missing=len(tally.missing & mine),
        extracted=len(tally.extracted & mine),
        previews=len(tally.previews & mine),
        waiting=tuple(key for key in report.waiting if key in growing),
        unavailable=(UNAVAILABLE,) if tally.unavailable else (),
        left=sum(one.sha256 is None or one.status == "registered" for one in datasets) if report.cancelled else 0,
        ignored=0,
        junk=0,
        unclaimed=0,
    )


def files_of(one: Dataset) -> int:
    return len(one.companions) + (0 if one.is_tree else 1)


def home_of(growing: Found, view: View, attacher: Attacher) -> str | None:
    """The session that has it, whenever it is written to; of a file that is new, the one that will have it."""
    known = view.dataset_at(growing.ground.store, growing.key)
    return known.session if known else attacher.attached(new_row(growing)).session
