"""`lims rerun`: bring results up to date whose inputs have changed."""

from collections.abc import Callable

import click

from lims.cli.frame import facility_option, facility_place, json_option, note, print_json, print_table
from lims.cli.run import say_step
from lims.facility.running.rerunning import rerun
from lims.facility.served import served
from lims.provenance.watch import CellStep


@click.command("rerun")
@click.argument("thing", metavar="RUN|ID")
@click.option("--downstream", is_flag=True, help="Also all that was made of its results, in order.")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, thing: str, downstream: bool, as_json: bool) -> int:
    """Run anew what made ID (of raw data: what read it), on its inputs as they are today.

    The old runs and results stay; the new run says which one it replaces.
    """
    progress: Callable[[CellStep], None] = (lambda step: None) if as_json else say_step
    with served(facility_place(ctx)) as (facility, address):
        done = rerun(facility, address, thing, downstream=downstream, progress=progress,
                     say=(lambda text: None) if as_json else note)  # fmt: skip
    if as_json:
        print_json(done)
    else:
        rows = [(one.run, one.name, one.by, len(one.outputs), one.problem) for one in done]
        print_table(("RUN", "WHAT", "NOW", "RESULTS", "PROBLEM"), rows)
    return 1 if any(one.problem for one in done) else 0
