"""What commands that ask a facility share: opening it, printing its answers."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from lims.cli.options import facility_option, facility_place, json_option, note, printable
from lims.facility.connect import connect
from lims.facility.facility import Facility
from lims.facility.jsonable import to_json

__all__ = [
    "facility_option",
    "facility_place",
    "human_bytes",
    "json_option",
    "local_time",
    "note",
    "open_facility",
    "print_facts",
    "print_json",
    "print_table",
    "printable",
]


def open_facility(ctx: click.Context) -> Facility:
    """Connect to the facility; it is closed when the command ends. Raises NoFacility, Unavailable."""
    facility = connect(facility_place(ctx))
    ctx.find_root().call_on_close(facility.close)
    return facility


def print_json(thing: Any) -> None:
    """One document on stdout. Half a character in a file name (a lone surrogate) becomes its JSON escape."""
    text = json.dumps(to_json(thing), indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as their content, two spaces between."""
    body = [["" if cell is None else printable(cell) for cell in row] for row in rows]
    shown = [list(headings), *body]
    widths = [max(len(row[column]) for row in shown) for column in range(len(headings))]
    for row in shown:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """A name and a value a line; what is empty is left out."""
    listed = [(name, printable(value)) for name, value in facts if value not in (None, "", (), [], {})]
    width = max((len(name) for name, _ in listed), default=0)
    for name, value in listed:
        click.echo(f"{name.ljust(width)}  {value}")


def local_time(at: datetime | None, timezone: str | None = None) -> str:
    """A time as people read it, with its zone beside it; without `timezone`, in this machine's."""
    if at is None:
        return ""
    shown = at.astimezone(ZoneInfo(timezone) if timezone else None)
    return f"{shown:%Y-%m-%d %H:%M} {shown:%Z}".strip()


def human_bytes(size: int) -> str:
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
