"""`lims replay`: run something again in a fresh place, and compare what comes out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lims.cli.frame import (
    facility_option,
    facility_place,
    json_option,
    local_time,
    note,
    open_facility,
    print_json,
    print_table,
    printable,
)
from lims.cli.run import say_step, seconds
from lims.facility.running.branches import branch_of
from lims.facility.running.replaying import Again, replay
from lims.facility.served import served
from lims.model import Replay
from lims.provenance.watch import CellStep


@click.command("replay")
@click.argument("thing", metavar="RUN|ID")
@click.option("--recorded-environment", "is_recorded", is_flag=True, help="Rebuild the environment that it ran in.")
@click.option("--wheelhouse", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="A folder of wheels to rebuild it from, without a network.")  # fmt: skip
@click.option("--upstream", "way", flag_value="upstream", help="Also all runs that led to it, first ones first.")
@click.option("--downstream", "way", flag_value="downstream", help="Also all runs that followed from it.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path),
              help="Leave what the replay wrote, and pictures of differences, in this folder.")  # fmt: skip
@click.option("--history", "is_history", is_flag=True, help="Only show earlier replays.")
@click.option("--limit", metavar="TIME", help="Stop each after so long, e.g. 30m or 2h.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, thing: str, is_recorded: bool, wheelhouse: Path | None, way: str | None, keep: Path | None,
    is_history: bool, limit: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Run RUN (or the run that made the dataset ID) again on what it read then, and compare each output.

    Exits with 0 where all was reproduced, 1 where something differs, 2 where it could not be replayed.
    """
    if is_history:
        return show_history(ctx, thing, as_json)
    progress: Callable[[CellStep], None] = (lambda step: None) if as_json else say_step
    with served(facility_place(ctx)) as (facility, address):
        runs = branch_of(facility, thing, way)
        done = []
        for number, run in enumerate(runs):
            if not as_json and len(runs) > 1:
                note(f"{number + 1} of {len(runs)}: {run}")
            target = keep / run if keep and len(runs) > 1 else keep
            again = Again(is_recorded or wheelhouse is not None, wheelhouse, target, seconds(limit), progress, note)
            done.append(replay(facility, address, run, again))
            if not as_json:
                print_replay(done[-1])
    if as_json:
        print_json(document_of(done[0]) if way is None else [document_of(one) for one in done])
    return max(code_of(one) for one in done)


def code_of(one: Replay) -> int:
    if one.reproduced:
        return 0
    return 2 if one.problem and all(each["verdict"] == "not replayable" for each in one.outputs) else 1


def document_of(one: Replay) -> dict[str, Any]:
    return {
        "run": one.run,
        "reproduced": one.reproduced,
        "environment": one.environment,
        "outputs": one.outputs,
        "problem": one.problem,
        "replay": one.id,
        "by": one.by,
        "at": one.at,
        "took_s": one.took_s,
    }


def show_history(ctx: click.Context, thing: str, as_json: bool) -> int:
    facility = open_facility(ctx)
    found = [one for run in branch_of(facility, thing, None) for one in facility.replays(run)]
    if as_json:
        print_json([document_of(one) for one in found])
    elif found:
        rows = [(local_time(one.at), one.by, summary(one), environment_words(one)) for one in found]
        print_table(("WHEN", "BY", "RESULT", "ENVIRONMENT"), rows)
    else:
        click.echo(f"{thing} was not replayed yet.")
    return 0


def summary(one: Replay) -> str:
    if one.reproduced:
        return "reproduced"
    return one.problem or f"{sum(each['verdict'] in ('different', 'not replayable') for each in one.outputs)} differ"


def environment_words(one: Replay) -> str:
    if not one.environment.get("changes") and not one.environment.get("same"):
        return ""
    return "the same" if one.environment.get("same") else "changed"


def print_replay(one: Replay) -> None:
    rows = [(each["name"], each["verdict"], each["where"], amount(each)) for each in one.outputs]
    if rows:
        print_table(("OUTPUT", "VERDICT", "WHERE", "HOW MUCH"), rows)
    words = environment_words(one)
    if words:
        click.echo(f"Environment: {words}.")
    for cause in one.environment.get("causes", ()):
        click.echo(printable(f"Likely why: {cause}"))
    if one.problem:
        click.echo(printable(f"Could not be replayed: {one.problem}"))
    else:
        click.echo("Reproduced." if one.reproduced else "Not reproduced.")


def amount(verdict: dict[str, Any]) -> str:
    """The largest and the mean difference, and what was allowed."""
    if verdict.get("max_abs") is None:
        return ""
    tolerance = verdict.get("tolerance") or {}
    allowed = ", ".join(f"{name} {value:g}" for name, value in tolerance.items() if value is not None)
    return f"at most {verdict['max_abs']:.3g}, rms {verdict['rms']:.3g}" + (f" (allowed: {allowed})" if allowed else "")
