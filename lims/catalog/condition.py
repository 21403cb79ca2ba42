"""The shape that the catalog is in, for people: what it holds, where it lies, what waits."""

from datetime import datetime
from typing import Any, Literal

from lims.catalog.lake import META
from lims.catalog.reader import ThreadReader
from lims.catalog.relations import APPENDED, COLD, LAKE, MEMORY, NAMES, SHOWN, oldest_snapshot
from lims.catalog.upkeep import Upkeep
from lims.model import Replaced, TableSize, UpkeepState

_FILES = f"""SELECT t.table_name AS "name", count(*) AS "files", sum(f.file_size_bytes) AS "bytes"
FROM {META}.ducklake_data_file f JOIN {META}.ducklake_table t USING (table_id)
WHERE f.end_snapshot IS NULL AND t.end_snapshot IS NULL GROUP BY 1"""
_INLINED = f"""SELECT t.table_name AS "name", i.table_name AS "rows_in"
FROM {META}.ducklake_inlined_data_tables i JOIN {META}.ducklake_table t USING (table_id)
WHERE t.end_snapshot IS NULL"""
_COUNTED = MEMORY | {name: LAKE[name] for name in COLD} | {name: SHOWN[name] for name in APPENDED if name != "document"}
"""Where counting costs least. Documents in the lake, since their files show some that were deleted."""
_OF_TODAY = f"""SELECT "names" AS "doc" FROM {MEMORY["indexed"]}
UNION ALL SELECT "tree" FROM {MEMORY["indexed"]} WHERE "tree" IS NOT NULL"""


def sizes(reader: ThreadReader) -> tuple[TableSize, ...]:
    files = {row["name"]: row for row in reader.rows(_FILES)}
    inlined = dict.fromkeys(NAMES, 0)
    for row in reader.rows(_INLINED):
        waiting = f'SELECT count(*) AS "n" FROM {META}."{row["rows_in"]}" WHERE end_snapshot IS NULL'
        inlined[row["name"]] = inlined.get(row["name"], 0) + _number(reader, waiting)

    def size_of(name: str) -> TableSize:
        of_files: dict[str, Any] = files.get(name, {})
        rows = _number(reader, f'SELECT count(*) AS "n" FROM {_COUNTED[name]}')
        return TableSize(name, rows, of_files.get("files", 0), int(of_files.get("bytes", 0)), inlined[name])

    return tuple(size_of(name) for name in NAMES)


def replaced(reader: ThreadReader) -> tuple[Replaced, ...]:
    """Of what is only added to: what no dataset is found by any more."""
    found = []
    for name in APPENDED:
        sql = f"""SELECT count(*) AS "rows", count(*) FILTER ("doc" NOT IN ({_OF_TODAY})) AS "gone"
            FROM {_COUNTED[name]}"""
        row = reader.rows(sql)[0]
        found.append(Replaced(name, row["rows"], row["gone"]))
    return tuple(found)


def state_of(upkeep: Upkeep) -> UpkeepState:
    due, last, running = round(upkeep.due, 3), upkeep.last, upkeep.is_running
    state: Literal["idle", "due", "running"] = "running" if running else "due" if due >= 1 else "idle"
    doing = (upkeep.table or "") if running else ""
    if last is None:
        return UpkeepState(state, due, doing)
    return UpkeepState(state, due, doing, datetime.fromisoformat(last.at), last.seconds, last.trouble)


def snapshots(reader: ThreadReader) -> tuple[int, datetime, int]:
    """(the oldest that is kept, since when it was one, how many there are)"""
    count = _number(reader, f'SELECT count(*) AS "n" FROM {META}.ducklake_snapshot')
    return (*oldest_snapshot(reader), count)


def _number(reader: ThreadReader, sql: str) -> int:
    return int(reader.rows(sql)[0]["n"])
