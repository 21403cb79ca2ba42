"""What watching a run costs: the same notebooks by plain papermill and by `lims run`, in turn; and what a replay takes.

LIMS_BENCH_SIZE says how many pairs. What is compared is the CPU of the command with all its processes, the kernel among
them; the service's own is given apart, and so is the hashing of inputs, by a few runs without it. All of them have one
BLAS thread. The notebook of HyperSpy takes about a minute of CPU; two more do nothing but open small files.
"""

import getpass
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import numpy as np
import psutil
from bench_search import connected
from report import report

from lims.facility.facility import Facility

SIZE = int(os.environ.get("LIMS_BENCH_SIZE", "3"))
UNHASHED = 3
MEDIAN_PERCENT, UPPER_PERCENT, REPLAY_RATIO = 5.0, 8.0, 1.1
FILES, SHAPE = 6, (64, 64, 1024)
SMALL_FILES, OPENS = 10_000, 10_000
RESAMPLED = 10_000
TOML = """
[facility]
name = "Benchmark"
[stores.raw]
url = "store"
[instruments.titan]
name = "Titan"
store = "raw"
prefix = ""
[access]
staff = ["bench"]
[access.os_users]
{login} = "bench"
[harvest]
poll_s = 86400.0
"""
CELLS = (
    """
import hyperspy.api as hs
import matplotlib.pyplot as plt
import numpy as np
from pathlib import Path
from scipy import ndimage
""",
    """
maps = [hs.load(path) for path in sorted(Path(store).glob("*.hspy"))]
images = [hs.load(path) for path in sorted(Path("more").glob("*.tif"))]
""",
    """
filtered = []
for one in images:
    for sigma in np.linspace(1, 6, 28):
        smooth = ndimage.gaussian_filter(one.data.astype(float), sigma)
    median = ndimage.median_filter(one.data, 5)
    filtered.append(one._deepcopy_with_new_data(smooth - median))
""",
    """
spectra = []
for one in images:
    for _ in range(170):
        turned = np.fft.fftshift(np.fft.fft2(one.data * np.hanning(one.data.shape[1])))
    spectra.append(np.log1p(np.abs(turned)))
""",
    """
np.random.seed(7)
for one in maps:
    one.change_dtype("float64")
    one.decomposition(algorithm="SVD", output_dimension=5, print_info=False)
models = [one.get_decomposition_model(5) for one in maps]
""",
    """
models[0].save("model.hspy", overwrite=True)
filtered[0].save("filtered.tif", overwrite=True)
figure, axes = plt.subplots(1, 2)
axes[0].imshow(filtered[0].data)
axes[1].imshow(spectra[0])
figure.savefig("figure.png")
""",
)
MANY_FILES = """
from pathlib import Path
total = sum(len(path.read_bytes()) for path in sorted(Path("small").iterdir()))
"""
MANY_OPENS = f"""
from pathlib import Path
few = sorted(Path("small").iterdir())[:100]
total = sum(len(few[number % 100].read_bytes()) for number in range({OPENS}))
"""
UNHASHING = """
import sys
from lims.cli.main import main
from lims.facility.running import capture
watched = capture.watched
capture.watched = lambda *what: {**watched(*what), "hash_inputs": False}
main(sys.argv[1:])
"""


@dataclass(frozen=True)
class Spent:
    """CPU seconds of a command with all its processes, and of the service meanwhile."""

    command: float
    service: float
    told: str


class Bench:
    """One facility with its service, and notebooks in one working folder."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], facility: Facility) -> None:
        self.folder, self.work, self.facility = folder / "facility", folder / "work", facility
        self.service = psutil.Process(process.pid)

    def spend(self, *command: str) -> Spent:
        """Raises CalledProcessError."""
        environment = {
            **os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
            "LIMS_FACILITY": str(self.folder), "MPLBACKEND": "agg",
        }  # fmt: skip
        before = self.of_service()
        with (self.work.parent / "told").open("w+") as told:
            asked = subprocess.Popen(
                [sys.executable, *command], cwd=self.work, env=environment, stdout=told, stderr=subprocess.STDOUT
            )
            _, status, usage = os.wait4(asked.pid, 0)
            asked.returncode = os.waitstatus_to_exitcode(status)
            told.seek(0)
            text = told.read()
        if asked.returncode:
            raise SystemExit(f"{command} failed:\n{text}")
        return Spent(usage.ru_utime + usage.ru_stime, self.of_service() - before, text)

    def of_service(self) -> float:
        its = self.service.cpu_times()
        return float(its.user + its.system + its.children_user + its.children_system)

    def plain(self, notebook: Path) -> Spent:
        output = str(self.work.parent / "executed.ipynb")
        return self.spend("-m", "papermill", "--no-progress-bar", str(notebook), output)

    def captured(self, notebook: Path) -> Spent:
        return self.spend("-m", "lims.cli.main", "run", str(notebook), "--json")

    def unhashed(self, notebook: Path) -> Spent:
        return self.spend("-c", UNHASHING, "run", str(notebook), "--json")

    def notebook(self, name: str, cells: Sequence[str]) -> Path:
        path = self.work / f"{name}.ipynb"
        first = f"store = {str(self.folder / 'store')!r}"
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one.strip()) for one in (first, *cells)])
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(made, path)
        return path


def make_data(folder: Path) -> None:
    """Maps of spectra in the store, images and small files in the working folder. Seeded."""
    import hyperspy.api as hs

    dice = np.random.default_rng(11)
    store, more, small = folder / "facility/store", folder / "work/more", folder / "work/small"
    for one in (store, more, small):
        one.mkdir(parents=True)
    for number in range(FILES):
        hs.signals.Signal1D(dice.poisson(20, SHAPE).astype("f4")).save(store / f"map{number}.hspy")
        hs.signals.Signal2D(dice.poisson(90, (1024, 1024)).astype("u2")).save(more / f"image{number}.tif")
    for number in range(SMALL_FILES):
        (small / f"{number:05}.txt").write_text(f"{number}\n" * 100)


def start_service(folder: Path) -> subprocess.Popen[bytes]:
    (folder / "facility.toml").write_text(TOML.format(login=getpass.getuser()), encoding="utf-8")
    (folder / "facility.toml").chmod(0o600)
    command = [sys.executable, "-m", "lims.cli.main", "serve"]
    return subprocess.Popen(command, env={**os.environ, "LIMS_FACILITY": str(folder)}, stderr=subprocess.DEVNULL)


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Of their median, at 95 %: by resampling the pairs, seeded."""
    dice, given = np.random.default_rng(5), np.asarray(differences)
    medians = np.median(dice.choice(given, (RESAMPLED, len(given))), axis=1)
    low, high = np.percentile(medians, (2.5, 97.5))
    return float(low), float(high)


