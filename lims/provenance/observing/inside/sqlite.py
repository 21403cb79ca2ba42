"""SQLite opens a file for writing also to read it: in a read-only folder a connection is told to change nothing."""

from __future__ import annotations

import functools
import os
from typing import Any

from .gate import Gate


def wrap(gate: Gate, sqlite3: Any) -> None:
    connecting = sqlite3.connect

    @functools.wraps(connecting)
    def connect(database: Any, *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        if not isinstance(database, (str, bytes, os.PathLike)) or os.fsdecode(database).startswith((":", "file:")):
            return connecting(database, *args, **options)
        opened = gate.quietly(gate.overlay.to_change, database)
        connection = connecting(opened, *args, **options)
        place = gate.quietly(gate.scope.locate, opened)
        if place is not None and place.forbidden:
            connection.execute("PRAGMA query_only = ON")
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connect
