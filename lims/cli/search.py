"""`lims search`: find records and datasets by what they are."""

import csv
import sys
from dataclasses import asdict
from datetime import UTC, datetime, time

import click

from lims.cli.frame import (
    facility_option,
    human_bytes,
    json_option,
    local_time,
    note,
    open_facility,
    print_json,
    print_table,
    printable,
)
from lims.errors import Invalid
from lims.model import Highlight, Hit, SearchPage

COLUMNS = (
    "id",
    "kind",
    "name",
    "at",
    "instrument",
    "user",
    "project",
    "sample",
    "format",
    "state",
    "datasets",
    "bytes",
)


# A word may begin with a minus (-blank), so no option here has a short form that it could be taken for.
@click.command("search", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("query", nargs=-1, type=click.UNPROCESSED)
@click.option("--kind", type=click.Choice(["record", "dataset"]), help="Only these.")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="How many to list.")
@click.option("--sort", default="newest", show_default=True, help="newest, oldest, largest, or any field or -field.")
@click.option("--facets", default="", metavar="FIELD,…", help="Count the values of these fields, too.")
@click.option("--as-of", metavar="SNAPSHOT|DATE", help="Ask the catalog as it was then.")
@click.option("--why", is_flag=True, help="Say of each result where it has what was asked for.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the results as CSV.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context,
    query: tuple[str, ...],
    kind: str | None,
    limit: int,
    sort: str,
    facets: str,
    as_of: str | None,
    why: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Find records and datasets.

    \b
    lims search haadf after:2018-11-01
    lims search "instrument:titan voltage:>=200kV -blank"
    lims search 'Microscope_Info.Voltage:>1e5'
    """
    wanted = tuple(field.strip() for field in facets.split(",") if field.strip())
    moment = as_of_moment(as_of, datetime.now(UTC))
    page = open_facility(ctx).search_page(
        " ".join(query), kind=kind, limit=limit, sort=sort, facets=wanted, as_of=moment, highlights=why, days=as_json
    )
    if as_json:
        print_json(page)
    elif as_csv:
        print_csv(page)
    else:
        print_page(page)


def as_of_moment(said: str | None, now: datetime) -> int | datetime | None:
    """A snapshot's number, or a time; a date means its end, a time without zone this machine's. Raises Invalid."""
    if said is None:
        return None
    if said.isdigit() and len(said) < 8:
        return int(said)
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as error:
        raise Invalid(
            f"--as-of: {said!r} is neither a snapshot's number nor a date.", hint="Write 2018-11-13 or 42."
        ) from error
    if "T" not in said and ":" not in said:
        moment = datetime.combine(moment.date(), time.max)
    return min(moment.astimezone(UTC), now)


def print_csv(page: SearchPage) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for hit in page.items:
        row = asdict(hit)
        writer.writerow([hit.at.isoformat() if column == "at" and hit.at else row[column] for column in COLUMNS])


def print_page(page: SearchPage) -> None:
    if page.items:
        print_table(("ID", "NAME", "WHEN", "INSTRUMENT", "WHO", "SIZE", ""), [row_of(hit) for hit in page.items])
    for hit in page.items:
        for one in hit.highlights:
            click.echo(f"{hit.id}  {printable(one.where)}: {marked(one)}{f' ({one.dataset})' if one.dataset else ''}")
    for field, counts in page.facets.items():
        click.echo(f"\n{field}")
        print_table(("", ""), [(count.count, count.value or "(none)") for count in counts])
    note(f"{len(page.items)} of {page.total}; {page.ms:.0f} ms, snapshot {page.snapshot}")
    if page.suggestion:
        note(printable(f"Did you mean: {page.suggestion}"))


def marked(one: Highlight) -> str:
    """What was asked for in bold, on a terminal."""
    parts, last = [], 0
    for begin, end in one.marks:
        parts += [printable(one.text[last:begin]), click.style(printable(one.text[begin:end]), bold=True)]
        last = end
    return "".join([*parts, printable(one.text[last:])])


def row_of(hit: Hit) -> tuple[object, ...]:
    files = f"{hit.datasets} files, {hit.state}" if hit.kind == "record" else hit.format
    about = hit.no_picture or files
    return (hit.id, hit.name, local_time(hit.at), hit.instrument, hit.user, human_bytes(hit.bytes), about)
