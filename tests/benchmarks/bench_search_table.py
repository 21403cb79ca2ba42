"""How soon all results of a search are in Python as one table, over HTTP, against a loop over their pages.

LIMS_BENCH_SIZE says how many files; LIMS_BENCH_CATALOG where their facility is kept, so that it is made only once.
"""

import os
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench_search import PERSON, SIZE, connected, peak_mb, service
from report import report
from synthetic_facility import build

from lims.facility.facility import Facility

ALIKE = 3
"""So often each table is made; the quickest counts."""
LOOPED = 10_000
"""So many results are looped over; later pages take no less time, so that all are as many times as long."""
SECONDS_A_MILLION = 6.0
PATH = "Actual_Magnification"


def quickest(what: Callable[[], Any]) -> float:
    taken = []
    for _ in range(ALIKE):
        began = time.perf_counter()
        what()
        taken.append(time.perf_counter() - began)
    return min(taken)


def measure(facility: Facility) -> list[bool]:
    """goal: of a small facility, a tenth of a second is what a question takes at all."""
    total = len(facility.search(kind="dataset"))
    began = time.perf_counter()
    looped = sum(1 for _ in islice(facility.search(kind="dataset"), LOOPED))
    loop = (time.perf_counter() - began) * total / looped
    goal = max(0.2, SECONDS_A_MILLION * total / 1_000_000)
    met = []
    columns: tuple[tuple[str, list[str] | None], ...] = (
        ("the usual columns", None),
        ("a vendor's path", ["id", PATH]),
        ("a normalised value", ["id", "voltage"]),
    )
    for name, asked in columns:
        taken = quickest(lambda asked=asked: facility.search(kind="dataset").to_arrow(asked))  # type: ignore[misc]
        met.append(report(f"{name} of {total} results as a table", taken, "s", goal=goal, baseline=loop))
    answer = facility.ask("search_table", {"kind": "dataset"})
    met.append(report("bytes a result of the usual columns", len(answer.data) / total, "B", goal=60))
    return met


def main() -> bool:
    with TemporaryDirectory() as made:
        folder = Path(os.environ.get("LIMS_BENCH_CATALOG") or made)
        if not (folder / "catalog").exists():
            build(folder, SIZE)
        process = service(folder, PERSON, is_staff=True)
        try:
            facility = connected(folder, process)
            facility.search_page("", limit=1)
            before = peak_mb(process)
            met = measure(facility)
            met.append(report("memory that the tables took in the service", peak_mb(process) - before, "MB", goal=500))
        finally:
            process.terminate()
            process.wait()
        return all(met)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
