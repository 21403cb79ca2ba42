"""run.py [NAME] [--size N]: every benchmark, or one (bench_NAME.py).

One JSON object a line; exit 1 where a goal is missed.

A benchmark is a function `main() -> bool`; LIMS_BENCH_SIZE tells it the size where that means something.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
ALL = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="?", choices=ALL)
    parser.add_argument("--size", type=int)
    asked = parser.parse_args()
    if asked.size:
        os.environ["LIMS_BENCH_SIZE"] = str(asked.size)
    sys.path.insert(0, str(HERE))
    met = [importlib.import_module(f"bench_{name}").main() for name in ([asked.name] if asked.name else ALL)]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
