"""From the click to the first records painted, against a stock Voilà page with an empty notebook in a second server."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import nbformat
from playwright.sync_api import BrowserContext, sync_playwright

sys.path.append(str(Path(__file__).parents[2]))  # behind the installed package

from report import report

from tests.browser import launch

PAIRS = 7
REFILL_S = 8.0  # longer than the server waits before it warms the next kernel
TOKEN = "benchmark"
START_S = 60.0
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
EMPTY = "import ipywidgets\nipywidgets.Button(description='ready')"


@contextmanager
def server(folder: Path, port: int, *, lims: bool, facility: Path) -> Iterator[str]:
    """A Jupyter server of the same configuration, with or without our extension."""
    extensions = {"voila.server_extension": not lims, "lims.jupyter.server": lims, "jupyterlab": True}
    config = folder / "config.json"
    config.write_text(
        json.dumps(
            {
                "ServerApp": {
                    "port": port,
                    "port_retries": 0,
                    "open_browser": False,
                    "allow_root": True,
                    "root_dir": str(folder),
                    "jpserver_extensions": extensions,
                },
                "IdentityProvider": {"token": TOKEN},
            }
        )
    )
    command = [sys.executable, "-m", "jupyter_server", f"--config={config}"]
    environment = {**os.environ, "LIMS_FACILITY": str(facility)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}")
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


def wait_for(address: str) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            urlopen(address, timeout=2).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def visit(context: BrowserContext, address: str, painted: str) -> tuple[float, float, list[str]]:
    """Milliseconds to what `painted` (JavaScript) waits for, to the first paint, and requests to other addresses."""
    page = context.new_page()
    strays: list[str] = []
    page.on("request", lambda request: note_stray(strays, request.url))
    page.goto(address, wait_until="commit")
    handle = page.wait_for_function(painted, timeout=60_000)
    value = float(handle.json_value())
    first = page.evaluate("() => performance.getEntriesByName('first-paint')[0].startTime")
    page.close(run_before_unload=True)
    return value, float(first), strays


def note_stray(strays: list[str], url: str) -> None:
    if not url.startswith(("http://127.0.0.1", "data:", "blob:", "about:")):
        strays.append(url)


OURS = "() => performance.getEntriesByName('lims:painted')[0]?.startTime"
STOCK = """() => [...document.querySelectorAll('button')].some(
    one => one.textContent.includes('ready') && one.checkVisibility({visibilityProperty: true})) && performance.now()"""


def main() -> bool:
    lims = str(Path(sys.executable).with_name("lims"))
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        facility = Path(os.environ.get("LIMS_BENCH_FACILITY") or Path(home) / "facility")
        if not facility.exists():
            subprocess.run([lims, "init", str(facility), "--demo"], check=True, stderr=subprocess.DEVNULL)
        ours, stock = Path(home) / "ours", Path(home) / "stock"
        ours.mkdir()
        stock.mkdir()
        empty = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(EMPTY)])
        nbformat.write(empty, stock / "empty.ipynb")
        with (
            server(ours, 18931, lims=True, facility=facility) as a,
            server(stock, 18932, lims=False, facility=facility) as b,
        ):
            browser = launch(playwright, NOWHERE)
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            pages = [
                (f"{a}lims/dashboards/records?token={TOKEN}", OURS),
                (f"{b}voila/render/empty.ipynb?token={TOKEN}", STOCK),
            ]
            for address, painted in pages:
                visit(context, address, painted)
            rounds = []
            for _ in range(PAIRS):
                time.sleep(REFILL_S)
                rounds.append([visit(context, address, painted) for address, painted in pages])
            browser.close()
    return told(rounds)


def told(rounds: list[list[tuple[float, float, list[str]]]]) -> bool:
    value, baseline = (statistics.median(each[column][0] for each in rounds) for column in (0, 1))
    first = statistics.median(each[0][1] for each in rounds)
    strays = sum(len(each[0][2]) for each in rounds)
    return all(
        [
            report("click to first records", value, "ms", goal=0.7, baseline=baseline, ratio_goal=True),
            report("first paint", first, "ms", goal=150),
            report("requests to other addresses", float(strays), "requests", goal=0),
        ]
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
