"""How much CPU the command line and the package take before they do anything."""

import statistics
import subprocess
import sys
from pathlib import Path

from report import cpu_seconds, report

RUNS = 7
HEAVY = ("hyperspy", "papermill", "duckdb", "pandas", "matplotlib")


def main() -> bool:
    lims = str(Path(sys.executable).with_name("lims"))
    empty = statistics.median(cpu_seconds([sys.executable, "-c", "pass"]) for _ in range(RUNS))
    told = statistics.median(cpu_seconds([lims, "--help"]) for _ in range(RUNS))
    imported = statistics.median(cpu_seconds([sys.executable, "-c", "import lims"]) for _ in range(RUNS))
    widgets = statistics.median(cpu_seconds([sys.executable, "-c", "import lims.jupyter.widgets"]) for _ in range(RUNS))
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, lims; print(sum(name in sys.modules for name in {HEAVY}))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return all(
        [
            report("lims --help", told, "s CPU", goal=0.3, baseline=empty),
            report("import lims", imported, "s CPU", goal=0.15, baseline=empty),
            report("import lims.jupyter.widgets", widgets, "s CPU", goal=0.4, baseline=empty),
            report("heavy modules loaded by import lims", float(loaded.stdout), "modules", goal=0),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
