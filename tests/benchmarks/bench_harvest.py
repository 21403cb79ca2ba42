"""What a harvest does in a second: all real samples into a fresh facility, with checksums and pictures.

Each harvest has a process of its own, whose readers (and workers) are there before it is timed, as in a service. Beside
it stands what a script does: HyperSpy's load and matplotlib's picture of the same files, those it can read.

The goal of files a second is for ordinary formats: those of which RosettaSciIO reads a file in 50 ms of CPU, which all
do but .emd and .elid. Both are given, with those two and without.

Samples: $LIMS_SAMPLE_DATA, else ../shared/data beside the project. Dask is measured where `distributed` is installed.
"""

import getpass
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from bench_extract import groups, samples
from report import report

from lims.extractors.preloading import SPECTRUM
from lims.facility.local import LocalFacility
from lims.harvest.sharding import SHARD_FILES

SLOW = ("*.emd", "*.elid")
LOOK_S = 0.2
GIB = 1 << 30
TOML = """
[facility]
name = "Benchmark"
[stores.raw]
url = "{samples}"
[stores.warm]
url = "{warm}"
[instruments.vendors]
name = "All vendors"
store = "raw"
prefix = "vendor/"
ignore = {ignore}
[instruments.titan]
name = "One microscope"
store = "raw"
prefix = "store/"
ignore = {ignore}
[instruments.warm]
name = "What is read before the clock starts"
store = "warm"
prefix = ""
[access]
staff = ["bench"]
[access.os_users]
{login} = "bench"
[harvest]
"""
ON_DASK = 'engine = "dask"\n[harvest.dask]\nworkers = 2\n'
BY_SCRIPT = """
import sys, warnings, json, time, logging
warnings.simplefilter("ignore")
import hyperspy.api as hs, matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
hs.set_log_level("CRITICAL")
begin, read = time.monotonic(), 0
for path in sys.stdin.read().splitlines():
    try:
        loaded = hs.load(path)
        data = (loaded[0] if isinstance(loaded, list) else loaded).data
        while data.ndim > 2:
            data = data[len(data) // 2]
        figure = plt.figure(figsize=(2.56, 2.56), dpi=100)
        (plt.imshow if data.ndim == 2 else plt.plot)(data)
        figure.savefig(sys.argv[1])
        plt.close(figure)
        read += 1
    except Exception:
        plt.close("all")
print(json.dumps([read, time.monotonic() - begin]))
"""


@dataclass(frozen=True)
class Harvested:
    files: int
    seconds: float
    cpu_s: float
    peak_bytes: int

    @property
    def files_per_s(self) -> float:
        return self.files / self.seconds


def harvested(workers: int, engine: str = "", ignore: Sequence[str] = ()) -> Harvested:
    """In a process of its own, whose memory is watched with that of all it starts."""
    command = [sys.executable, __file__, str(workers), engine, *ignore]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory_of(psutil.Process(process.pid)))
            time.sleep(LOOK_S)
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
    return Harvested(told["files"], told["seconds"], told["cpu_s"], peak)


def memory_of(process: psutil.Process) -> int:
    """Pages that several share are counted once."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_full_info().pss
    except psutil.Error:
        return total
    return total


def harvest_here(workers: int, engine: str, ignore: Sequence[str] = ()) -> dict[str, Any]:
    with TemporaryDirectory() as place:
        folder, warm = Path(place) / "facility", Path(place) / "warm"
        folder.mkdir()
        warm.mkdir()
        for number in range(2 * workers * SHARD_FILES):  # some for each Dask process
            (warm / f"{number}.msa").write_text(SPECTRUM.replace("rehearsal", f"{number}"), encoding="ascii")
        toml = TOML.format(samples=samples().resolve(), warm=warm, login=getpass.getuser(), ignore=list(ignore))
        (folder / "facility.toml").write_text(toml + "settle_s = 0\n" + engine)
        with LocalFacility(folder) as facility:
            facility.harvest(path="warm:", workers=workers)
            begin, cpu_s = time.monotonic(), cpu_s_of_all()
            found = facility.harvest(all=True, workers=workers)
            seconds, cpu_s = time.monotonic() - begin, cpu_s_of_all() - cpu_s
    return {"files": found["registered"], "seconds": seconds, "cpu_s": cpu_s}


def cpu_s_of_all() -> float:
    """Of this process and of those it has started, with their children that have ended."""
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:4]) for one in (me, *me.children(recursive=True)))


def by_script() -> float:
    """Files a second of HyperSpy and matplotlib, of those that they can read."""
    paths = "\n".join(str(samples() / one.main) for one in groups(samples()))
    with TemporaryDirectory() as place:
        command = [sys.executable, "-c", BY_SCRIPT, f"{place}/thumbnail.png"]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        done = subprocess.run(command, input=paths, text=True, check=True, **quiet)
    read, seconds = json.loads(done.stdout.splitlines()[-1])
    return float(read / seconds)


def main() -> bool:
    ordinary, one, two = harvested(1, ignore=SLOW), harvested(1), harvested(2)
    name = "harvest, one worker"
    met = [
        report(f"{name}, ordinary formats", ordinary.files_per_s, "files/s", goal=20, at_least=True),
        report(f"{name}, all formats", one.files_per_s, "files/s", goal=20, at_least=True, baseline=by_script()),
        report(f"{name}: CPU of all processes", 1000 * one.cpu_s / one.files, "ms/file", goal=70),
        report("harvest, peak memory of all processes", max(one.peak_bytes, two.peak_bytes) / GIB, "GiB", goal=1),
        report(
            "harvest, two workers beside one", two.files_per_s, "files/s",
            goal=1.7, at_least=True, baseline=one.files_per_s, ratio_goal=True,
        ),
    ]
    if find_spec("distributed") is not None:
        dask = harvested(2, ON_DASK)
        name = "harvest, two Dask processes beside two workers"
        met.append(report(name, dask.seconds, "s", goal=1.15, baseline=two.seconds, ratio_goal=True))
    return all(met)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(harvest_here(int(sys.argv[1]), sys.argv[2], sys.argv[3:])))
    else:
        sys.exit(0 if main() else 1)
