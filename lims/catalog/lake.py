"""One DuckDB with one DuckLake attached: opening it, syncing what it writes, refusing disks that cannot hold it."""

import logging
import os
import shutil
import time
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
TICK_NS = 2_000_000_000
"""More than the clocks of disks are apart that keep whole seconds."""

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
        self._looked: dict[str, int] = {}
        self._below: dict[str, list[str]] = {}
        self._known: set[str] = set()
        self._known.update(self._new_in(str(folder)))

    def sync_new(self) -> list[Path]:
        """Sync every file that appeared since the last call, then the folders that name them. Returns these files."""
        new = [Path(path) for path in self._new_in(str(self.folder))]
        try:
            for path in new:
                sync(path)
            for folder in {folder for path in new for folder in self._up_from(path.parent)}:
                sync(folder)
        except OSError:
            self._looked.clear()
            raise
        self._known.update(map(str, new))
        return new

    def _up_from(self, parent: Path) -> list[Path]:
        """The folders from `parent` to the one that holds all data: each names the next."""
        return [parent, *(up for up in parent.parents if up.is_relative_to(self.folder.parent))]

    def _new_in(self, folder: str) -> Iterator[str]:
        """Files that are not known. Only folders that have changed are read: there are thousands of files."""
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 — called at each commit, and Path is slower
            if changed != self._looked.get(folder):
                with os.scandir(folder) as entries:
                    is_folder = {entry.path: entry.is_dir() for entry in entries}
                self._below[folder] = [path for path, is_one in is_folder.items() if is_one]
                yield from (path for path, is_one in is_folder.items() if not is_one and path not in self._known)
                # What changed just now may change again without getting another time.
                self._looked[folder] = changed if time.time_ns() - changed > TICK_NS else -1
        except FileNotFoundError:
            return
        for below in self._below[folder]:
            yield from self._new_in(below)


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
    """Run one statement and return its rows by column name."""
    cursor = connection.execute(sql, parameters) if parameters else connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
