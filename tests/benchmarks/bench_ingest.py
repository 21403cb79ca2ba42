"""How fast datasets come into the catalog in bulk, audited and durably, by the CPU of the whole process.

Each has 60 leaves of metadata. Beside it: DuckDB alone, given the same leaves as finished columns. LIMS_BENCH_SIZE and
LIMS_BENCH_BATCH say how many datasets in all and in one change.
"""

import os
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
from report import report
from synthetic_datasets import Read, read

from lims.catalog import Catalog, Transaction
from lims.catalog.leaves import Trees
from lims.catalog.tables import columns_of
from lims.model import SYSTEM, SessionEvent, new_id

SIZE = int(os.environ.get("LIMS_BENCH_SIZE", "100000"))
BATCH = int(os.environ.get("LIMS_BENCH_BATCH", "10000"))
NOTES = 40
MEMORY = "SELECT sum(memory_usage_bytes) FROM duckdb_memory()"


@dataclass
class Spent:
    cpu_s: float
    wall_s: float


STARTS = range(0, SIZE, BATCH)


@dataclass
class Outside:
    """What is spent on thinking up datasets, which is not what is measured."""

    cpu_s: float = 0.0
    wall_s: float = 0.0

    def batch(self, start: int) -> list[Read]:
        cpu, wall = time.thread_time(), time.monotonic()
        batch = [read(number) for number in range(start, min(start + BATCH, SIZE))]
        self.cpu_s += time.thread_time() - cpu
        self.wall_s += time.monotonic() - wall
        return batch


def put(change: Transaction, batch: list[Read]) -> None:
    """What the harvest does with datasets that it has read."""
    change.put_all([one.dataset for one in batch], action="dataset.read")
    change.put_all([step for one in batch for step in one.steps], action="harvest.read")
    for one in batch:
        change.put_extraction(one.dataset.id, one.extraction)


def ingest(catalog: Catalog) -> Spent:
    """Datasets are thought up within the change: so there is no pause, in which upkeep would come between."""
    outside, cpu, wall = Outside(), time.process_time(), time.monotonic()
    for start in STARTS:
        catalog.write(lambda change, start=start: put(change, outside.batch(start)), by=SYSTEM)  # type: ignore[misc]
    return Spent(time.process_time() - cpu - outside.cpu_s, time.monotonic() - wall - outside.wall_s)


def plain_duckdb_cpu_s(file: Path) -> float:
    """The leaves alone, into a table without order, history or anything else."""
    cpu = 0.0
    with duckdb.connect(file) as connection:
        connection.execute("CREATE TABLE leaf (path BIGINT, doc BIGINT, text VARCHAR, number DOUBLE)")
        for start in STARTS:
            trees = Trees()
            for doc, one in enumerate(Outside().batch(start), start):
                trees.add(doc, one.extraction.metadata)
            codes = {place: code for code, place in enumerate(trees.places)}
            named = zip(columns_of("leaf"), trees.columns(codes), strict=True)
            columns = {name: list(column) for (name, _), column in named}
            connection.register("leaves", pa.table(columns))
            before = time.process_time()
            connection.execute("INSERT INTO leaf FROM leaves")
            connection.execute("CHECKPOINT")
            cpu += time.process_time() - before
    return cpu


def note_ms(catalog: Catalog) -> float:
    """A person's note on a session: a change by itself, on the disk when it returns."""
    taken = []
    for _ in range(NOTES):
        event = SessionEvent(new_id("event"), "ses-0000000000", "note", read(0).dataset.modified, "ada", "less drift")
        began = time.perf_counter()
        catalog.write(lambda change, event=event: change.put(event, action="session.note"), by=SYSTEM)  # type: ignore[misc]
        taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)


def upkeep_cpu_s(catalog: Catalog) -> float:
    before = time.process_time()
    catalog.maintain()
    return time.process_time() - before


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> bool:
    with TemporaryDirectory() as folder:
        place = Path(folder)
        with Catalog.open(place / "catalog", extensions=place / "extensions") as catalog:
            note_in_empty = note_ms(catalog)
            spent = ingest(catalog)
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            on_disk = bytes_in(place / "catalog") / SIZE
            in_memory = catalog._connection.cursor().execute(MEMORY).fetchall()[0][0] / SIZE
            note_in_full = note_ms(catalog)
            upkeep = upkeep_cpu_s(catalog)
            if catalog.view(SYSTEM).search("", kind="dataset").total != SIZE:
                raise SystemExit("Not every dataset is there.")
        plain = plain_duckdb_cpu_s(place / "plain.duckdb")
    name = "datasets into the catalog"
    return all(
        [
            report(name, SIZE / spent.cpu_s, "a CPU s", goal=5000, baseline=SIZE / plain, at_least=True),
            report(f"{name}, by the clock", SIZE / spent.wall_s, "a s", goal=1000, at_least=True),
            report(f"{name}, peak memory", peak_mb, "MB", goal=8000),
            report("a dataset on the disk", on_disk, "bytes", goal=3000),
            report("a dataset in the tables in memory", in_memory, "bytes", goal=4000),
            report("upkeep after them", 1e6 * upkeep / SIZE, "µs CPU a dataset", goal=300),
            report("a note beside them", note_in_full, "ms", goal=2.0, baseline=note_in_empty, ratio_goal=True),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
