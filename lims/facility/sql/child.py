"""The process from which one is forked for each statement, and what such a child does.

python -m lims.facility.sql.child EXTENSIONS MEMORY_MB

It has DuckDB with its extensions loaded, which takes a second, and no thread that does anything: so a fork is safe.
Its standard input is a Unix socket; each message on it brings two descriptors, for which it forks a child. The child
reads one job from the first, a line of JSON; to the second it writes a line of JSON and, where that tells of no error,
the rows as an Arrow IPC stream. When the first is closed, nobody waits for the child any more, and it ends. When the
socket is closed, or nothing was asked for long, the server ends.
"""

import json
import os
import resource
import signal
import socket
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import psutil
import pyarrow as pa

from lims.catalog.lake import engine_to_read
from lims.catalog.sql.reading import publish
from lims.catalog.sql.statement import read_statement
from lims.errors import Invalid, LimsError, Unavailable
from lims.extractors.fence.environment import forget_environment
from lims.extractors.fence.grounds import DEVICES, Grounds, libraries
from lims.extractors.fence.landlock import restrict
from lims.model import Principal

PATIENCE_S = 900.0
"""For so long the server keeps its memory when nobody asks."""
GRACE_S = 5
BESIDES_MB = 512
"""What Python, DuckDB and the answer need beside DuckDB's own limit."""
LARGEST_FILE = 64 << 20
"""SQLite's index of its journal is the only file of which this process may write a byte."""
BATCH = 50_000
HINT_SMALLER = "Ask for less: name columns, narrow it with WHERE, count or group, or take a part with LIMIT."
SAID = 500


def main() -> None:
    extensions, memory_mb = Path(sys.argv[1]), int(sys.argv[2])
    jobs = socket.socket(fileno=os.dup(0))
    jobs.settimeout(PATIENCE_S)
    forget_environment()
    libraries()
    connection = engine_to_read(extensions, memory_mb)
    warm(connection)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a child has ended
    warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks beside threads, even idle ones
    while descriptors := next_job(jobs):
        if os.fork() == 0:
            jobs.close()
            be_child(connection, memory_mb, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def warm(connection: duckdb.DuckDBPyConnection) -> None:
    """What is loaded at the first use, no child need load again: half a second."""
    read_statement(connection, "SELECT 1 AS one")
    with pa.ipc.new_stream(pa.BufferOutputStream(), pa.schema([("one", pa.int32())])) as stream:
        stream.write_table(collected(connection, "SELECT 1 AS one", 1, BATCH))


def next_job(jobs: socket.socket) -> list[int]:
    """Two descriptors; none where the other side is gone or has long been silent."""
    with suppress(TimeoutError):
        return socket.recv_fds(jobs, 1, 2)[1]
    return []


def be_child(connection: duckdb.DuckDBPyConnection, memory_mb: int, job: int, answers: int) -> None:
    """Never returns: what is left to clean up belongs to the server."""
    code = 1
    try:
        os.dup2(job, 0)
        os.dup2(2, 1)  # whatever a library prints is no part of an answer
        line = os.fdopen(job, "rb").readline()
        with suppress(BrokenPipeError), os.fdopen(answers, "wb") as out:
            answer(connection, json.loads(line), memory_mb, out)
        code = 0
    except Exception:  # noqa: BLE001  (a front door: whoever asked is told that it failed, and the log why)
        traceback.print_exc()
    finally:
        os._exit(code)


def answer(connection: duckdb.DuckDBPyConnection, job: dict[str, Any], memory_mb: int, out: BinaryIO) -> None:
    try:
        table = run(connection, job, memory_mb)
    except LimsError as error:
        kind = "Unavailable" if isinstance(error, Unavailable) else "Invalid"
        told = {"kind": kind, "message": error.message, "hint": error.hint}
        out.write(json.dumps({"error": told}).encode() + b"\n")
        return
    out.write(json.dumps({"rows": table.num_rows}).encode() + b"\n")
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)


def run(connection: duckdb.DuckDBPyConnection, job: dict[str, Any], memory_mb: int) -> pa.Table:
    """Raises Invalid, Unavailable."""
    limit_time(job["time_s"])
    names = read_statement(connection, job["statement"])
    asker = job["principal"]
    principal = Principal(asker["name"], frozenset(asker["groups"]), asker["is_staff"])
    folder = Path(job["folder"])
    lake = publish(connection, folder, names, principal, job["base"])
    limit_memory(memory_mb)
    enclose(folder / "data")  # this thread, and those that it starts
    threading.Thread(target=end_when_nobody_waits, daemon=True).start()
    try:
        return collected(connection, job["statement"], job["rows"], job["bytes"])
    except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError) as error:
        raise Invalid(f"The statement needs more than {memory_mb} MB of memory.", hint=HINT_SMALLER) from error
    except duckdb.Error as error:
        said = sentence(str(error).replace(lake, "lake"))
        raise Invalid(said, hint="Views and columns are in docs/reference/sql.") from error


def collected(connection: duckdb.DuckDBPyConnection, statement: str, rows: int, size: int) -> pa.Table:
    """The whole answer. Raises Invalid where it is too large: a part of it would be taken for all."""
    reader = connection.execute(statement).to_arrow_reader(BATCH)
    batches: list[pa.RecordBatch] = []
    seen = held = 0
    for batch in reader:
        seen, held = seen + batch.num_rows, held + batch.nbytes
        if seen > rows:
            raise Invalid(f"The answer has more than {rows:,} rows.", hint=HINT_SMALLER)
        if held > size:
            raise Invalid(f"The answer has more than {size >> 20} MiB.", hint=HINT_SMALLER)
        batches.append(batch)
    return tidied(pa.Table.from_batches(batches, reader.schema))


def tidied(table: pa.Table) -> pa.Table:
    """Sums of whole numbers as such, where they fit, and each column under a name of its own."""
    for place, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type) and column.type.precision == 38 and column.type.scale == 0:
            with suppress(pa.ArrowInvalid):
                table = table.set_column(place, column.name, table.column(place).cast(pa.int64()))
    names: list[str] = []
    for name in table.column_names:
        free = (f"{name}_{number}" for number in range(1, len(table.column_names) + 1))
        names.append(name if name not in names else next(one for one in free if one not in names))
    return table.rename_columns(names)


def sentence(error: str) -> str:
    """DuckDB's message without the picture of where it was, in one line."""
    said = " ".join(error.partition("\n\nLINE ")[0].split())
    said = said if len(said) <= SAID else said[:SAID] + " …"
    return said if said.endswith((".", "!", "?")) else f"{said}."


def limit_time(time_s: float) -> None:
    """For the case that nobody is left to watch."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = int(time_s) + GRACE_S
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    signal.setitimer(signal.ITIMER_REAL, time_s + GRACE_S)


def limit_memory(memory_mb: int) -> None:
    """DuckDB keeps its own limit; this is for what it does not count."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    now = int(getattr(psutil.Process().memory_info(), "data", 0))  # Linux alone tells
    most = now + ((memory_mb + BESIDES_MB) << 20)
    with suppress(ValueError, OSError):  # macOS knows the limit and does not keep it
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def enclose(data: Path) -> None:
    """From here on the kernel opens nothing for this process but libraries and the lake's data, and those to read."""
    restrict(Grounds(frozenset(DEVICES), (*libraries(), os.path.realpath(data)), (), os.devnull))


def end_when_nobody_waits() -> None:
    """The other side closes our standard input, or dies, which closes it too."""
    while os.read(0, 512):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
