"""`lims attention`: what a person has to settle."""

import click

from lims.cli.frame import facility_option, json_option, local_time, note, open_facility, print_json, print_table


@click.command("attention")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List failed files, files in no session, and sessions that nobody ended."""
    items = open_facility(ctx).attention()
    if as_json:
        print_json(items)
        return
    if items:
        rows = [(one.kind, one.thing, one.title, local_time(one.at), one.reason) for one in items]
        print_table(("WHAT", "ID", "NAME", "WHEN", "WHY"), rows)
    for hint in dict.fromkeys(one.hint for one in items if one.hint):
        note(hint)
    note(f"{len(items)} to settle" if items else "Nothing to settle.")
