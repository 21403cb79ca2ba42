"""From `lims up` to the first 200 of the Hub and of the service, against JupyterHub with an empty service."""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # behind the installed package

from report import report

from lims.cli.laptop import free_ports, hub_config, marker, prepare, write_private
from lims.settings import load_settings
from tests.facilities import write_facility

PAIRS = 5
LIMIT_S = 120.0
EMPTY = Path(__file__).with_name("empty_service.py")


def answers(port: int, path: str) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False


def seconds_until_both_answer(start: Callable[[int], "subprocess.Popen[bytes]"]) -> float:
    (port,) = free_ports(1)
    begin = time.monotonic()
    with stopped(start(port)):
        while not (answers(port, "/hub/health") and answers(port, "/services/lims/")):
            if time.monotonic() - begin > LIMIT_S:
                raise TimeoutError(f"no answer within {LIMIT_S} s")
            time.sleep(0.02)
        return time.monotonic() - begin


@contextmanager
def stopped(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def main() -> bool:
    with tempfile.TemporaryDirectory() as home:
        folder = write_facility(Path(home) / "facility")

        def ours(port: int) -> "subprocess.Popen[bytes]":
            lims = str(Path(sys.executable).with_name("lims"))
            return started([lims, "up", str(folder), "--port", str(port), "--no-browser"], {})

        def stock(port: int) -> "subprocess.Popen[bytes]":
            laptop = prepare(load_settings(folder), port, EMPTY)
            write_private(marker(folder), json.dumps(asdict(laptop)))
            command = [sys.executable, "-m", "jupyterhub", "-f", str(hub_config())]
            return started(command, {"LIMS_UP": str(marker(folder))})

        seconds_until_both_answer(ours)  # makes the facility's catalog, fills the page cache
        pairs = []
        for _ in range(PAIRS):
            base = seconds_until_both_answer(stock)
            marker(folder).unlink(missing_ok=True)
            pairs.append((seconds_until_both_answer(ours), base))
    value, baseline = (statistics.median(column) for column in zip(*pairs, strict=True))
    return report("lims up to first 200 of both", value, "s", goal=1.3, baseline=baseline, ratio_goal=True)


def started(command: list[str], more: dict[str, str]) -> "subprocess.Popen[bytes]":
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, env={**os.environ, **more})


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
