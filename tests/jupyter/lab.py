"""A really started Jupyter server with the LIMS extension, on loopback, as a person has it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import httpx

import lims.jupyter

CONFIG = Path(lims.jupyter.__file__).parent / "config" / "jupyter_lims.json"
DASHBOARDS = Path(__file__).parent / "dashboards"
TOKEN = "a-token-for-tests"
START_S = 60.0


@dataclass
class Lab:
    """url ends in a slash and holds no token."""

    url: str
    folder: Path
    process: "subprocess.Popen[bytes]"
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"token {TOKEN}"})

    def get(self, path: str, **options: object) -> httpx.Response:
        return httpx.get(self.url + path, headers=self.headers, timeout=60, trust_env=False, **options)  # type: ignore[arg-type]

    def kernels(self) -> list[dict[str, object]]:
        listed: list[dict[str, object]] = self.get("api/kernels").json()
        return listed

    def log(self) -> str:
        return (self.folder / "log").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started_lab(
    folder: Path, options: Mapping[str, str] = MappingProxyType({}), facility: str = "", token: str = ""
) -> Iterator[Lab]:
    """options: command line options without their dashes. facility: $LIMS_FACILITY. token: the server's own, for it."""
    config = folder / "config" / "jupyter_server_config.d"
    config.mkdir(parents=True)
    (config / CONFIG.name).write_text(CONFIG.read_text())
    (folder / "root").mkdir()
    (folder / "home").mkdir()
    port = free_port()
    settings = {
        "ServerApp.ip": "127.0.0.1", "ServerApp.port": str(port), "ServerApp.port_retries": "0",
        "ServerApp.open_browser": "False", "ServerApp.allow_root": "True", "ServerApp.base_url": "/user/kim/",
        "ServerApp.root_dir": str(folder / "root"), "IdentityProvider.token": TOKEN, "LabApp.news_url": "",
        "LimsExtension.dashboard_folders": str(DASHBOARDS), **options,
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "LIMS"))}
    environment |= {
        "HOME": str(folder / "home"), "JUPYTER_CONFIG_PATH": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
    }
    if facility:
        environment["LIMS_FACILITY"] = facility
    if token:
        environment["LIMS_TOKEN"] = token
    command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in settings.items())]
    with running_lab(f"http://127.0.0.1:{port}/user/kim/", folder, command, environment, folder / "root") as lab:
        yield lab


@contextmanager
def running_lab(
    url: str, folder: Path, command: Sequence[str | Path], environment: Mapping[str, str], cwd: Path
) -> Iterator[Lab]:
    """What `command` starts, from its first answer on. folder: where its log goes."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=cwd)
    lab = Lab(url, folder, process)
    try:
        wait_until_up(lab)
        yield lab
    finally:
        process.terminate()
        process.wait(30)


def wait_until_up(lab: Lab) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert lab.process.poll() is None, lab.log()
        try:
            if lab.get("api/status").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the server did not start in {START_S} s\n{lab.log()}")


def write_dashboard(folder: Path, name: str, source: str, title: str = "") -> Path:
    cell = {"cell_type": "code", "execution_count": None, "id": "a1", "metadata": {}, "outputs": [], "source": source}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, **({"title": title} if title else {})}
    file = folder / f"{name}.ipynb"
    file.write_text(json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return file
