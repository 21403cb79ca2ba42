"""Few rows and many get into DuckDB by different ways, and are the same there."""

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from lims.catalog.rows import MANY, Rows

KINDS = (
    ("name", "VARCHAR"),
    ("text", "VARCHAR"),
    ("several", "VARCHAR[]"),
    ("count", "BIGINT"),
    ("is_so", "BOOLEAN"),
    ("number", "DOUBLE"),
    ("at", "TIMESTAMP WITH TIME ZONE"),
)
MOMENT = datetime(2018, 11, 13, 17, 30, 0, 123456, tzinfo=UTC)


def values(row: int) -> tuple[Any, ...]:
    name = f"ä{row % 13}"
    if row % 3 == 0:
        return name, *[None] * (len(KINDS) - 1)
    return name, f"µ {row % 7}\x00", ["a", "ü"] * (row % 2), 2**62 + row, row % 2 == 0, 1e-300 * (500 - row), MOMENT


def there(count: int, by: tuple[str, str] | None = None) -> list[tuple[Any, ...]]:
    rows = Rows(KINDS, list(zip(*map(values, range(count)), strict=True)), by)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE there (" + ", ".join(f'"{name}" {kind}' for name, kind in KINDS) + ")")
        with rows.query(connection) as (query, parameters):
            connection.execute(f"INSERT INTO there {query}", parameters)
        return connection.execute("FROM there").fetchall()


@pytest.mark.parametrize("count", [1, MANY - 1, MANY, 3 * MANY])
def test_every_value_of_every_row_arrives(count: int) -> None:
    assert there(count) == [values(row) for row in range(count)]


def test_many_rows_may_come_sorted_and_none_is_lost() -> None:
    found = there(2 * MANY, by=("name", "number"))
    by_count = {row[3]: row for row in found if row[3] is not None}
    assert by_count == {values(row)[3]: values(row) for row in range(2 * MANY) if row % 3}
    assert len(found) == 2 * MANY
    numbers = [(row[0], float("inf") if row[5] is None else row[5]) for row in found]
    assert numbers == sorted(numbers)
