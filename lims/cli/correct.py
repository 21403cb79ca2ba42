"""`lims correct`: what a person knows better than a file."""

import click

from lims.cli.frame import facility_option, json_option, note, open_facility, print_facts, print_json
from lims.cli.values import quantity


@click.command("correct")
@click.argument("dataset")
@click.argument("field")
@click.argument("value", required=False)
@click.option("--note", "why", default="", help="Why, for those who see it.")
@click.option("--withdraw", is_flag=True, help="Take the correction back: what the file says counts again.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, dataset: str, field: str, value: str | None, why: str, withdraw: bool, as_json: bool
) -> None:
    """Set FIELD of DATASET to VALUE, such as: lims correct dat-… voltage "200 kV".

    No later reading of the file takes a correction away, and what the file says is kept beside it.
    """
    if withdraw == (value is not None):
        raise click.UsageError("Give a VALUE, or --withdraw: one of them.")
    facility = open_facility(ctx)
    if value is None:
        view = facility.withdraw_correction(dataset, field)
    else:
        view = facility.correct_value(dataset, field, value, why)
    if as_json:
        print_json(view)
        return
    print_facts((name, quantity(one)) for name, one in sorted(view.normalised.items()) if one.origin == "person")
    note(f"{view.name} is corrected." if value is not None else f"{view.name}: the correction is withdrawn.")
