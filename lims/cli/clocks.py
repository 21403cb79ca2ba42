"""`lims clocks`: how far the clocks of the instruments are off."""

from typing import Any

import click

from lims.cli.frame import facility_option, json_option, note, open_facility, print_json, print_table

HEADINGS = ("INSTRUMENT", "FILES", "TAKEN OFF", "INSIDE - FILE", "SPREAD", "IN SESSIONS", "BETTER")


@click.command("clocks")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Measure each instrument's clock against its files' own times and against the logbook."""
    checks = open_facility(ctx).clocks()
    if as_json:
        print_json(checks)
        return
    print_table(HEADINGS, [row(one) for one in checks])
    for one in checks:
        if one["proposed_s"] is not None:
            place = f"{one['instrument']} ({one['store']}:{one['prefix']})"
            note(f"{place}: write clock_offset_s = {one['proposed_s']:g} in facility.toml and start the LIMS again.")
    note("Taken off: clock_offset_s. In sessions: of the files with a time inside. Better: what would place more.")


def row(one: dict[str, Any]) -> tuple[object, ...]:
    better = "" if one["proposed_s"] is None else f"{one['proposed_s']:+g} s: {one['in_sessions_then']}"
    return (
        f"{one['instrument']} ({one['store']}:{one['prefix']})", one["files"], seconds(one["offset_s"]),
        seconds(one["inside_minus_file_s"]), seconds(one["spread_s"]), one["in_sessions"], better,
    )


def seconds(value: float | None) -> str:
    return "" if value is None else f"{value:+g} s"
