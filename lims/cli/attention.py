"""`lims attention`: what a person has to settle."""

import click

from lims.cli.frame import facility_option, json_option, local_time, note, open_facility, print_json, print_table
from lims.facility.facility import Facility


@click.command("attention")
@click.option("--settled", is_flag=True, help="What was settled lately, and can be taken back.")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, settled: bool, as_json: bool) -> None:
    """List what waits for a person: failed files, files in no session, missing ones, sessions that nobody ended."""
    facility = open_facility(ctx)
    if settled:
        list_settled(facility, as_json=as_json)
        return
    items = facility.attention()
    if as_json:
        print_json(items)
        return
    if items:
        rows = [(one.kind, one.thing, one.title, local_time(one.at), one.reason) for one in items]
        print_table(("WHAT", "ID", "NAME", "WHEN", "WHY"), rows)
    for hint in dict.fromkeys(one.hint for one in items if one.hint):
        note(hint)
    note(f"{len(items)} to settle" if items else "Nothing to settle.")


def list_settled(facility: Facility, *, as_json: bool) -> None:
    found = facility.settled()
    if as_json:
        print_json(found)
        return
    rows = [(one.kind, one.thing, one.title, one.text, one.by, local_time(one.at)) for one in found]
    if rows:
        print_table(("WHAT", "ID", "NAME", "HOW", "BY", "WHEN"), rows)
    note("To take one back: lims settle ID --undo" if found else "Nothing was settled.")
