"""How soon all results of a search are in Python as one table, over HTTP, against a loop over their pages.

LIMS_BENCH_SIZE says how many files; LIMS_BENCH_CATALOG where their facility is kept, so that it is made only once.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench_search import PERSON, SIZE, connected, peak_mb, service
from report import report
from synthetic_facility import build

from lims.facility.facility import Facility

ALIKE = 3
"""So often each is measured; the quickest counts."""
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
    loop = quickest(lambda: [one.id for one in facility.search(kind="dataset")])
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
            met = measure(facility)
            met.append(report("peak memory of the service", peak_mb(process), "MB", goal=2048))
        finally:
            process.terminate()
            process.wait()
        return all(met)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
