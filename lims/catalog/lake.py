"""One DuckDB with one DuckLake attached: opening it, syncing what it writes, refusing disks that cannot hold it."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
from duckdb_extensions import import_extension

from lims.errors import Invalid, Unavailable
from lims.stores.durability import sync
from lims.stores.mounts import NETWORK_FILE_SYSTEMS, file_system_of

log = logging.getLogger(__name__)

META = "__ducklake_metadata_lake.main"
"""What DuckLake calls its own tables: of snapshots, files and columns."""
EXTENSIONS = ("ducklake", "sqlite_scanner")

# Inserts up to this many rows live in the SQLite catalog, which is synced at each commit; larger ones become Parquet
# files, which `sync_new` syncs. Inlined rows travel as the text of a statement: 100 cost more than a file.
INLINED_ROWS = 50


def open_lake(folder: Path, *, extensions: Path) -> duckdb.DuckDBPyConnection:
    """Attach the lake in `folder` as `lake`, making it where there is none. Nothing is ever downloaded."""
    refuse_network_disk(folder)
    folder.mkdir(parents=True, exist_ok=True)
    spilled = folder / "spilled"
    shutil.rmtree(spilled, ignore_errors=True)
    connection = duckdb.connect(":memory:", config={**_settings(extensions), "temp_directory": str(spilled)})
    try:
        _load_extensions(connection, extensions)
        connection.execute(_attach(folder))
    except duckdb.Error as error:
        connection.close()
        raise Unavailable(
            f"The catalog in {folder} cannot be opened: {error}.",
            hint="If another program holds it, stop that one; if the folder is damaged, restore it from a backup.",
        ) from error
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL parquet_metadata_cache = true")  # no Parquet file is ever written over
    return connection


def _settings(extensions: Path) -> dict[str, str | bool | int | float | list[str]]:
    extensions.mkdir(parents=True, exist_ok=True)
    return {
        "extension_directory": str(extensions),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


def _load_extensions(connection: duckdb.DuckDBPyConnection, extensions: Path) -> None:
    """Copy each extension out of its wheel once; a newer wheel lands in a folder of its own version."""
    there = {path.parent.parent.name for path in extensions.rglob("*.duckdb_extension")}
    for name in EXTENSIONS:
        installed = f"v{duckdb.__version__}" in there and any(extensions.rglob(f"{name}.duckdb_extension"))
        if not installed:
            if find_spec(f"duckdb_extension_{name}") is None:
                raise Unavailable(f"DuckDB's extension {name} is not installed.", hint="Reinstall jupyter-lims.")
            import_extension(name, con=connection)
        connection.execute(f"LOAD {name}")


def _attach(folder: Path) -> str:
    """WAL and the busy timeout: without them one reader starves the writer. The folder may have been moved."""
    return _attached(folder, "lake", f"META_JOURNAL_MODE 'WAL', DATA_INLINING_ROW_LIMIT {INLINED_ROWS}")


def _attached(folder: Path, name: str, options: str) -> str:
    catalog, data = quote(f"ducklake:sqlite:{folder / 'catalog.sqlite'}"), quote(f"{folder / 'data'}{os.sep}")
    return (
        f"ATTACH {catalog} AS {name} (DATA_PATH {data}, OVERRIDE_DATA_PATH true, META_BUSY_TIMEOUT 5000, {options})"
    )


def engine_to_read(extensions: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB of one thread that keeps nothing on any disk, for a process that reads a lake beside its owner."""
    alone = {
        "threads": "1", "memory_limit": f"{memory_mb}MB", "temp_directory": "", "allow_persistent_secrets": "false",
        "allow_community_extensions": "false", "python_enable_replacements": "false",
    }  # fmt: skip
    connection = duckdb.connect(":memory:", config={**_settings(extensions), **alone})
    _load_extensions(connection, extensions)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def attach_to_read(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    """Attach the lake in `folder`, which its owner has open, so that nothing can be written to it."""
    connection.execute(_attached(folder, name, "READ_ONLY"))


def quote(text: str) -> str:
    """A text as a SQL literal. DuckDB knows no backslash escapes: doubling the quotes is all there is."""
    return "'" + text.replace("'", "''") + "'"


def refuse_network_disk(folder: Path) -> None:
    """SQLite's locks do not hold on network disks: two writers would damage the catalog."""
    kind = file_system_of(folder)
    if kind in NETWORK_FILE_SYSTEMS:
        raise Invalid(
            f"The catalog cannot live in {folder}: that is a network disk ({kind}).",
            hint="Put the facility on a local disk; the microscopes' files may stay on network disks.",
        )


@contextmanager
def read_plainly(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For reading whole tables: without the optimizers that ask for each column's statistics, one SQLite query each.

    That is 3 instead of 50 ms a table. The setting is the whole process's, so only for a moment.
    """
    connection.execute("SET GLOBAL disabled_optimizers = 'statistics_propagation,join_order'")
    try:
        yield
    finally:
        connection.execute("RESET GLOBAL disabled_optimizers")


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Also where there is nothing to roll back, and where the connection is beyond it."""
    try:
        connection.rollback()
    except duckdb.Error as error:
        log.debug("There was nothing to roll back: %s", error)


class DataFiles:
    """The lake's Parquet files. DuckDB does not sync them, so this does, before the commit that names them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._synced = {path for path, _ in self._walk()}

    def sync_new(self) -> list[Path]:
        """Sync every file that appeared since the last call, then the folders that name them. Returns these files."""
        new = [entry for entry in self._walk() if entry[0] not in self._synced]
        for path, _ in new:
            sync(path)
        for folder in {folder for _, parent in new for folder in self._up_from(Path(parent))}:
            sync(folder)
        self._synced.update(path for path, _ in new)
        return [Path(path) for path, _ in new]

    def _up_from(self, parent: Path) -> list[Path]:
        """The folders from `parent` to the one that holds all data: each names the next."""
        return [parent, *(up for up in parent.parents if up.is_relative_to(self.folder.parent))]

    def _walk(self) -> list[tuple[str, str]]:
        return [
            (os.path.join(folder, name), folder)  # noqa: PTH118 — called at each commit, and Path is 10 times slower
            for folder, _, names in os.walk(self.folder)
            for name in names
        ]



def rows_of(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
    """Run one statement and return its rows by column name."""
    cursor = connection.execute(sql, parameters) if parameters else connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
