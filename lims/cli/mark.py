"""`lims mark`: warn of a dataset, or take the warning back."""

import click

from lims.cli.frame import facility_option, json_option, open_facility, print_json, print_table, printable


@click.command("mark")
@click.argument("dataset", metavar="ID")
@click.option("--bad", "reason", metavar="REASON", help="Why nothing should rest on it.")
@click.option("--good", "is_good", is_flag=True, help="Take the warning back.")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, dataset: str, reason: str | None, is_good: bool, as_json: bool) -> None:
    """Mark a dataset as bad, with the reason: what was made from it is stale from now on."""
    if (reason is None) != is_good:
        raise click.UsageError("Say --bad REASON, or --good.")
    facility = open_facility(ctx)
    said = facility.unsettle(dataset, "bad") if reason is None else facility.mark_bad(dataset, reason)
    if as_json:
        print_json(said)
        return
    click.echo(printable(f"{said.title}: {said.text}."))
    resting = facility.resting_on(dataset=dataset)
    if resting.nodes:
        click.echo("Results that rest on it:")
        print_table(("ID", "NAME", "STALE"), [(one.id, one.name, one.stale) for one in resting.nodes])
