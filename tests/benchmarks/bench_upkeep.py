"""How long somebody who writes waits at most while the catalog's upkeep runs, on a large catalog that needs some.

Beside it the same notes without upkeep. LIMS_BENCH_SIZE says how many files; LIMS_BENCH_CATALOG names a facility's
folder with such a catalog, of which a copy is used.
"""

import os
import shutil
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from report import report
from synthetic_facility import BATCH, batches, build, put

from lims.catalog import Catalog
from lims.model import SYSTEM, SessionEvent, new_id

SIZE = int(os.environ.get("LIMS_BENCH_SIZE", "20000"))
BETWEEN_S = 0.02
SMALL = 40
"""So many datasets in a change lie in the SQLite catalog, and in files of their leaves and words."""


def prepared(folder: Path) -> Path:
    kept = os.environ.get("LIMS_BENCH_CATALOG")
    if kept:
        shutil.copytree(Path(kept) / "catalog", folder / "catalog")
    else:
        build(folder, SIZE)
    return folder


def add_what_needs_upkeep(catalog: Catalog) -> None:
    """A large import, and then a hundred small harvests."""
    things, files = next(batches(BATCH + 100 * SMALL))
    new = [(replace(one, key=f"more/{one.key}"), extraction) for one, extraction in files]
    catalog.write(lambda change: put(change, things, new[: -100 * SMALL]), by=SYSTEM)
    for start in range(len(new) - 100 * SMALL, len(new), SMALL):
        part = new[start : start + SMALL]
        catalog.write(lambda change, part=part: put(change, [], part), by=SYSTEM)  # type: ignore[misc]


class Writer(threading.Thread):
    """Notes, one after the other, each with what it has waited."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(daemon=True)
        self.waited: list[float] = []
        self._catalog = catalog
        self._enough = threading.Event()

    def run(self) -> None:
        while not self._enough.wait(BETWEEN_S):
            event = SessionEvent(new_id("event"), "ses-0000000000", "note", NOW, "ada", "less drift")
            began = time.perf_counter()
            self._catalog.write(lambda change, event=event: change.put(event, action="session.note"), by=SYSTEM)  # type: ignore[misc]
            self.waited.append(time.perf_counter() - began)

    def stop(self) -> list[float]:
        self._enough.set()
        self.join()
        return sorted(self.waited)


NOW = next(batches(1))[1][0][0].modified


def main() -> bool:
    with TemporaryDirectory() as folder:
        place = prepared(Path(folder))
        with Catalog.open(place / "catalog", extensions=place / "extensions") as catalog:
            add_what_needs_upkeep(catalog)
            writer = Writer(catalog)
            writer.start()
            time.sleep(3)
            alone = writer.stop()
            writer = Writer(catalog)
            writer.start()
            began = time.perf_counter()
            catalog.maintain()
            took = time.perf_counter() - began
            beside = writer.stop()
    name = "a note while upkeep runs"
    return all(
        [
            report(f"{name}: the longest wait", 1000 * beside[-1], "ms", goal=1000, baseline=1000 * alone[-1]),
            report(f"{name}: p95", 1000 * beside[int(0.95 * len(beside))], "ms", goal=500),
            report(f"{name}: how many", len(beside), "notes", goal=1, at_least=True),
            report("all of the upkeep, with notes between its steps", took, "s", goal=120),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
