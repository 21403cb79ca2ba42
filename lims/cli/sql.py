"""`lims sql`: one SELECT over the published views."""

import csv
import json
import sys
from datetime import UTC, datetime
from typing import Any

import click

from lims.cli.frame import facility_option, json_option, note, open_facility, print_json, print_table
from lims.cli.search import as_of_moment
from lims.facility.sql.result import Rows


@click.command("sql")
@click.argument("statement")
@click.option("--limit", type=click.IntRange(0), default=1_000_000, show_default=True, help="More rows are an error.")
@click.option("--as-of", metavar="SNAPSHOT|DATE", help="Ask the catalog as it was then.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the rows as CSV.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, statement: str, limit: int, as_of: str | None, as_csv: bool, as_json: bool
) -> None:
    """Ask one SELECT of what you may see; nothing can be changed by it.

    The views are in the documentation: docs/reference/sql. "-" reads the statement from standard input.

    \b
    lims sql "select format, count(*) as n from datasets group by format order by n desc"
    lims sql "describe datasets"
    """
    said = sys.stdin.read() if statement == "-" else statement
    rows = open_facility(ctx).sql(said, as_of=as_of_moment(as_of, datetime.now(UTC)), limit=limit)
    if as_json:
        print_json({"columns": rows.columns, "rows": [plain(row) for row in rows]})
    elif as_csv:
        print_csv(rows)
    else:
        print_table(rows.columns, ([shown(value) for value in row.values()] for row in rows))
        note(f"{len(rows):,} row{'' if len(rows) == 1 else 's'}")


def print_csv(rows: Rows) -> None:
    """Lists and structures are JSON in their cell; what is not there is empty."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows.columns)
    for row in rows:
        writer.writerow([shown(value) for value in row.values()])


def shown(value: Any) -> object:
    """A value for one cell."""
    value = plain(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def plain(value: Any) -> Any:
    """As JSON has it. What it has no word for (times, bytes, decimals, intervals) becomes text."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
