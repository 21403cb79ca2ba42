"""`lims settle-run`: where what a run declared and what was seen disagree, a person says which is right."""

from typing import Literal

import click

from lims.cli.frame import facility_option, json_option, open_facility, print_json, print_table
from lims.errors import Invalid

Decision = Literal["accept", "reject"]


@click.command("settle-run")
@click.argument("run")
@click.argument("relation", required=False)
@click.option("--accept", "decision", flag_value="accept", help="The edge is right: the result was made from it.")
@click.option("--reject", "decision", flag_value="reject", help="The edge is wrong: it is kept and not followed.")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, run: str, relation: str | None, decision: Decision | None, as_json: bool) -> None:
    """Show what is in doubt about RUN; with RELATION (or `all`) and --accept or --reject, settle it."""
    facility = open_facility(ctx)
    doubts = facility.run(run).doubts
    if relation is None and decision is None:
        if as_json:
            print_json(doubts)
        elif doubts:
            print_table(("relation", "in doubt"), [(one.relation, one.text) for one in doubts])
        else:
            click.echo(f"Nothing is in doubt about {run}.")
        return
    if relation is None or decision is None:
        raise click.UsageError("Name the relation (or `all`), and say --accept or --reject.")
    waiting = [one.relation for one in doubts if one.relation and relation in ("all", one.relation)]
    if not waiting and relation == "all":
        raise Invalid(f"Nothing of {run} waits to be settled.")
    settled = [facility.settle_relation(one, decision) for one in waiting or [relation]]
    if as_json:
        print_json(settled)
    else:
        click.echo(f"{len(settled)} settled: {settled[0].settled}.")
