"""How soon a new file is registered once it is quiet, on a disk that tells of new files; it is polled in an hour."""

import statistics
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from report import report

from lims.catalog import Catalog
from lims.extractors import Pool
from lims.harvest import Harvester
from lims.model import SYSTEM
from lims.settings import load_settings
from lims.stores import open_stores

FILES = 10
SETTLE_S = 0.5
POLL_S = 2.0
"""Of an ordinary facility: the most that polling takes for an open session."""
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
poll_s = 3600.0
settle_s = {settle_s}
"""


def delay_s(harvester: Harvester, folder: Path, number: int) -> float:
    """From being quiet to being in the catalog, where no other file is just being read."""
    while harvester.status()["running"] or harvester.status()["pending"]:
        time.sleep(0.1)
    key = f"Titan_TEM/{number}.txt"
    (folder / "store" / key).write_text("data\n")
    quiet = time.monotonic() + SETTLE_S
    while harvester.catalog.view(SYSTEM).dataset_at("raw", key) is None:
        time.sleep(0.01)
    return time.monotonic() - quiet


def main() -> bool:
    with TemporaryDirectory() as place, Pool() as pool:
        folder = Path(place)
        (folder / "facility.toml").write_text(TOML.format(settle_s=SETTLE_S), encoding="utf-8")
        for inner in ("previews", "store/Titan_TEM"):
            (folder / inner).mkdir(parents=True)
        settings = load_settings(folder)
        with Catalog.open(folder / "catalog", extensions=folder / "extensions") as catalog:
            instruments = settings.instrument_list()
            catalog.write(lambda change: change.put_all(instruments, action="instrument.configure"), by=SYSTEM)
            harvester = Harvester(catalog, open_stores(settings), settings, folder / "previews", pool)
            return measure(harvester, folder)


def measure(harvester: Harvester, folder: Path) -> bool:
    stop = threading.Event()
    thread = threading.Thread(target=harvester.run_forever, args=(stop,))
    thread.start()
    while "last_pass" not in harvester.status():
        time.sleep(0.1)
    delay_s(harvester, folder, 0)  # the first one waits for the readers to start
    delays = [delay_s(harvester, folder, number) for number in range(1, FILES + 1)]
    stop.set()
    thread.join()
    return all(
        [
            report("from quiet to registered, median", statistics.median(delays), "s", goal=1, baseline=POLL_S),
            report("from quiet to registered, the latest", max(delays), "s", goal=1, baseline=POLL_S),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
