"""What reading a file costs: one from a cold shell, and each of many once the readers are loaded.

Samples: $LIMS_SAMPLE_DATA, else ../shared/data beside the project.
"""

import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from report import cpu_seconds, report

from lims.extractors import Pool, PreviewTarget
from lims.extractors.companions import Group, group_companions

RUNS = 5
ONE = "vendor/dm3/test_STEM_image.dm3"
ORDINARY_BYTES = 64 << 20
HYPERSPY = "import sys, hyperspy.api as hs; hs.load(sys.argv[1])"
"""How a script does it that knows nothing better: a fresh process, HyperSpy, the whole file."""


def samples() -> Path:
    return Path(os.environ.get("LIMS_SAMPLE_DATA", Path(__file__).parents[3] / "shared" / "data"))


def groups(root: Path) -> Iterator[Group]:
    """The datasets of each vendor's folder, keys from `root`."""
    for folder in sorted(path for path in (root / "vendor").iterdir() if path.is_dir()):
        keys = [str(file.relative_to(root)) for file in folder.rglob("*") if file.is_file()]
        yield from group_companions(keys)


def warm_cpu_s(root: Path, *, draws: bool) -> list[float]:
    """CPU of each dataset's child, of those that are read, in rising order.

    The first file is not counted: it waits for the fork server.
    """
    with TemporaryDirectory() as folder, Pool() as pool:
        target = PreviewTarget(Path(folder) / "large.webp", Path(folder) / "thumb.webp") if draws else None
        pool.run(root / ONE)
        ordinary = [group for group in groups(root) if (root / group.main).stat().st_size < ORDINARY_BYTES]
        outcomes = [
            pool.run(root / one.main, [root / key for key in one.companions], preview=target) for one in ordinary
        ]
    return sorted(one.cost.cpu_s for one in outcomes if one.cost is not None and one.extraction is not None)


def median_ms(seconds: list[float]) -> float:
    return 1000 * statistics.median(seconds)


def most_ms(seconds: list[float]) -> float:
    """Of 95 of 100 files; seconds: in rising order."""
    return 1000 * seconds[int(0.95 * len(seconds))]


def main() -> bool:
    path = str(samples() / ONE)
    lims = str(Path(sys.executable).with_name("lims"))
    warm, drawn = (warm_cpu_s(samples(), draws=draws) for draws in (False, True))
    empty = statistics.median(cpu_seconds([sys.executable, "-c", "pass"]) for _ in range(RUNS))
    naive = statistics.median(cpu_seconds([sys.executable, "-c", HYPERSPY, path]) for _ in range(3))
    cold = statistics.median(cpu_seconds([lims, "extract", path, "--json"]) for _ in range(RUNS))
    return all(
        [
            report("lims extract, above an empty Python", cold, "s CPU", goal=1.2, baseline=empty),
            report("lims extract, beside HyperSpy", cold, "s CPU", goal=1.0, baseline=naive, ratio_goal=True),
            report("one more file, median", median_ms(warm), "ms CPU", goal=40),
            report("one more file, 95 of 100", most_ms(warm), "ms CPU", goal=250),
            report("one more file with its pictures, median", median_ms(drawn), "ms CPU", goal=80),
            report("one more file with its pictures, 95 of 100", most_ms(drawn), "ms CPU", goal=250),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
