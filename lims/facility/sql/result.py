"""Rows with named columns, as Python and a notebook see them: the answer to a statement, or all results of a search."""

import html
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lims.errors import Unavailable

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20
WIDEST = 60
LEFT = 'style="text-align: left"'
"""A notebook puts all to the right, as if it were numbers."""


class Rows:
    """Rows with named columns: a table for Arrow, pandas and Polars; each a dict where it is looped over."""

    def __init__(self, stream: bytes) -> None:
        """stream: Arrow IPC."""
        self._stream = stream

    @cached_property
    def _table(self) -> Any:
        import pyarrow as pa  # a fifth of a second, for who asks SQL alone

        return with_plain_texts(pa.ipc.open_stream(self._stream).read_all())

    @property
    def columns(self) -> list[str]:
        return list(self._table.column_names)

    def to_arrow(self) -> Any:
        """A pyarrow.Table."""
        return self._table

    def to_pandas(self) -> "pd.DataFrame":
        frame: pd.DataFrame = self._table.to_pandas()
        return frame

    def to_polars(self) -> Any:
        """Raises Unavailable where Polars is not installed."""
        return polars().from_arrow(self._table)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self._table.to_batches():
            yield from batch.to_pylist()

    def _shown(self) -> list[list[str]]:
        return [[shortened(value) for value in row.values()] for row in self._table.slice(0, SHOWN).to_pylist()]

    @property
    def _more(self) -> str:
        total = f"{len(self):,} row" + ("" if len(self) == 1 else "s")
        return total if len(self) <= SHOWN else f"{total}, of which {SHOWN} are shown"

    def __repr__(self) -> str:
        return text_table(self.columns, self._shown(), f"({self._more})")

    def _repr_html_(self) -> str:
        return html_table(self.columns, self._shown(), self._more)


def polars() -> Any:
    """The module. Raises Unavailable where Polars is not installed."""
    try:
        return import_module("polars")  # not needed for anything else
    except ImportError as error:
        hint = "Install it (pip install polars), or use to_pandas()."
        raise Unavailable("Polars is not installed.", hint=hint) from error


def with_plain_texts(table: Any) -> Any:
    """A stream holds a text that many rows share once; here each row has it, so that tables can be put together."""
    import pyarrow as pa

    for number, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            plain = table.column(number).cast(field.type.value_type)
            table = table.set_column(number, field.with_type(field.type.value_type), plain)
    return table


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str]], more: str) -> str:
    whole = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in whole]
    return "\n".join([*lines, more])


def html_table(columns: Sequence[str], rows: Sequence[Sequence[str]], more: str) -> str:
    """In the colours of the notebook's theme, light or dark."""
    head = "".join(f"<th {LEFT}>{html.escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td {LEFT}>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    below = f'<p style="color: var(--jp-ui-font-color2)">{html.escape(more)}</p>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def shortened(value: Any) -> str:
    """One line of what can be printed: a value must not move the cursor."""
    said = "" if value is None else str(value)
    said = "".join(letter if letter.isprintable() else " " for letter in said[: WIDEST + 1])
    return said if len(said) <= WIDEST else f"{said[:WIDEST]}…"
