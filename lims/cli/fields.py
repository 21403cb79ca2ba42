"""`lims fields`: what can be asked for by name."""

import click

from lims.cli.frame import facility_option, json_option, note, open_facility, print_json, print_table
from lims.model import SearchField

KINDS = {"common": "", "normalised": "common vocabulary", "vendor": "vendor's own", "special": "word of the language"}


@click.command("fields")
@click.argument("like", default="")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many to list.")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, like: str, limit: int, as_json: bool) -> None:
    """List what can be asked for by name: those with LIKE in them, the nearest first.

    \b
    lims fields
    lims fields volt
    lims fields "Microscope Info" --limit 500
    """
    found = open_facility(ctx).fields(like, limit=limit + 1)
    shown = found[:limit]
    if as_json:
        print_json(shown)
        return
    if shown:
        print_table(("FIELD", "TYPE", "UNIT", "FILES", "EXAMPLES", "ALSO", ""), [row_of(one) for one in shown])
    more = f"; there are more: --limit {10 * limit}" if len(found) > limit else ""
    note(f"{len(shown)} fields{more}" if shown else f"No field has {like!r} in its name.")


def row_of(one: SearchField) -> tuple[object, ...]:
    examples = " … ".join(one.examples) if one.kind in ("number", "time") else ", ".join(one.examples)
    return (one.name, one.kind, one.unit, one.count or "", examples, ", ".join(one.aliases), KINDS[one.group])
