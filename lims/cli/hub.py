"""The Hub and the service as processes of `lims up`: starting both, waiting for them, stopping them."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from lims.cli.laptop import HOST, Laptop, hub_config, marker, write_private
from lims.errors import Unavailable

START_S = 120.0
POLL_S = 0.02
STOP_S = 25.0  # the Hub ends the person's servers first; a shorter wait would leave them behind


@dataclass(frozen=True)
class Started:
    """The Hub, and the service that it then keeps. The service's own words are in a log beside the Hub's."""

    laptop: Laptop
    hub: "subprocess.Popen[bytes]"
    service: "subprocess.Popen[bytes]"


def start_both(laptop: Laptop) -> Started:
    """At the same time, so that neither waits for the other's imports."""
    module = ["lims.service", "--with-parent", str(os.getpid()), laptop.folder]
    service = start(laptop, service_log(laptop), module, told_by_hub(laptop))
    # Somebody has to take note of its end, else it stays a zombie and its keeper never learns of it.
    threading.Thread(target=service.wait, daemon=True).start()
    told = replace(laptop, service_pid=service.pid)
    write_private(marker(Path(laptop.folder)), json.dumps(asdict(told), indent=1))
    hub = start(told, laptop.log, ["jupyterhub", "-f", str(hub_config())], {})
    return Started(told, hub, service)


def service_log(laptop: Laptop) -> Path:
    return laptop.log.with_name("service.log")


def told_by_hub(laptop: Laptop) -> dict[str, str]:
    """What JupyterHub tells the services that it starts itself."""
    return {
        "JUPYTERHUB_SERVICE_NAME": "lims",
        "JUPYTERHUB_SERVICE_URL": f"http://{HOST}:{laptop.service_port}",
        "JUPYTERHUB_SERVICE_PREFIX": "/services/lims/",
        "JUPYTERHUB_API_URL": f"http://{HOST}:{laptop.hub_port}/hub/api",
    }


def start(laptop: Laptop, log: Path, module: list[str], more: dict[str, str]) -> "subprocess.Popen[bytes]":
    """In a session of its own: Ctrl-C reaches `lims up` alone, which then stops the Hub in order."""
    folder = Path(laptop.folder)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            env={**os.environ, "LIMS_UP": str(marker(folder)), "PYTHONUNBUFFERED": "1", **more},
            cwd=folder / "run" / "hub",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_up(started: Started) -> None:
    """Until both the Hub and the service answer 200. Raises Unavailable, with the last words of who did not."""
    laptop = started.laptop
    until = time.monotonic() + START_S
    waiting_for = [
        # the service itself first: what is not there yet is asked through the proxy in vain, and noisily
        (laptop.service_port, "/services/lims/"),
        (laptop.port, "/hub/health"),
        (laptop.port, "/services/lims/"),
    ]
    while waiting_for:
        if started.service.poll() is not None:
            raise not_up("The service", service_log(laptop))
        if started.hub.poll() is not None or time.monotonic() > until:
            raise not_up("JupyterHub", laptop.log)
        if answers(*waiting_for[0]):
            waiting_for.pop(0)
        else:
            time.sleep(POLL_S)


def not_up(which: str, log: Path) -> Unavailable:
    return Unavailable(f"{which} did not start: {last_words(log)}", hint=f"All it said is in {log}.")


def answers(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def last_words(log: Path) -> str:
    """The last line that the Hub calls critical, else the last, without the stamp in front of it."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    critical = [line for line in lines if line.startswith("[C ")]
    return (critical or lines or ["it said nothing"])[-1].rpartition("] ")[2]


def stop_hub(hub: "subprocess.Popen[bytes]") -> None:
    if hub.poll() is None:
        hub.terminate()
        try:
            hub.wait(STOP_S)
        except subprocess.TimeoutExpired:
            hub.kill()
            hub.wait()