def say(name: str, value: float, unit: str, **more: Any) -> None:
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, **more}), flush=True)


def overhead(bench: Bench, notebook: Path) -> tuple[list[bool], str, float]:
    """Also a run to be replayed, and what one without hashing takes."""
    bench.plain(notebook)  # what is compiled and cached at the first time
    pairs, last = [], ""
    for number in range(SIZE):
        # In turn, also who is first: a machine grows warm, and others come and go.
        ways = (bench.plain, bench.captured) if number % 2 else (bench.captured, bench.plain)
        spent = {way.__name__: way(notebook) for way in ways}
        plain, captured = spent["plain"], spent["captured"]
        pairs.append((plain, captured))
        last = json.loads(captured.told[captured.told.index("{") :])["run"]
        say("a pair", 100 * (captured.command / plain.command - 1), "%", plain_cpu_s=round(plain.command, 2),
            lims_cpu_s=round(captured.command, 2), service_cpu_s=round(captured.service, 2))  # fmt: skip
    unhashed = [bench.unhashed(notebook).command for _ in range(min(SIZE, UNHASHED))]
    plain_s = statistics.median(plain.command for plain, _ in pairs)
    captured_s = statistics.median(captured.command for _, captured in pairs)
    percent = [100 * (captured.command / plain.command - 1) for plain, captured in pairs]
    low, high = interval(percent)
    say("95 % interval of the overhead", low, "%", upper=round(high, 3), pairs=SIZE)
    say("hashing inputs", captured_s - statistics.median(unhashed), "CPU s")
    say("the service meanwhile", statistics.median(captured.service for _, captured in pairs), "CPU s")
    met = [
        report("lims run, more than papermill: median", statistics.median(percent), "% CPU", goal=MEDIAN_PERCENT),
        report("lims run, more than papermill: upper end", high, "% CPU", goal=UPPER_PERCENT),
        report("lims run", captured_s, "s CPU", baseline=plain_s, goal=1 + UPPER_PERCENT / 100, ratio_goal=True),
    ]
    return met, last, statistics.median(unhashed)


def replaying(bench: Bench, run: str, run_s: float) -> bool:
    took = [bench.spend("-m", "lims.cli.main", "replay", run, "--json") for _ in range(min(SIZE, UNHASHED))]
    verdicts = [one["verdict"] for one in json.loads(took[-1].told[took[-1].told.index("{") :])["outputs"]]
    say("the service during a replay", statistics.median(one.service for one in took), "CPU s", verdicts=verdicts)
    return report(
        "lims replay", statistics.median(one.command for one in took), "s CPU", baseline=run_s, goal=REPLAY_RATIO,
        ratio_goal=True,
    )  # fmt: skip


def worst(bench: Bench, name: str, cell: str) -> None:
    """No goal: nobody's notebook does nothing else. Microseconds say what one open costs."""
    notebook = bench.notebook(name.replace(" ", "-"), [cell])
    bench.plain(notebook)
    pairs = [(bench.plain(notebook), bench.captured(notebook)) for _ in range(min(SIZE, UNHASHED))]
    plain, captured = (statistics.median(pair[side].command for pair in pairs) for side in (0, 1))
    service = statistics.median(one.service for _, one in pairs)
    say(f"worst case: {name}", captured, "s CPU", baseline=round(plain, 3), ratio=round(captured / plain, 2),
        microseconds_an_open=round(1e6 * (captured - plain) / OPENS), service_cpu_s=round(service, 2))  # fmt: skip


def main() -> bool:
    with TemporaryDirectory() as made:
        folder = Path(made)
        make_data(folder)
        process = start_service(folder / "facility")
        try:
            bench = Bench(folder, process, connected(folder / "facility", process))
            wait_for_harvest(bench)
            met, run, run_s = overhead(bench, bench.notebook("minute", CELLS))
            met.append(replaying(bench, run, run_s))
            worst(bench, "one file opened again and again", MANY_OPENS)
            worst(bench, "many files opened once", MANY_FILES)
            return all(met)
        finally:
            process.terminate()
            process.wait()


def wait_for_harvest(bench: Bench) -> None:
    """The maps are known, and nothing is done in the background any more."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        before = bench.of_service()
        time.sleep(3)
        if bench.facility.search_page("", kind="dataset", limit=0).total >= FILES and bench.of_service() - before < 0.3:
            return
    raise SystemExit("The store was not read.")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
