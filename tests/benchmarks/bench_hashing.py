"""Hashing a file's bytes and an HDF5 file's content. LIMS_BENCH_SIZE: mebibytes.

"from disk": the file's pages are dropped from memory before each reading, as those of a recording are that does not fit
in it; the baseline reads the same file with h5py, in the same pieces. "from memory": they are kept; h5py then only
copies or decompresses, and no hash can keep pace with a copy, so the baseline is the slower of h5py and SHA-256 alone.
"""

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from report import report

from lims.provenance.content import byte_hash, content_hash
from lims.provenance.content.slabs import slabs

MIB = int(os.environ.get("LIMS_BENCH_SIZE", "512"))
FRAME = (512, 512)
GB_PER_S, OF_PLAIN_READ = 1.0, 0.8
ROUNDS = 5
BLOCK_BYTES = 64 << 20
STORED: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "chunked": {"chunks": (4, 128, 128)},
    "gzip": {"chunks": (4, 128, 128), "compression": "gzip"},
}


def frames() -> Any:
    """Counts of a direct electron detector: (frame, y, x), uint16, seeded."""
    count = (MIB << 20) // (2 * FRAME[0] * FRAME[1])
    return np.random.default_rng(7).poisson(3, (count, *FRAME)).astype("u2")


def written(path: Path, data: Any, stored: dict[str, Any]) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=data, **stored)
    return path


def dropped(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        if sys.platform == "linux":
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read(path: Path) -> None:
    with h5py.File(path, "r") as file:
        for _ in slabs(file["data"]):
            pass


def seconds(path: Path, is_cold: bool, *measured: Callable[[Path], object]) -> list[float]:
    """The best of some rounds of each, in turns, by the clock: that reading and hashing overlap is what is measured."""
    took: list[list[float]] = [[] for _ in measured]
    for _ in range(ROUNDS):
        for what, times in zip(measured, took, strict=True):
            if is_cold:
                dropped(path)
            begin = time.perf_counter()
            what(path)
            times.append(time.perf_counter() - begin)
    return [min(times) for times in took]


def compared(name: str, path: Path, size_gb: float, is_cold: bool) -> bool:
    plain_s, hashed_s, *sha256_s = seconds(path, is_cold, read, content_hash, *(() if is_cold else (sha256_alone,)))
    plain = size_gb / plain_s
    if sha256_s:
        plain = min(plain, BLOCK_BYTES / 1e9 / sha256_s[0])
    hashed = size_gb / hashed_s
    where = "from disk" if is_cold else "from memory"
    return report(
        f"content hash of HDF5, {name}, {where}", hashed, "GB/s", goal=OF_PLAIN_READ, baseline=plain, ratio_goal=True,
        at_least=True,
    )


def sha256_alone(_: Path) -> None:
    hashlib.sha256(bytes(BLOCK_BYTES))


def main() -> bool:
    met, data = [], frames()
    with tempfile.TemporaryDirectory() as folder:
        for name, stored in STORED.items():
            path = written(Path(folder) / f"{name}.h5", data, stored)
            if not stored:
                speed = path.stat().st_size / 1e9 / seconds(path, False, byte_hash)[0]
                met.append(report("byte hash", speed, "GB/s", goal=GB_PER_S, at_least=True))
            met += [compared(name, path, data.nbytes / 1e9, is_cold) for is_cold in (True, False)]
            path.unlink()
    return all(met)


if __name__ == "__main__":
    raise SystemExit(not main())
