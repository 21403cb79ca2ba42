"""What the metadata and axes of a recording of 4 GiB cost from a cold shell, and of one of 1 TiB.

The frames are holes, so the disk needs no room: what is measured is what is read to know what is there.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import big_files
from report import report

CPU_S, RSS_MIB = 1.0, 450
TIB_FRAMES = 1 << 14
TIB_SIDE = 8192
"""16384 frames of 8192 × 8192 bytes."""
TIB_SCAN = 4096

RECORDINGS: tuple[tuple[str, int, Callable[[Path], Path]], ...] = (
    ("4 GiB mrc", 4 << 30, lambda folder: big_files.mrc(folder, 256 * 256)),
    ("4 GiB mib", 4 << 30, lambda folder: big_files.mib(folder, 64 * 64, 1024)),
    ("4 GiB blo", 4 << 30, lambda folder: big_files.blo(folder, 256)),
    ("4 GiB hspy", 4 << 30, big_files.hspy),
    ("4 GiB zspy", 4 << 30, big_files.zspy),
    ("1 TiB mrc", 1 << 40, lambda folder: big_files.mrc(folder, TIB_FRAMES, TIB_SIDE)),
    ("1 TiB mib", 1 << 40, lambda folder: big_files.mib(folder, TIB_FRAMES, TIB_SIDE)),
    ("1 TiB blo", 1 << 40, lambda folder: big_files.blo(folder, TIB_SCAN)),
)


def described(path: Path) -> tuple[int, float, float]:
    """(bytes of the arrays that are described, CPU seconds, peak MiB) of `lims extract`, all its processes together."""
    lims = str(Path(sys.executable).with_name("lims"))
    asked = subprocess.Popen([lims, "extract", str(path), "--json"], stdout=subprocess.PIPE)
    assert asked.stdout is not None
    document = json.loads(asked.stdout.read())
    _, status, usage = os.wait4(asked.pid, 0)
    asked.returncode = status
    sizes = [size_of(signal["shape"]) for signal in document["signals"]]
    return sum(sizes), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def size_of(shape: list[int]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


def main() -> bool:
    met = []
    for name, least, make in RECORDINGS:
        with tempfile.TemporaryDirectory() as folder:
            size, cpu_s, rss_mib = described(make(Path(folder)))
        met += [
            report(f"{name}: metadata and axes", cpu_s, "s CPU", goal=CPU_S),
            report(f"{name}: metadata and axes, peak", rss_mib, "MiB", goal=RSS_MIB),
            report(f"{name}: values not described", float(max(0, least - size)), "bytes", goal=0),
        ]
    return all(met)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
