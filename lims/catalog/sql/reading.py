"""The connection on which a person's statement runs: the lake beside its owner, narrowed to one principal, locked."""

import secrets
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from lims.catalog.lake import attach_to_read, quote
from lims.catalog.sql.published import VIEWS
from lims.catalog.visibility import narrowed
from lims.errors import Unavailable
from lims.model import Principal

EVERY_ROW = 2**63 - 1
"""As a LIMIT it leaves out nothing. No condition of the statement is moved to below a LIMIT, so none is ever asked of a
row that the reader may not see: its errors (a failed cast) would tell what stands there.
"""


def publish(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    names: Collection[str],
    principal: Principal,
    base: Mapping[str, str],
) -> str:
    """Make these views, all of one commit, in a transaction that goes on; nothing can be reached or set besides.

    base: what the tables are called in the lake (`Asking.base_in_lake`), now or at a snapshot.
    Returns the name of the lake, which no statement knows, so that messages can be cleaned of it.
    Raises Unavailable where the lake cannot be read.
    """
    lake = f"lake_{secrets.token_hex(16)}"
    here = {name: sql.replace("lake.main.", f"{lake}.main.") for name, sql in base.items()}
    try:
        attach_to_read(connection, folder, lake)
        connection.begin()
        make_views(connection, names, principal, here)
        lock(connection, folder / "data")
    except duckdb.Error as error:
        reason = str(error).replace(lake, "lake")
        raise Unavailable(f"The catalog cannot be read for SQL: {reason}", hint="Tell the staff.") from error
    return lake


def make_views(
    connection: duckdb.DuckDBPyConnection, names: Collection[str], principal: Principal, base: Mapping[str, str]
) -> None:
    views = {name: VIEWS[name] for name in names}
    ids, rows = narrowed([table for view in views.values() for table in view.tables], principal, base)
    for name, sql in ids.items() if not principal.is_staff else ():
        connection.execute(f"CREATE TABLE memory.main.{name} AS {sql}")
    barrier = "" if principal.is_staff else f" LIMIT {EVERY_ROW}"
    for name, view in views.items():
        sql = view.select(lambda table: f"({rows[table]}{barrier})")
        connection.execute(f"CREATE VIEW memory.main.{name} AS {sql}")


def lock(connection: duckdb.DuckDBPyConnection, data: Path) -> None:
    """From here on no file but the lake's own can be opened, and no setting changed."""
    connection.execute(f"SET allowed_directories = [{quote(str(data) + '/')}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
