"""`lims import`: bring an old project in."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from lims.cli.frame import (
    facility_option,
    human_bytes,
    json_option,
    local_time,
    note,
    open_facility,
    print_facts,
    print_json,
    print_table,
    printable,
)
from lims.cli.harvest import print_failed, with_progress
from lims.cli.options import is_interrupt
from lims.facility.facility import Facility
from lims.facility.imports.importing import Plan, Sending, Sent, Wish, expected, finish, planned, report, send
from lims.facility.imports.views import ImportReport
from lims.facility.jsonable import to_json
from lims.importing import Source, open_source

MOST_FOLDERS = 40


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path), metavar="FOLDER|ZIP|TAR")
@click.option("--project", required=True, help="The project's code; it is made if it is not there.")
@click.option("--instrument", help="All files are of this one [default: guessed from what each says of itself].")
@click.option("--user", help="Whose files they are [default: yours]. For others: staff only.")
@click.option("--title", default="", help="What the collection is called [default: as the source].")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, source: Path, project: str, instrument: str | None, user: str | None, title: str,
    dry_run: bool, as_json: bool,
) -> None:
    """Bring an old project in: its files, read as any other, its folders as collections, its sessions guessed.

    Nothing of the source is changed. Asked again, it goes on where it stopped, and adds nothing twice.
    What cannot come in is listed with the reason, and the command then ends with 1.
    """
    begin = time.monotonic()
    wish = Wish(project, instrument, user, title)
    with open_source(source) as opened:
        facility = open_facility(ctx)
        plan = planned(facility, opened, wish)
        answer = expected(opened, wish, plan) if dry_run else import_it(facility, opened, wish, plan)
    answer = replace(answer, seconds=round(time.monotonic() - begin, 3))
    if as_json:
        print_json(answer)
    else:
        print_report(answer)
    if answer.refused:
        ctx.exit(1)


def import_it(facility: Facility, source: Source, wish: Wish, plan: Plan) -> ImportReport:
    try:
        sent = send_watched(facility, source, wish, plan)
        finished = with_progress(facility, lambda: finish(facility, wish, plan))
    except (KeyboardInterrupt, RuntimeError) as error:
        if is_interrupt(error):
            note("What has arrived is kept: the same command goes on from here.")
        raise
    return report(source, wish, plan, sent, finished, 0.0)


def send_watched(facility: Facility, source: Source, wish: Wish, plan: Plan) -> Sent:
    """With a bar on stderr, where somebody looks at it: how much, how fast, how long still."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("copying", total=plan.bytes_to_send)

        def hear(state: Sending) -> None:
            name = printable(state.path.rpartition("/")[2])[:40]
            progress.update(task, completed=state.bytes, description=name or "copying")

        return send(facility, source, wish, plan, hear)


def print_report(answer: ImportReport) -> None:
    print_facts(facts_of(answer))
    print_folders(answer)
    print_sessions(answer)
    for sentence in answer.notes:
        note(printable(sentence))
    for key in answer.waiting:
        click.echo(f"still growing: {printable(key)}")
    if answer.refused:
        click.echo(f"\n{len(answer.refused)} refused:")
        print_table(("file", "reason"), [(one.path, one.reason) for one in answer.refused])
    print_failed([to_json(one) for one in answer.failed])
    if answer.dry_run:
        note("Nothing was changed: without --dry-run it is done.")


def facts_of(answer: ImportReport) -> list[tuple[str, Any]]:
    files = f"{answer.files} ({human_bytes(answer.bytes)})"
    copied = f"{answer.copied} ({human_bytes(answer.copied_bytes)})"
    instruments = ", ".join(f"{name} {files}" for name, files in (answer.instruments or {}).items())
    known = [] if answer.dry_run else [
        ("datasets", answer.datasets), ("registered", answer.registered), ("extracted", answer.extracted),
        ("previews", answer.previews), ("instruments", instruments), ("no session", answer.without_session),
        ("collection", answer.collection),
    ]  # fmt: skip
    return [
        ("project", answer.project), ("owner", answer.owner), ("place", answer.place), ("files", files),
        ("in place" if answer.is_in_place else "to copy" if answer.dry_run else "copied",
         "registered where they lie" if answer.is_in_place else copied),
        ("there already", answer.there), ("refused", len(answer.refused)), ("junk left out", answer.junk), *known,
        ("seconds", answer.seconds),
    ]  # fmt: skip


def print_folders(answer: ImportReport) -> None:
    """The tree of collections, as far as a person reads."""
    what = "files" if answer.dry_run else "datasets"
    click.echo(f"\n{len(answer.folders)} collections:")
    for one in answer.folders[:MOST_FOLDERS]:
        depth = one.path.count("/") + 1 if one.path else 0
        name = one.path.rpartition("/")[2] or answer.place.rpartition("/")[2]
        click.echo(f"{'  ' * depth}{printable(name)}/  {one.datasets or ''} {what if one.datasets else ''}".rstrip())
    if len(answer.folders) > MOST_FOLDERS:
        click.echo(f"… and {len(answer.folders) - MOST_FOLDERS} more")


def print_sessions(answer: ImportReport) -> None:
    if not answer.sessions:
        return
    heading = "sessions, by the files' own times" if answer.dry_run else "sessions"
    click.echo(f"\n{len(answer.sessions)} {heading}:")
    shown: Callable[[datetime | None], str] = local_time
    rows = [
        (one.record, one.instrument, shown(one.start), shown(one.end), one.files, "guessed" if one.is_new else "")
        for one in answer.sessions
    ]
    print_table(("record", "instrument", "start", "end", "files", ""), rows)
