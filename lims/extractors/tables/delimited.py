"""Texts with a delimiter: which one, and the table in them. Of a very long one only the beginning is read."""

import csv
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from lims.extractors.tables.cells import kind_of
from lims.extractors.tables.columns import Table, epoch_in, times_in
from lims.extractors.tables.layout import Layout, find
from lims.extractors.text import decoded

HEAD_BYTES = 256 << 10
"""What decides where the table is."""
MOST_BYTES, TAIL_BYTES = 16 << 20, 4096
"""What is read of its rows, about a second of computing; and where the last time of a longer file stands."""
DELIMITERS = ("\t", ";", ",", "|", "")
"""The one that makes most columns of numbers, of equals the first; "" is white space."""
LINE_END = re.compile(r"\r\n|\n|\r")
"""What pandas, too, takes for the end of a line; Python's splitlines knows more of them, such as a form feed."""


@dataclass(frozen=True)
class Text:
    """A text with a table in it. lines: its first ones, rows: the same as cells."""

    encoding: str
    delimiter: str
    layout: Layout
    rows: list[list[str]]
    lines: list[str]


def examine(head: bytes) -> Text | None:
    """The table in the first bytes of a text; None where they are no text, or prose."""
    found = decoded(head)
    if found is None:
        return None
    text, encoding = found
    if text.lstrip()[:1] in ("<", "{"):
        return None
    lines = LINE_END.split(text)[: 2 * 10_000]
    lines = lines[:-1] if len(head) >= 4096 and len(lines) > 2 else lines  # the last may be cut in two
    found_by = [Text(encoding, *pair, lines) for pair in layouts(lines)]
    return max(found_by, key=lambda text: len(text.layout.of_kind("number")), default=None)


def layouts(lines: list[str]) -> Iterator[tuple[str, Layout, list[list[str]]]]:
    """(delimiter, layout, rows) of each delimiter by which there is a table."""
    for delimiter in DELIMITERS:
        rows = [cells(line, delimiter) for line in lines]
        layout = find(rows)
        if layout is not None and suits(layout, delimiter, rows):
            yield delimiter, layout, rows


def cells(line: str, delimiter: str) -> list[str]:
    if not delimiter:
        return line.removeprefix("#").split()
    if delimiter not in line:
        return [line]
    if line.count('"') % 2:  # inches, or a cell of several lines
        return [cell.strip() for cell in line.split(delimiter)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return line.split(delimiter)


def suits(layout: Layout, delimiter: str, rows: list[list[str]]) -> bool:
    """White space delimits only numbers, for words have it too; a comma none that are written with commas."""
    first = rows[layout.first]
    if not delimiter:
        return all(kind_of(cell) in ("number", "comma", "") for cell in first)
    return delimiter != "," or not all(re.fullmatch(r"\d+", cell) for cell in first) or layout.has_names


def read(path: Path) -> tuple[Text, Table, dict[str, Any]] | None:
    """(text, table, what to say of its size); None where there is no table in it."""
    with path.open("rb") as file:
        text = examine(file.read(HEAD_BYTES))
        if text is None:
            return None
        file.seek(0)
        raw = file.read(MOST_BYTES)
        size = path.stat().st_size
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read() if size > len(raw) else b""
    frame: Any = parsed(raw, text, is_whole=size <= len(raw))
    columns = text.layout.of_kind("number")
    numbers = {n: numeric(frame[n]) for n in columns if n in frame}
    times = times_in(text.layout, lambda n: frame[n].tolist() if n in frame else [])
    times = times or epoch_in(text.layout, numbers)
    if times is not None and tail:
        times = replace(times, end=last_time(tail, text))
    table = Table("", text.layout, numbers, times, len(frame))
    said: dict[str, Any] = {"rows": len(frame)}
    if size > len(raw):
        said = {"rows_read": len(frame), "rows_estimated": round(len(frame) * size / len(raw))}
    return text, table, said


def last_time(tail: bytes, text: Text) -> str:
    """The time in the last whole row of a file, "" where it cannot be told."""
    lines = LINE_END.split(tail.decode(text.encoding, "replace"))
    last = next((line for line in reversed(lines[1:]) if len(line) > 1), "")
    rows = [*text.rows[text.layout.first :][:100], cells(last, text.delimiter)]
    filled = [[*row, *[""] * len(text.layout.kinds)] for row in rows]
    times = times_in(text.layout, lambda n: [row[n] for row in filled])
    return times.end if times else ""


def parsed(raw: bytes, text: Text, is_whole: bool) -> Any:
    """Columns by number, cells as text; rows of another width are cut or filled, as any spreadsheet does."""
    if text.encoding == "utf-16":
        raw = raw.decode("utf-16", "replace").encode()
    if not is_whole:
        raw = raw[: raw.rfind(b"\n") + 1]
    width = len(text.layout.kinds)
    kept = list(range(width))
    options: dict[str, Any] = {"sep": text.delimiter} if text.delimiter else {"sep": r"\s+"}
    frame = pandas().read_csv(
        BytesIO(raw),
        encoding="utf-8" if text.encoding == "utf-16" else text.encoding,
        encoding_errors="replace",
        header=None,
        names=list(range(max(width, widest(text)))),
        usecols=kept,
        skiprows=text.layout.first,
        skip_blank_lines=True,
        skipinitialspace=True,
        on_bad_lines="skip",
        low_memory=False,
        decimal="," if has_commas(text) else ".",
        dtype={n: str for n in kept if text.layout.kinds[n] not in ("number", "")},
        keep_default_na=False,
        na_values=["", "NaN", "nan", "N/A", "n/a", "NULL", "null", "-", "--", "---", "inf", "-inf"],
        quoting=csv.QUOTE_NONE if has_lone_quotes(raw) else csv.QUOTE_MINIMAL,
        **options,
    )
    return frame.dropna(how="all")


def pandas() -> Any:
    """It costs 0.2 s, which only a table shall pay, and no text that is looked at and is none."""
    return importlib.import_module("pandas")


def has_lone_quotes(raw: bytes) -> bool:
    """Whether quotes in it are inches or seconds of arc, and no quotes: read as such they would join lines."""
    lines = raw.splitlines()
    lone = sum(line.count(b'"') % 2 for line in lines)
    return lone % 2 == 1 or 4 * lone > len(lines)


def widest(text: Text) -> int:
    return max((len(row) for row in text.rows[text.layout.first :]), default=0)


def has_commas(text: Text) -> bool:
    """Whether its numbers have decimal commas."""
    if text.delimiter == ",":
        return False
    rows = text.rows[text.layout.first : text.layout.first + 100]
    return any(kind_of(cell) == "comma" for row in rows for cell in row)


def numeric(column: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """NaN where a cell is no number."""
    if column.dtype.kind not in "iuf":
        column = pandas().to_numeric(column.astype(str).str.strip().str.replace(",", "."), errors="coerce")
    return np.asarray(column, dtype=np.float64)


def preamble(text: Text) -> Iterator[str]:
    """The lines above the table, as they stand."""
    yield from (line for line in text.lines[: text.layout.header] if line.strip())
