"""The extractor over tables."""

import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lims.extractors.arrays import ArrayExtractor, Reading
from lims.extractors.promise import check_promise
from lims.extractors.properties import properties
from lims.extractors.tables.columns import Table, axis_of, has_times, signals_of
from lims.extractors.tables.delimited import Text, examine, preamble
from lims.extractors.tables.delimited import read as read_text
from lims.extractors.tables.workbook import PACKED, Sheet, format_of, is_workbook, sheets
from lims.extractors.text import decoded
from lims.plugins import NotMine, head_of

FIRST_ROWS = 10
MOST_LINES, LONGEST = 100, 500


class Tables(ArrayExtractor):
    """Reads spreadsheets, CSV and logs with numbers in columns."""

    name = "tables"
    version = f"1+calamine-{version('python-calamine')}"
    formats = ("csv", "ods", "tsv", "xls", "xlsb", "xlsx")
    modules = ("python_calamine",)
    rare_modules = dict.fromkeys((".csv", ".tsv", ".txt", ".log", ".dat", ".asc", ".dens"), ("pandas",))

    def sniff(self, head: bytes, name: str) -> bool:
        if is_workbook(head, name):
            return True
        is_named_so = name.lower().endswith((".csv", ".tsv")) and decoded(head) is not None
        return bool(head) and (is_named_so or examine(head) is not None)

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        """Raises NotMine for a text without a table, and for a file that is packed as a spreadsheet and is none."""
        if is_workbook(head_of(path), path.name):
            return workbook(path)
        check_promise(path, "it holds text")
        found = read_text(path)
        if found is None:
            raise NotMine(path.name)
        return delimited(path.stem, *found)


def delimited(stem: str, text: Text, table: Table, size: dict[str, Any]) -> Reading:
    tree: dict[str, Any] = {"encoding": text.encoding, "delimiter": text.delimiter or "white space"}
    tree |= {"preamble": [line[:LONGEST] for line in preamble(text)][:MOST_LINES]} if text.layout.header else {}
    tree |= {"header": text.lines[text.layout.header : text.layout.first]} if text.layout.has_names else {}
    tree |= size | described(table)
    tree["first_rows"] = text.rows[text.layout.first :][:FIRST_ROWS]
    signals = signals_of(table, tree, stem)
    return Reading("tsv" if text.delimiter == "\t" else "csv", signals, tree, warnings_of([table], size))


def workbook(path: Path) -> Reading:
    """Raises NotMine for what is packed like a spreadsheet and is none."""
    try:
        format_name = format_of(path)
    except (KeyError, zipfile.BadZipFile) as error:
        if path.suffix.lower() in PACKED:
            raise ValueError("it is named like a spreadsheet, and is cut off or holds none") from error
        raise NotMine(path.name) from error
    found = list(sheets(path))
    tables = [sheet.table for sheet in found if sheet.table]
    tree: dict[str, Any] = {"properties": properties(path), "sheets": [sheet_tree(sheet) for sheet in found]}
    signals = [
        raw
        for table in tables
        for raw in signals_of(table, tree, f"{path.stem} {table.name}" if len(tables) > 1 else path.stem)
    ]
    cut = [f"Only the first {len(sheet.rows)} of {sheet.height} rows of {sheet.name!r} are read."
           for sheet in found if len(sheet.rows) < sheet.height]  # fmt: skip
    return Reading(format_name, signals, tree, [*cut, *warnings_of(tables, {})])


def sheet_tree(sheet: Sheet) -> dict[str, Any]:
    tree: dict[str, Any] = {"name": sheet.name, "kind": sheet.kind, "rows": sheet.height, "columns": sheet.width}
    if sheet.table is None:
        return tree | {"first_rows": sheet.rows[:FIRST_ROWS]}
    layout, told = sheet.table.layout, described(sheet.table)
    tree |= {"table": {"rows": sheet.table.rows} | told}
    tree |= {"header": sheet.rows[layout.header : layout.first]} if layout.has_names else {}
    tree |= {"preamble": sheet.rows[: layout.header][:MOST_LINES]} if layout.header else {}
    return tree | {"first_rows": sheet.rows[layout.first :][:FIRST_ROWS]}


def described(table: Table) -> dict[str, Any]:
    """Columns with their units and kinds, and when the table begins and ends."""
    layout = table.layout
    columns = [
        {"name": table.title(n)} | ({"unit": layout.units[n]} if layout.units[n] else {}) | {"holds": kind or "nothing"}
        for n, kind in enumerate(layout.kinds)
    ]
    times = table.times
    return {"columns": columns} | ({"first_time": times.start, "last_time": times.end} if times and times.start else {})


def times_are_uneven(table: Table) -> bool:
    return table.rows > 1 and has_times(table) and axis_of(table)[0]["name"] == "row"


def warnings_of(tables: Sequence[Table], size: dict[str, Any]) -> list[str]:
    found = []
    if "rows_read" in size:
        found.append(f"Only the first {size['rows_read']} of about {size['rows_estimated']} rows are read.")
    if any(times_are_uneven(table) for table in tables):
        found.append("Its times do not run evenly, so values are over the number of the row.")
    return found
