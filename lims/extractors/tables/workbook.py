"""Spreadsheets, by calamine: xlsx, xlsm, xlsb, xls, ods. What is packed in them is measured before it is unpacked."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from lims.extractors.tables.cells import kind_of, number_in
from lims.extractors.tables.columns import Table, as_numbers, epoch_in, times_in
from lims.extractors.tables.layout import find

MOST_UNPACKED = 512 << 20
MOST_BYTES = 128 << 20
"""Of an .xls, which is not packed."""
MOST_ROWS = 200_000
ZIP, COMPOUND = b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PACKED = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".ods", ".ots")
ODS = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Sheet:
    """rows: its first ones; table: None where there is no table of numbers in it."""

    name: str
    kind: str
    height: int
    width: int
    rows: list[list[Any]]
    table: Table | None


def is_workbook(head: bytes, name: str) -> bool:
    """By what is packed first, or where that is not told by the name, since so much else is packed alike."""
    ending = f".{name.lower().rpartition('.')[2]}"
    if head.startswith(ZIP):
        return ODS in head[:128] or b"xl/" in head or ending in PACKED
    return head.startswith(COMPOUND) and (ending in (".xls", ".xlt") or "Workbook".encode("utf-16-le") in head)


def format_of(path: Path) -> str:
    """Raises ValueError for a bomb, KeyError for a zip that holds no spreadsheet."""
    with path.open("rb") as file:
        if file.read(4) != ZIP:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError(f"a spreadsheet of {path.stat().st_size >> 20} MiB is not read")
            return "xls"
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_UNPACKED:
        raise ValueError(f"what is packed in it would be {unpacked >> 20} MiB, more than a spreadsheet may be")
    names = {member.filename for member in members}
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    raise KeyError("it holds no spreadsheet")


def sheets(path: Path) -> Iterator[Sheet]:
    """Raises ValueError with calamine's reason where it cannot be read: damaged, or locked with a password."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            for said in book.sheets_metadata:
                if said.typ == SheetTypeEnum.WorkSheet:
                    yield sheet_of(said.name, book.get_sheet_by_name(said.name))
                else:
                    yield Sheet(said.name, str(said.typ).rpartition(".")[2], 0, 0, [], None)
    except CalamineError as error:
        raise ValueError(f"the spreadsheet cannot be read ({error})") from error


def sheet_of(name: str, sheet: Any) -> Sheet:
    rows = list(islice(sheet.iter_rows(), MOST_ROWS)) if sheet.height else []
    return Sheet(name, "WorkSheet", sheet.height, sheet.width, rows, table_of(name, rows))


def table_of(name: str, rows: list[list[Any]]) -> Table | None:
    layout = find(rows)
    if layout is None:
        return None
    body = [row for row in rows[layout.first :] if any(kind_of(cell) for cell in row)]
    columns = list(zip(*body, strict=False))

    def cells_of(column: int) -> list[Any]:
        return list(columns[column])

    numbers = {n: as_numbers(columns[n], number_in) for n in layout.of_kind("number") if n < len(columns)}
    return Table(name, layout, numbers, times_in(layout, cells_of) or epoch_in(layout, numbers), len(body))
