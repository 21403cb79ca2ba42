"""DuckDB opens files in C++: its functions that take a path are wrapped, and paths are looked for in its SQL."""

# Its patterns are text in SQL.
# ruff: noqa: PTH207

from __future__ import annotations

import functools
import glob
import re
import sys
from typing import Any, Callable  # noqa: UP035 — for old Pythons

from .gate import Gate
from .through import Enter, each, entering

READS = ("read_parquet", "from_parquet", "read_csv", "from_csv_auto", "read_json")
WRITES = ("to_parquet", "write_parquet", "to_csv", "write_csv")
STATEMENTS = ("execute", "executemany", "sql", "query", "from_query")
PATH_NAMES = ("path_or_buffer", "file_glob", "file_globs", "name", "file_name", "filename", "database")

LITERAL = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"")
TARGET = re.compile(r"\b(COPY\b.*\bTO|EXPORT\s+DATABASE)\s*$", re.IGNORECASE | re.DOTALL)
ATTACH = re.compile(r"\bATTACH(\s+DATABASE)?(\s+IF\s+NOT\s+EXISTS)?\s*$", re.IGNORECASE)
VALUE = re.compile(r"([=<>]|\bLIKE|\bVALUES\s*\([^)]*)\s*$", re.IGNORECASE)
READ_ONLY = re.compile(r"^[^;]*\bREAD_ONLY\b", re.IGNORECASE)
FILE_OF_PARAMETER = re.compile(r"\b(read_\w+|\w+_scan)\s*\(\s*\[?\s*[?$]|\bFROM\s+[?$]", re.IGNORECASE)
MOST = 10_000
"""Files of one pattern."""
CALL = compile("_lims_function(*_lims_args, **_lims_options)", "<lims observer: call>", "eval")


def wrap(gate: Gate, duckdb: Any) -> None:
    paths = Paths(gate)
    connection, relation = duckdb.DuckDBPyConnection, duckdb.DuckDBPyRelation
    for holder, first in ((duckdb, 0), (connection, 1)):
        put(holder, "connect", first, paths.connect)
        for name in READS:
            put(holder, name, first, paths.first_of(paths.read))
        for name in STATEMENTS:
            put(holder, name, first, paths.statement)
    for name in WRITES:
        put(relation, name, 1, paths.first_of(paths.write))
        put(duckdb, name, 1, paths.first_of(paths.write))
    put(relation, "query", 2, paths.statement)


def put(holder: Any, name: str, position: int, change: Callable[[Any, Any, Any], Any]) -> None:
    """Wrap a function such that `change(argument, the rest, options)` says what is passed for the argument."""
    function = getattr(holder, name, None)
    if function is None:
        return

    @functools.wraps(function)
    def wrapped(*args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        key = next((key for key in (*PATH_NAMES, "query", "sql_query") if key in options), "")
        if len(args) > position:
            args = (
                *args[:position],
                change(args[position], args[position + 1 :], options),
                *args[position + 1 :],
            )
        elif key:
            options[key] = change(options[key], (), options)
        # DuckDB looks for DataFrames among the names of the frame that calls it: ours gets those of the caller.
        caller = sys._getframe(1)
        names = {**caller.f_locals, "_lims_function": function, "_lims_args": args, "_lims_options": options}
        return eval(CALL, caller.f_globals, names)

    setattr(holder, name, wrapped)


class Paths:
    """The paths that DuckDB is given, each passed through the gate."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.read = entering(gate, "duckdb", "r")
        self.write = entering(gate, "duckdb", "w")

    def first_of(self, enter: Enter) -> Callable[[Any, Any, Any], Any]:
        return lambda given, rest, options: each(lambda one: self.matched(enter, one), given)

    def connect(self, database: Any, rest: Any, options: Any) -> Any:
        is_read = bool(options.get("read_only", rest[0] if rest else False))
        return self.attached(database, is_read)

    def attached(self, database: Any, is_read: bool) -> Any:
        if not isinstance(database, str) or database in ("", ":memory:", ":default:") or ":" in database:
            return database
        return self.gate.enter(database, reads=True, writes=not is_read, by="duckdb", maybe=True)

    def matched(self, enter: Enter, path: Any) -> Any:
        """A path, or a pattern of several."""
        if isinstance(path, str) and glob.has_magic(path):
            for count, one in enumerate(glob.iglob(path, recursive=True)):
                if count >= MOST:
                    break
                enter(one)
            return path
        return enter(path)

    def statement(self, sql: Any, rest: Any, options: Any) -> Any:
        if not isinstance(sql, str):
            return sql
        values = options.get("parameters", rest[0] if rest else ())
        if values and FILE_OF_PARAMETER.search(sql):
            for value in values.values() if isinstance(values, dict) else values:
                each(lambda one: self.matched(self.read, one), value)
        return LITERAL.sub(self.literal, sql) if "'" in sql or '"' in sql else sql

    def literal(self, found: re.Match[str]) -> str:
        """A literal as it is, or with the path that a replay puts there."""
        quote = found[0][0]
        text = found[0][1:-1].replace(2 * quote, quote)
        before = found.string[: found.start()]
        if not ("/" in text or "." in text) or "\n" in text or VALUE.search(before):
            return found[0]
        if ATTACH.search(before):
            path = self.attached(text, READ_ONLY.search(found.string[found.end() :]) is not None)
        else:
            path = self.matched(self.write if TARGET.search(before) else self.read, text)
        return found[0] if path == text else quote + path.replace(quote, 2 * quote) + quote
