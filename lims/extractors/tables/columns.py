"""A table's columns as arrays, and as signals over the axis that suits them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.extractors.normalise.times import from_epoch
from lims.extractors.raw import Raw
from lims.extractors.tables.clock import Times, is_even, times_of
from lims.extractors.tables.layout import Layout

MOST_SIGNALS = 64
"""Columns beyond which a table is a picture of numbers."""
SMALLEST_PICTURE = 8
SECONDS = {"s": 1.0, "sec": 1.0, "secs": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6,
           "min": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hours": 3600.0, "d": 86_400.0}  # fmt: skip
EPOCH, EARLIEST_EPOCH_S = re.compile(r"time|epoch|unix|date", re.IGNORECASE), 6e8
ELAPSED = re.compile(r"((elapsed|experiment|relative|run|test)[ _]*)?(time|t)(_(s|ms|min|h|sec))?", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """numbers: {column: values}; times: of its rows, None where it tells none. name: of the sheet, "" for a text."""

    name: str
    layout: Layout
    numbers: dict[int, NDArray[np.float64]]
    times: Times | None
    rows: int

    def title(self, column: int) -> str:
        return self.layout.names[column] or f"column {column + 1}"


def times_in(layout: Layout, cells_of: Any) -> Times | None:
    """From the column with date and time, or with dates and beside it one with clocks, or with clocks alone.

    cells_of: gives the cells of a column.
    """
    moments, dates, clocks = (layout.of_kind(kind) for kind in ("datetime", "date", "clock"))
    if moments:
        return times_of(cells_of(moments[0]))
    if dates and clocks:
        return times_of(cells_of(dates[0]), cells_of(clocks[0]))
    first = (dates or clocks)[:1]
    return times_of(cells_of(first[0])) if first else None


def epoch_in(layout: Layout, numbers: dict[int, NDArray[np.float64]]) -> Times | None:
    """From a column of seconds (or thousandths) since 1970 whose name says that it holds times."""
    for column, values in numbers.items():
        known = values[np.isfinite(values)]
        if len(known) > 1 and EPOCH.search(layout.names[column]):
            factor = 1e-3 if known[0] > 1e11 else 1.0
            start, end = (from_epoch(value * factor) for value in (known[0], known[-1]))
            if start and end and known[0] * factor > EARLIEST_EPOCH_S:
                return Times((values - known[0]) * factor, start, end)
    return None


def signals_of(table: Table, tree: dict[str, Any], prefix: str) -> list[Raw]:
    """Each column a profile, or all of them one picture; of a table without a row none. prefix: of their titles."""
    if not table.rows or not table.numbers:
        return []
    nameless = not table.layout.has_names and len(table.numbers) >= SMALLEST_PICTURE and table.rows >= SMALLEST_PICTURE
    if len(table.numbers) > MOST_SIGNALS or nameless:
        return [picture(table, tree, prefix)]
    axis, used = axis_of(table)
    elapsed = elapsed_column(table)  # last, for it is the dullest to look at
    return [
        Raw(table.numbers[column], [axis], told(f"{prefix} {table.title(column)}", table, column), tree)
        for column in sorted(table.numbers, key=lambda column: (column == elapsed, column))
        if column != used or len(table.numbers) == 1
    ]


def told(title: str, table: Table, column: int) -> dict[str, Any]:
    """The unit stands where HyperSpy has it: in the name of what is measured."""
    name, unit = table.title(column), table.layout.units[column]
    quantity = f"{name} ({unit})" if unit else name
    return {"General": {"title": title}, "Signal": {"signal_type": "", "quantity": quantity}}


def picture(table: Table, tree: dict[str, Any], prefix: str) -> Raw:
    data = np.stack(list(table.numbers.values()), axis=1)
    axes = [axis("row", data.shape[0]), axis("column", data.shape[1])]
    title = prefix
    return Raw(data, axes, {"General": {"title": title}, "Signal": {"signal_type": ""}}, tree)


def axis(name: str, size: int, scale: float = 1.0, offset: float = 0.0, units: str = "") -> dict[str, Any]:
    return {"name": name, "size": size, "scale": scale, "offset": offset, "units": units, "navigate": False}


def axis_of(table: Table) -> tuple[dict[str, Any], int | None]:
    """The axis of the rows, and the column that became it, None for none."""
    elapsed = elapsed_column(table)
    runs = elapsed is not None and is_even(table.numbers[elapsed])
    factor = SECONDS.get(table.layout.units[elapsed]) if elapsed is not None else None
    if runs and factor and elapsed is not None:
        return along("time", table.numbers[elapsed], "s", factor), elapsed
    if table.times is not None and table.times.are_even:
        return along("time", table.times.seconds, "s"), None
    if runs and elapsed is not None:
        return along("time", table.numbers[elapsed], table.layout.units[elapsed]), elapsed
    first = next(iter(table.numbers))
    if table.times is None and len(table.numbers) > 1 and first == 0 and is_even(table.numbers[first]):
        return along(table.title(first), table.numbers[first], table.layout.units[first]), first
    return axis("row", table.rows), None


def along(name: str, values: NDArray[np.float64], unit: str, factor: float = 1.0) -> dict[str, Any]:
    step = float(f"{(values[-1] - values[0]) / (len(values) - 1) * factor:.12g}")
    return axis(name, len(values), step, float(values[0]) * factor, unit)


def has_times(table: Table) -> bool:
    return table.times is not None or elapsed_column(table) is not None


def elapsed_column(table: Table) -> int | None:
    """The column of numbers whose name says that they are times."""
    return next((n for n in table.numbers if ELAPSED.fullmatch(table.layout.names[n])), None)


def as_numbers(cells: Sequence[Any], number_in: Any) -> NDArray[np.float64]:
    return np.fromiter((number_in(cell) for cell in cells), np.float64, len(cells))
