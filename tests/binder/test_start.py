"""What a Binder gives: `binder/start` before a plain JupyterLab, with the demo facility and without a Hub."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jupyter.lab import TOKEN, Lab, free_port, running_lab

BINDER = Path(__file__).parents[2] / "binder"
CONFIG = re.compile(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A new person's: nothing of ours in it but the installed commands."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "LIMS"))}
    commands = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**kept, "PATH": commands, "HOME": str(tmp_path_factory.mktemp("home"))}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("binder")
    (demo,) = re.findall(r"^lims init .*$", (BINDER / "postBuild").read_text(), re.MULTILINE)
    made = subprocess.run(demo.split(), cwd=folder, env=environment, capture_output=True, check=False, text=True)
    assert made.returncode == 0, made.stderr
    port = free_port()
    options = [
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        "--ServerApp.allow_root=True", f"--IdentityProvider.token={TOKEN}", "--LabApp.news_url=", "--no-browser",
    ]  # fmt: skip
    command = [BINDER / "start", "jupyter", "lab", *options]
    with running_lab(f"http://127.0.0.1:{port}/", folder, command, environment, folder) as started:
        yield started


def test_the_page_loads_our_panel_and_nothing_from_elsewhere(lab: Lab) -> None:
    page = lab.get("lab").text
    config = json.loads(CONFIG.findall(page)[0])
    (ours,) = [one for one in config["federated_extensions"] if one["name"] == "jupyter-lims"]
    assert lab.get(f"lab/extensions/jupyter-lims/{ours['load']}").is_success
    assert re.findall(r"""<(?:script|link)[^>]+(?:src|href)=["'](?:https?:)?//[^"']*""", page) == []


def test_a_search_through_the_server_finds_the_demos_files(lab: Lab) -> None:
    answer = lab.get("lims/api/search", params={"query": "voltage:>=200kV", "kind": "dataset"})
    assert answer.is_success, answer.text
    assert answer.json()["total"] > 20


def test_whoever_starts_it_is_staff(lab: Lab) -> None:
    me = lab.get("lims/api/me").json()
    assert me["is_staff"]
    assert me["facility"] == "Demo facility"


def test_it_installs_the_projects_own_lock_on_a_python_that_the_project_is_for() -> None:
    (lock,) = re.findall(r"^-r (\S+)$", (BINDER / "requirements.txt").read_text(), re.MULTILINE)
    assert (BINDER / lock).resolve() == BINDER.parent / "requirements.lock"
    assert (BINDER / "runtime.txt").read_text().strip() in ("python-3.11", "python-3.12", "python-3.13")
