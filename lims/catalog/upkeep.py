"""Keeping the lake quick: small commits live in the SQLite catalog until they are many, then they become Parquet files.

Nothing of the history is lost by it: every snapshot can still be read.
"""

import logging

import duckdb

from lims.catalog.lake import DataFiles

log = logging.getLogger(__name__)

# So many rows written since the last time make it worth while: SQLite reads 50,000 in about 50 ms.
DUE_ROWS = 50_000

DUE_FILES = 100
"""Each insert of many rows makes one."""

# Files of this size stay what they are, else every upkeep would write everything anew.
MERGED_BYTES = 32 << 20

_REWRITES = (
    "CALL ducklake_flush_inlined_data('lake')",
    f"CALL ducklake_merge_adjacent_files('lake', max_file_size => {MERGED_BYTES})",
)

# Files that no snapshot names (merged ones, and those of a transaction that died) go after a day: nobody reads so long.
_CLEAN_UPS = (
    "CALL ducklake_cleanup_old_files('lake', older_than => now() - INTERVAL 1 DAY)",
    "CALL ducklake_delete_orphaned_files('lake', older_than => now() - INTERVAL 1 DAY)",
)


def maintain(connection: duckdb.DuckDBPyConnection, files: DataFiles) -> None:
    """Move inlined rows to Parquet, merge small files, delete what is left over. Files are synced before the commit."""
    for statement in _REWRITES:
        connection.begin()
        try:
            connection.execute(statement)
            files.sync_new()
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
    for statement in _CLEAN_UPS:
        connection.execute(statement)


def inlined_leaves(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows of the largest table wait in the SQLite catalog."""
    tables = connection.execute(
        """SELECT i.table_name FROM __ducklake_metadata_lake.main.ducklake_inlined_data_tables i
        JOIN __ducklake_metadata_lake.main.ducklake_table t USING (table_id) WHERE t.table_name = 'leaf'"""
    ).fetchall()
    counts = (f'SELECT count(*) FROM __ducklake_metadata_lake.main."{name}"' for (name,) in tables)
    return sum(int(connection.execute(count).fetchall()[0][0]) for count in counts)
