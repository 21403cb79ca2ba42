"""`lims catalog`: the shape that the catalog is in, and its index."""

import contextlib
from collections.abc import Callable
from concurrent.futures import wait
from typing import TypeVar

import click

from lims.cli.frame import (
    facility_option,
    human_bytes,
    json_option,
    local_time,
    open_facility,
    print_facts,
    print_json,
    print_table,
)
from lims.cli.harvest import LOOK_EVERY_S, bar, in_background
from lims.errors import LimsError
from lims.facility.facility import Facility
from lims.model import CatalogStatus, UpkeepState

T = TypeVar("T")
SILENT_S = 1.0
"""What takes no longer shows no progress."""


@click.group("catalog")
@facility_option
def command() -> None:
    """Keep the catalog in shape. For staff."""


@command.command("status")
@json_option
@facility_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """What the catalog holds, which states of the past are kept, how its upkeep goes."""
    found = open_facility(ctx).catalog_status()
    if as_json:
        print_json(found)
        return
    print_facts(facts_of(found))
    click.echo()
    sized = [one for one in found.tables if one.rows or one.files]
    print_table(
        ("table", "rows", "files", "size", "not yet in files"),
        [(one.name, f"{one.rows:,}", one.files, human_bytes(one.bytes), f"{one.inlined:,}") for one in sized],
    )


def facts_of(found: CatalogStatus) -> list[tuple[str, object]]:
    policy = f"{found.keep_days:,} days are kept" if found.keep_days else "all are kept"
    facts: list[tuple[str, object]] = [
        ("schema", f"version {found.schema}"),
        ("snapshot", f"{found.snapshot:,}"),
        ("states of the past", f"{found.snapshots:,} since {local_time(found.oldest)} ({policy})"),
        ("upkeep", upkeep_of(found.upkeep)),
        ("changes that wait", f"{found.waiting:,}"),
        ("arrays of the search", human_bytes(found.arrays_bytes)),
    ]
    for one in found.replaced:
        share = f"{one.replaced:,} of {one.rows:,} rows ({100 * one.share:.0f} %)"
        facts.append((f"replaced in {one.name}", share))
    if found.progress is not None:
        facts.append((found.progress.doing, f"{found.progress.done:,} of {found.progress.total:,}"))
    return facts


def upkeep_of(upkeep: UpkeepState) -> str:
    now = f"running ({upkeep.doing})" if upkeep.doing else upkeep.state
    said = [now if upkeep.state == "running" else f"{upkeep.state} ({100 * upkeep.due:.0f} % of what makes it due)"]
    if upkeep.last is not None:
        said.append(f"last {local_time(upkeep.last)}, {upkeep.last_s or 0:.1f} s")
    if upkeep.trouble:
        said.append(f"it failed: {upkeep.trouble}")
    return "; ".join(said)


@command.command("rebuild-index")
@json_option
@facility_option
@click.pass_context
def rebuild_index(ctx: click.Context, as_json: bool) -> None:
    """Make everything that is searched anew, from the datasets and what was read of them.

    People search on meanwhile, in the old index; who writes waits until it is done. If it is stopped, the old one
    stays.
    """
    facility = open_facility(ctx)
    done = with_progress(facility, facility.rebuild_index)
    if as_json:
        print_json(done)
    else:
        click.echo(
            f"{done.datasets:,} datasets, {done.words:,} words and {done.leaves:,} leaves in {done.seconds:.1f} s."
        )


@command.command("verify")
@json_option
@facility_option
@click.pass_context
def verify(ctx: click.Context, as_json: bool) -> int:
    """Compare the index, in its tables and in memory, with all datasets and what was read of them.

    Nothing is changed. Ends with 1 if something differs.
    """
    facility = open_facility(ctx)
    found = with_progress(facility, facility.verify_index)
    if as_json:
        print_json(found)
        return 1 if found.counts else 0
    compared = f"{found.datasets:,} datasets, {found.words:,} words and {found.leaves:,} leaves"
    click.echo(f"Compared {compared} as of snapshot {found.snapshot:,}, in {found.seconds:.1f} s.")
    if not found.counts:
        click.echo("The index is right.")
        return 0
    print_table(("dataset", "part", "what differs"), [(one.dataset, one.part, one.text) for one in found.differences])
    parts = ", ".join(f"{count:,} in {part}" for part, count in found.counts.items())
    click.echo(f"Differences: {parts}; in all of {found.differing:,} datasets.")
    click.echo("Make it anew with: lims catalog rebuild-index")
    return 1


def with_progress(facility: Facility, job: Callable[[], T]) -> T:
    """Do what takes long, and show how far it is, here or in the service."""
    answer, thread = in_background(job)
    if not wait([answer], SILENT_S).done:
        with bar() as progress:
            task = progress.add_task("", total=None, told="")
            while not wait([answer], LOOK_EVERY_S).done:
                with contextlib.suppress(LimsError):  # the job itself will say what is wrong
                    for now in facility.catalog_progress():
                        told = f"{now.done:,} of {now.total:,}"
                        progress.update(task, completed=now.done, total=now.total, description=now.doing, told=told)
    thread.join()
    return answer.result()
