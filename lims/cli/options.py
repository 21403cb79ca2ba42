"""What every command needs and costs nothing to import: options, and words for the person."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
FACILITY = "lims.facility"
QUERY_INTERRUPTED = "Query interrupted"


def remember_facility(ctx: click.Context, _: click.Parameter, where: str | None) -> None:
    if where is not None:
        ctx.find_root().meta[FACILITY] = where


def facility_option(function: Command) -> Command:
    """--facility, kept in the context: `open_facility` and `facility_place` know it."""
    option = click.option(
        "--facility",
        metavar="DIR|URL",
        expose_value=False,
        callback=remember_facility,
        help="The facility's folder or address [default: $LIMS_FACILITY, else ./].",
    )
    return option(function)


def json_option(function: Command) -> Command:
    """--json, given to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(function)


def facility_place(ctx: click.Context) -> str | None:
    """What --facility said, else None: `connect` knows the other places to look."""
    place: str | None = ctx.find_root().meta.get(FACILITY)
    return place


def note(text: str) -> None:
    """Something for the person, not part of the answer: stderr."""
    click.echo(text, err=True)


def printable(text: object) -> str:
    """Text safe for a terminal: a file name must not move the cursor or start a new line."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(text))


def is_debugging() -> bool:
    return bool(os.environ.get("LIMS_DEBUG"))


def is_interrupt(error: BaseException) -> bool:
    """Ctrl-C; DuckDB makes an error of its own of one that comes while it answers."""
    return isinstance(error, KeyboardInterrupt) or (isinstance(error, RuntimeError) and str(error) == QUERY_INTERRUPTED)
