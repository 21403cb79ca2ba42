"""Keeping the lake quick: small commits live in the SQLite catalog until they are many, then they become Parquet files.

It is done in steps, each of them short and a commit of its own: who writes meanwhile waits for one of them and not for
all. Nothing of the history is lost by it but states that are older than the facility keeps.
"""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import duckdb

from lims.catalog.lake import META, DataFiles
from lims.catalog.relations import NAMES

log = logging.getLogger(__name__)

# So many rows written since the last time make it worth while: SQLite reads 50,000 in about 50 ms.
DUE_ROWS = 50_000

DUE_FILES = 100
"""Each insert of many rows makes one."""
DAILY_S = 86_400.0
"""What is left over goes once a day, also where little is written."""

MERGED_MB = 16
"""Files of this size stay what they are, else every upkeep would write everything anew. A step writes one such."""
MERGED_MB_OF = {"word": 8}
"""Words take a byte a row, and to sort 20 million of them 3 s and 1.3 GB."""
EXPIRED_AT_ONCE = 200

_EXPIRED = f"""SELECT "snapshot_id" FROM {META}.ducklake_snapshot WHERE "snapshot_id" < (
    SELECT max("snapshot_id") FROM {META}.ducklake_snapshot
    WHERE CAST("snapshot_time" AS TIMESTAMP WITH TIME ZONE) <= now() - to_days(CAST(? AS INTEGER))) ORDER BY 1"""
"""All that no question of the days that are kept can mean: the last one before them is their first state."""

# Files that no snapshot names (merged ones, and those of a transaction that died) go after a day: nobody reads so long.
_CLEAN_UPS = (
    "CALL ducklake_cleanup_old_files('lake', older_than => now() - INTERVAL 1 DAY)",
    "CALL ducklake_delete_orphaned_files('lake', older_than => now() - INTERVAL 1 DAY)",
)


def steps(connection: duckdb.DuckDBPyConnection, files: DataFiles, keep_days: int | None) -> Iterator[str | None]:
    """Each `next` does one step and commits it; what it gives is the table whose rows lie elsewhere now.

    keep_days: how long states of the past can be asked, None for ever. New files are synced before the commit.
    """
    for name in NAMES:
        size = MERGED_MB_OF.get(name, MERGED_MB)
        connection.execute(f"CALL lake.set_option('target_file_size', '{size}MB', table_name => '{name}')")
        flush = f"CALL ducklake_flush_inlined_data('lake', table_name => '{name}')"
        yield name if _moved(connection, files, flush) else None
        merge = f"""CALL ducklake_merge_adjacent_files('lake', '{name}', max_compacted_files => 1,
            max_file_size => {size * 10**6})"""
        while _moved(connection, files, merge):
            yield name
        yield None
    for ids in _expired(connection, keep_days):
        connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => {ids})")
        yield None
    for statement in _CLEAN_UPS:
        connection.execute(statement)
        yield None


def _moved(connection: duckdb.DuckDBPyConnection, files: DataFiles, statement: str) -> bool:
    """Whether there was anything to move."""
    connection.begin()
    try:
        moved = bool(connection.execute(statement).fetchall())
        if moved:
            files.sync_new()
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return moved


def _expired(connection: duckdb.DuckDBPyConnection, keep_days: int | None) -> Iterator[list[int]]:
    if keep_days is None:
        return
    found = [row[0] for row in connection.execute(_EXPIRED, [keep_days]).fetchall()]
    for start in range(0, len(found), EXPIRED_AT_ONCE):
        yield found[start : start + EXPIRED_AT_ONCE]


@dataclass(frozen=True)
class Done:
    """The last upkeep. trouble: what it failed of, "" where it did not."""

    at: str
    seconds: float
    trouble: str = ""


class Upkeep:
    """When it is due, how far it is, and how it went. The committer's thread drives it; any may look."""

    def __init__(self, lake: duckdb.DuckDBPyConnection, files: DataFiles, keep_days: int | None) -> None:
        self._lake = lake
        self._files = files
        self.keep_days = keep_days
        self._rows = self._new_files = 0
        self._kept_in = files.folder.parent / "upkeep.json"
        self._under_way: Iterator[str | None] | None = None
        self._began = time.monotonic()
        self.began_at: datetime | None = None
        self.table: str | None = None
        self.last = self._read()
        self._since = datetime.fromisoformat(self.last.at) if self.last else datetime.now(UTC)

    def note(self, rows: int, new_files: int) -> None:
        """So many rows were written into the SQLite catalog, and so many files."""
        self._rows += rows
        self._new_files += new_files

    @property
    def due(self) -> float:
        """Due from 1 on."""
        age_s = (datetime.now(UTC) - self._since).total_seconds()
        return max(self._rows / DUE_ROWS, self._new_files / DUE_FILES, age_s / DAILY_S)

    @property
    def due_in_s(self) -> float:
        """How long until it is due if nothing is written."""
        return max(0.0, DAILY_S - (datetime.now(UTC) - self._since).total_seconds())

    @property
    def is_running(self) -> bool:
        return self._under_way is not None

    def begin(self) -> None:
        """From the first step on, wherever it was."""
        self._rows = self._new_files = 0
        self._since = self.began_at = datetime.now(UTC)
        self._began = time.monotonic()
        self._under_way = steps(self._lake, self._files, self.keep_days)

    def step(self) -> str | None:
        """The table whose rows lie elsewhere now. After the last one it is not running any more."""
        assert self._under_way is not None
        try:
            self.table = next(self._under_way)
        except StopIteration:
            self.end("")
            return None
        return self.table

    def end(self, trouble: str) -> None:
        """trouble: why it cannot go on; "" where it is done."""
        assert self.began_at is not None
        self._under_way, self.table = None, None
        self.last = Done(self.began_at.isoformat(), round(time.monotonic() - self._began, 3), trouble)
        try:
            self._kept_in.write_text(json.dumps(asdict(self.last)))
        except OSError as error:
            log.warning("How the upkeep went could not be written down: %s", error)

    def _read(self) -> Done | None:
        """Of this process or of one before it."""
        try:
            return Done(**json.loads(self._kept_in.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def inlined_leaves(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows of the largest table wait in the SQLite catalog."""
    tables = connection.execute(
        f"""SELECT i.table_name FROM {META}.ducklake_inlined_data_tables i
        JOIN {META}.ducklake_table t USING (table_id) WHERE t.table_name = 'leaf' AND t.end_snapshot IS NULL"""
    ).fetchall()
    counts = (f'SELECT count(*) FROM {META}."{name}"' for (name,) in tables)
    return sum(int(connection.execute(count).fetchall()[0][0]) for count in counts)
