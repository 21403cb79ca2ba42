"""What an import costs beside a copy that is synced: many small files and a large one, here and through a service."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from report import report

from lims.facility.facility import Facility
from lims.facility.imports.importing import Wish, planned, send
from lims.facility.local import LocalFacility
from lims.facility.served import served
from lims.importing import open_source
from lims.settings.template import facility_toml

SMALL_FILES = int(os.environ.get("SIZE", "300"))
LARGE_BYTES = 512 << 20
SAMPLE = "file {number}\n"


def sources(folder: Path) -> dict[str, Path]:
    small, large = folder / "small", folder / "large"
    for one in (small, large):
        one.mkdir()
    for number in range(SMALL_FILES):
        (small / f"{number}.txt").write_text(SAMPLE.format(number=number))
    with (large / "scan.raw").open("wb") as file:
        for _ in range(LARGE_BYTES >> 20):
            file.write(os.urandom(1 << 20))
    return {"small": small, "large": large}


def copied_s(source: Path, target: Path) -> float:
    """As a careful script does it: copy, keep the time, sync the file."""
    begin = time.perf_counter()
    target.mkdir()
    for one in source.iterdir():
        shutil.copy2(one, target / one.name)
        with (target / one.name).open("rb") as file:
            os.fsync(file.fileno())
    return time.perf_counter() - begin


def sent_s(facility: Facility, path: Path, project: str) -> float:
    begin = time.perf_counter()
    with open_source(path) as source:
        wish = Wish(project)
        sent = send(facility, source, wish, planned(facility, source, wish), lambda state: None)
    if sent.refused:
        raise SystemExit(f"refused: {sent.refused}")
    return time.perf_counter() - begin


def figures(
    found: dict[str, Path], where: str, send_it: Callable[[Path], float], copied: dict[str, float], goal_ms: float
) -> bool:
    small, large = send_it(found["small"]), send_it(found["large"])
    per_file, by_copy = 1000 * small / SMALL_FILES, 1000 * copied["small"] / SMALL_FILES
    rate = [
        report(f"import.{where}.small_file", per_file, "ms", baseline=by_copy, goal=goal_ms),
        report(f"import.{where}.large_file", large, "s", baseline=copied["large"], goal=6.0, ratio_goal=True),
    ]
    return all(rate)


def main() -> bool:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        found = sources(folder)
        copied = {name: copied_s(path, folder / f"copy of {name}") for name, path in found.items()}
        place = folder / "facility"
        place.mkdir()
        (place / "facility.toml").write_text(facility_toml("Bench", "UTC", []))
        with LocalFacility(place) as facility:
            is_met = figures(found, "here", lambda path: sent_s(facility, path, "here"), copied, 25.0)
        with served(place) as (facility, _):
            return figures(found, "service", lambda path: sent_s(facility, path, "service"), copied, 25.0) and is_met


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
