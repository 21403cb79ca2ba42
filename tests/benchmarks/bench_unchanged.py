"""A pass over a store in which nothing has changed, of LIMS_BENCH_SIZE files (100,000), beside a bare walk of the tree.

The files are found by the harvest's own first look and registered with its own rows and steps, in larger transactions;
in place of reading them, which bench_harvest.py measures, the rows are marked as read from the start.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from report import report

from lims.catalog import Catalog
from lims.extractors import Pool
from lims.harvest import Harvester
from lims.harvest.finding import compare, sorted_out
from lims.harvest.registering import batches, new_row, put_new
from lims.harvest.scope import Scope
from lims.model import SYSTEM
from lims.settings import load_settings
from lims.stores import open_stores

SIZE = int(os.environ.get("LIMS_BENCH_SIZE", "100000"))
IN_A_FOLDER = 500
BATCH = 5000
LONG_AGO = 1_542_132_000
TOML = """
[facility]
name = "Benchmark"
[stores.raw]
url = "store"
[instruments.titan]
name = "Titan TEM"
store = "raw"
prefix = "Titan_TEM/"
[harvest]
ignore = ["scratch/", "*.autosave"]
"""


def grow(store: Path) -> None:
    """SIZE small files in folders by day; every tenth comes with a companion."""
    for number in range(SIZE):
        folder = store / "Titan_TEM" / f"day_{number // IN_A_FOLDER:05}"
        if number % IN_A_FOLDER == 0:
            folder.mkdir(parents=True)
        ending = {0: "rpl", 1: "raw"}.get(number % 10, "dm3")
        path = folder / f"image_{number - number % 10 if ending != 'dm3' else number:06}.{ending}"
        path.write_bytes(b"x" * (number % 100))
        os.utime(path, (LONG_AGO + number, LONG_AGO + number))


def walk(store: Path) -> int:
    found = 0
    for folder, _, names in os.walk(store):
        for name in names:
            os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 — the baseline does no more than it must
            found += 1
    return found


def register(harvester: Harvester) -> None:
    grounds = harvester.tools.all_grounds
    listing = harvester.tools.stores["raw"].look(grounds[0].prefix)
    new = compare(sorted_out(listing, grounds, {}), {}, {}).new
    rows = [replace(new_row(found), status="extracted", sha256="0" * 64) for found in new]
    for part in batches(rows, BATCH):
        harvester.catalog.write(lambda change, part=part: put_new(change, part), by=SYSTEM)  # type: ignore[misc]


def timed(do: Callable[[], object]) -> tuple[float, float]:
    """(wall, CPU seconds)."""
    wall, cpu = time.perf_counter(), time.process_time()
    do()
    return time.perf_counter() - wall, time.process_time() - cpu


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)


def main() -> bool:
    with TemporaryDirectory() as place, Pool() as pool:
        folder = Path(place)
        (folder / "facility.toml").write_text(TOML, encoding="utf-8")
        (folder / "previews").mkdir()
        grow(folder / "store")
        settings = load_settings(folder)
        with Catalog.open(folder / "catalog", extensions=folder / "extensions") as catalog:
            instruments = settings.instrument_list()
            catalog.write(lambda change: change.put_all(instruments, action="instrument.configure"), by=SYSTEM)
            harvester = Harvester(catalog, open_stores(settings), settings, folder / "previews", pool)
            register(harvester)
            catalog.maintain()
            return measure(harvester, folder / "store")


def measure(harvester: Harvester, store: Path) -> bool:
    before, peak_before = harvester.catalog.snapshot(), peak_mb()
    bare, _ = min(timed(lambda: walk(store)) for _ in range(3))
    scope = Scope(harvester.tools.all_grounds, with_derived=True)
    first = timed(lambda: harvester.run_pass(scope, None, lambda _: None))
    again = min(timed(lambda: harvester.run_pass(scope, None, lambda _: None)) for _ in range(3))
    commits = harvester.catalog.snapshot() - before
    return all(
        [
            report("first pass over an unchanged store", first[0], "s", goal=10, baseline=bare),
            report("first pass over an unchanged store, CPU", first[1], "s CPU", goal=10),
            report("each further pass", again[0], "s", goal=10, baseline=bare),
            report("each further pass, CPU", again[1], "s CPU", goal=10),
            report("what it writes into the catalog", commits, "commits", goal=0),
            report("peak of memory that the passes add", peak_mb() - peak_before, "MB", goal=500, baseline=peak_before),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
