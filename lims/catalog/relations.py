"""What each table is called in SQL: in the lake, in memory, and at an earlier snapshot."""

from collections.abc import Collection, Mapping
from datetime import datetime

from lims.catalog.codec import to_utc
from lims.catalog.lake import META
from lims.catalog.reader import Reader, ThreadReader
from lims.catalog.tables import DERIVED, TABLES, columns_of
from lims.errors import Invalid

NAMES = (*(table.name for table in TABLES), *(derived.name for derived in DERIVED))
APPENDED = ("document", "leaf", "word", "normalised")
"""What was written down of datasets, each time under a new number: only added to, so read past DuckLake
(`appended.py`)."""
COLD = (*APPENDED, "audit", "environment", "run_file")
"""Large or seldom asked for: read from the lake. All others are also in memory (`hot.py`)."""
HOT = tuple(name for name in NAMES if name not in COLD)

LAKE: dict[str, str] = {name: f'lake.main."{name}"' for name in NAMES}
MEMORY: dict[str, str] = {name: f'memory.main."{name}"' for name in NAMES}
READ_AS = {"leaf": 'coalesce("text", CAST("number" AS VARCHAR)) AS "text"'}
"""Columns that are more than what is stored: a number with a fraction is not stored as text, too."""


def _readable(name: str, source: str) -> str:
    return f"(SELECT * REPLACE ({READ_AS[name]}) FROM {source})" if name in READ_AS else source


SHOWN = LAKE | {name: f'memory.main."{name}_now"' for name in APPENDED}
"""Where a cold table is read now."""
NOW = MEMORY | {name: _readable(name, SHOWN[name]) for name in COLD}


def _with_then(names: Mapping[str, str]) -> dict[str, str]:
    return {**names, **{f"{name}_then": sql for name, sql in names.items()}}


def _with_pending(name: str) -> str:
    """A cold table with the rows that wait in memory to be committed."""
    return _readable(name, f"(SELECT * FROM {SHOWN[name]} UNION ALL BY NAME SELECT * FROM {MEMORY[name]})")


PRESENT = _with_then(NOW)
"""What readers see: the last commit."""
IN_LAKE = _with_then({name: _readable(name, LAKE[name]) for name in NAMES})
"""What another process sees: the last commit, all of it from the lake."""
IN_TRANSACTION = _with_then(MEMORY | {name: _with_pending(name) for name in COLD})
"""What a change sees: the last commit, and what it has written itself."""


def snapshot_at(moment: int | datetime, reader: ThreadReader) -> int:
    """The snapshot with that number, or the last one at that time. Raises Invalid where there is none."""
    if isinstance(moment, datetime):
        column, asked = 'CAST("snapshot_time" AS TIMESTAMP WITH TIME ZONE) <=', to_utc(moment)
    else:
        column, asked = '"snapshot_id" =', moment  # type: ignore[assignment]
    sql = f"""SELECT max("snapshot_id") AS n FROM {META}.ducklake_snapshot
        WHERE {column} $asked"""
    found = reader.rows(sql, {"asked": asked})[0]["n"]
    if found is None:
        raise _no_state(moment, asked, reader)
    return int(found)


_OLDEST = f"""SELECT "snapshot_id" AS "id", CAST("snapshot_time" AS TIMESTAMP WITH TIME ZONE) AS "at"
FROM {META}.ducklake_snapshot ORDER BY 1 LIMIT 1"""


def oldest_snapshot(reader: Reader) -> tuple[int, datetime]:
    """The earliest state that is kept, and since when it was one."""
    row = reader.rows(_OLDEST)[0]
    return int(row["id"]), to_utc(row["at"])


def _no_state(moment: int | datetime, asked: object, reader: ThreadReader) -> Invalid:
    oldest, since = oldest_snapshot(reader)
    is_expired = oldest > 0 and (asked < (oldest if isinstance(moment, int) else since))  # type: ignore[operator]
    if is_expired:
        return Invalid(
            f"The catalog's state as of {moment} is kept no more: there are states since {since:%Y-%m-%d %H:%M} UTC.",
            hint=f"Ask for a later time, or a snapshot from {oldest} on; what was changed when stays in the history.",
        )
    return Invalid(
        f"The catalog has no state as of {moment}.",
        hint=f"Ask for a time after the catalog was made, or a snapshot up to {reader.snapshot}.",
    )


def relations_at(snapshot: int, reader: Reader) -> Mapping[str, str]:
    """Like PRESENT, with `…_then` as it was at `snapshot`. Columns and tables made later are there, and NULL."""
    had: dict[str, set[str]] = {}
    for row in reader.rows(_COLUMNS_AT, {"snapshot": snapshot}):
        had.setdefault(row["table"], set()).add(row["column"])
    indexed = had.get("indexed", set())
    return NOW | {f"{name}_then": _then(name, had.get(name, set()), snapshot, indexed) for name in NAMES}


def _then(name: str, had: Collection[str], snapshot: int, indexed: Collection[str] = ()) -> str:
    """had: its columns. indexed: those of the table that tells which documents are a dataset's."""
    if name == "indexed" and not had:
        return f"""(SELECT "id" AS "dataset", -row_number() OVER (ORDER BY "id") AS "names",
            CAST(NULL AS BIGINT) AS "tree" FROM {LAKE["dataset"]} AT (VERSION => {snapshot}))"""
    if name == "normalised" and "dataset" in had:
        return f"""(SELECT n."field", i."names" AS "doc", n."text", n."number", n."unit"
            FROM (FROM {LAKE[name]} AT (VERSION => {snapshot})) n
            JOIN {_then("indexed", indexed, snapshot)} i ON i."dataset" = n."dataset")"""
    columns = [f'"{c}"' if c in had else f'CAST(NULL AS {kind}) AS "{c}"' for c, kind in columns_of(name)]
    source = f"{LAKE[name]} AT (VERSION => {snapshot})" if had else "(SELECT 1) WHERE false"
    return _readable(name, f"(SELECT {', '.join(columns)} FROM {source})")


_COLUMNS_AT = f"""
SELECT t.table_name AS "table", c.column_name AS "column"
FROM {META}.ducklake_table t
JOIN {META}.ducklake_column c USING (table_id)
WHERE c.parent_column IS NULL
  AND t.begin_snapshot <= $snapshot AND coalesce(t.end_snapshot > $snapshot, true)
  AND c.begin_snapshot <= $snapshot AND coalesce(c.end_snapshot > $snapshot, true)
"""
