"""`lims up` really started: what it says, and that nothing it leaves behind disturbs the next start."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from lims.cli.laptop import free_ports, marker
from lims.cli.leftovers import end_leftovers, leftovers
from lims.facility.connect import connect, service_of
from tests.facilities import write_facility

PATIENCE_S = 120.0


class Up:
    """One `lims up` for a facility."""

    def __init__(self, folder: Path, port: int, *more: str) -> None:
        self.folder = folder
        self.port = port
        command = [sys.executable, "-m", "lims.cli.main", "up", str(folder), "--port", str(port), "--no-browser", *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def welcome(self) -> str:
        """All it says until it runs."""
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "Ctrl-C stops it." in line:
                return "".join(said)
        raise AssertionError("".join(said))

    def end(self) -> tuple[int, str]:
        """Its exit code and its last words."""
        said, _ = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said

    def answers(self) -> bool:
        return all(
            httpx.get(f"http://127.0.0.1:{self.port}{path}", trust_env=False).status_code == 200
            for path in ("/hub/health", "/services/lims/")
        )

    @property
    def hub(self) -> psutil.Process:
        (hub,) = [one for one in leftovers(marker(self.folder)) if "jupyterhub_config.py" in " ".join(one.cmdline())]
        return hub


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    home = write_facility(tmp_path / "facility")
    yield home
    end_leftovers(marker(home))


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []
    (port,) = free_ports(1)

    def begin(*more: str) -> Up:
        started.append(Up(folder, port, *more))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE_S} s"
        time.sleep(0.05)


def sign_in(up: Up, said: str) -> httpx.Client:
    """As a browser would, with what was printed."""
    found = re.search(r"Sign in as (\S+) with the password (\S+)", said)
    assert found is not None
    client = httpx.Client(base_url=f"http://127.0.0.1:{up.port}", follow_redirects=True, trust_env=False, timeout=60)
    client.get("/hub/login")
    form = {"username": found[1], "password": found[2], "_xsrf": client.cookies.get("_xsrf", path="/hub/")}
    answer = client.post("/hub/login", data=form)
    assert answer.status_code == 200, answer.text[:500]
    return client


def test_it_runs_is_found_running_and_stops_without_a_trace(start: Callable[..., Up], folder: Path) -> None:
    up = start()
    said = up.welcome()
    assert f"http://127.0.0.1:{up.port}/" in said
    assert up.answers()
    with connect(folder) as facility:
        assert facility.me().name == "m.keller"
    second = start()
    code, again = second.end()
    assert code == 0
    assert "already running" in again
    assert f"http://127.0.0.1:{up.port}/" in again
    password = folder / "run" / "hub" / "password"
    for secret in (password, marker(folder)):
        assert secret.stat().st_mode & 0o077 == 0
    assert password.read_text() in said
    up.process.send_signal(signal.SIGINT)
    code, last = up.end()
    assert (code, "Traceback" in last) == (0, False)
    assert leftovers(marker(folder)) == []
    assert not marker(folder).exists()


def test_killed_with_a_server_running_the_next_start_clears_up_and_works(
    start: Callable[..., Up], folder: Path
) -> None:
    up = start()
    with contextlib.closing(sign_in(up, up.welcome())) as browser:
        until(lambda: browser.get("/hub/spawn").url.path.startswith("/user/"), "JupyterLab starts")
    servers = [one for one in leftovers(marker(folder)) if "jupyterhub.singleuser" in " ".join(one.cmdline())]
    assert servers
    environment = servers[0].environ()
    assert "/services/lims" in environment["LIMS_FACILITY"]
    token = environment["JUPYTERHUB_API_TOKEN"]
    me = httpx.get(
        f"{environment['LIMS_FACILITY']}/api/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False
    )
    assert me.json()["name"] == "m.keller"
    hub = up.hub
    up.process.kill()
    hub.kill()
    up.process.wait()
    assert leftovers(marker(folder)) != []
    second = start()
    said = second.welcome()
    assert "Cleared up" in said
    assert second.answers()
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in servers)
    second.process.terminate()
    assert second.end()[0] == 0
    assert leftovers(marker(folder)) == []


def test_a_hub_that_dies_takes_everything_with_it_and_is_told(start: Callable[..., Up], folder: Path) -> None:
    up = start()
    up.welcome()
    up.hub.kill()
    code, said = up.end()
    assert code == 2
    assert "hub.log" in said
    assert "Traceback" not in said
    assert leftovers(marker(folder)) == []


def test_a_killed_service_is_started_again_by_the_hub_also_twice(start: Callable[..., Up], folder: Path) -> None:
    up = start()
    up.welcome()
    for _ in range(2):
        pid = json.loads((folder / "run" / "service.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        until(lambda gone=pid: served_by(folder) not in (None, gone), "another service answers")
        until(up.answers, "the Hub finds it")
    up.process.terminate()
    assert up.end()[0] == 0
    assert leftovers(marker(folder)) == []


def served_by(folder: Path) -> int | None:
    service = service_of(folder)
    if service is None:
        return None
    service.close()
    return int(json.loads((folder / "run" / "service.json").read_text())["pid"])


def test_kill_9_of_it_alone_ends_its_hub_too(start: Callable[..., Up], folder: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("optional: only Linux tells a child of its parent's end")
    up = start()
    up.welcome()
    up.process.kill()
    until(lambda: not leftovers(marker(folder)), "the Hub ends in order")


def test_several_people_are_refused_with_what_to_use_instead(start: Callable[..., Up], tmp_path: Path) -> None:
    config = tmp_path / "two.py"
    config.write_text('c = get_config()\nc.Authenticator.allowed_users = {"ada", "bob"}\n')
    code, said = start("--config", str(config)).end()
    assert code == 2
    assert "serves exactly one" in said
    assert "SystemdSpawner" in said
    assert "Traceback" not in said


def test_an_address_that_others_could_reach_is_refused_also_by_the_hub_itself(
    start: Callable[..., Up], tmp_path: Path
) -> None:
    code, said = start("--ip", "0.0.0.0").end()
    assert (code, "SystemdSpawner" in said) == (2, True)
    config = tmp_path / "open.py"
    config.write_text('c = get_config()\nc.JupyterHub.bind_url = "http://0.0.0.0:0"\n')
    code, said = start("--config", str(config)).end()
    assert code == 2
    assert "0.0.0.0" in said


def test_a_service_that_cannot_start_says_why(folder: Path) -> None:
    (folder / "catalog").mkdir(exist_ok=True)
    (folder / "catalog" / "catalog.sqlite").write_text("this is no database")
    code, said = Up(folder, free_ports(1)[0]).end()
    assert code == 2
    assert "catalog" in said.splitlines()[0]
    assert "Traceback" not in said
    assert leftovers(marker(folder)) == []


def test_a_port_in_use_is_a_sentence_with_another_to_try(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, said = Up(folder, other.getsockname()[1]).end()
    assert code == 2
    assert "--port" in said
    assert "Traceback" not in said


def test_a_facility_that_another_process_serves_is_left_alone(folder: Path) -> None:
    command = [sys.executable, "-m", "lims.service", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as service:
        until((folder / "run" / "service.json").exists, "the service answers")
        code, said = Up(folder, free_ports(1)[0]).end()
        assert (code, str(service.pid) in said) == (2, True)
        assert service.poll() is None
        service.terminate()


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("chapter 1")
    code, said = Up(tmp_path, free_ports(1)[0]).end()
    assert code == 1
    assert "lims init" in said
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_persons_own_program_is_not_taken_for_a_leftover(folder: Path) -> None:
    environment = {**os.environ, "LIMS_UP": str(marker(folder))}
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=environment) as own:
        assert end_leftovers(marker(folder)) == 0
        assert own.poll() is None
        own.kill()


def test_an_interrupt_stops_it_also_where_a_script_had_put_it_into_the_background(
    start: Callable[..., Up], folder: Path
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for `make up &`
    try:
        up = start()
    finally:
        signal.signal(signal.SIGINT, before)
    up.welcome()
    up.process.send_signal(signal.SIGINT)
    code, last = up.end()
    assert (code, "Traceback" in last) == (0, False)
