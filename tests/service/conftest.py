"""A facility with a session of ada's and a file in it: opened in this process, and behind a really started Hub."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from starlette.testclient import TestClient

from lims.cli.laptop import free_ports
from lims.facility.connect import service_of
from lims.facility.local import LocalFacility
from lims.model import Principal
from lims.service.app import Doorway, create_app
from lims.service.identity import SocketDoor
from tests.facilities import write_facility
from tests.filled import Filled, fill

HUB_START_S = 120.0


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalFacility, Filled]]:
    folder = write_facility(tmp_path_factory.mktemp("opened") / "facility")
    with LocalFacility(folder) as facility:
        yield facility, fill(facility, folder)


@pytest.fixture
def as_person(opened: tuple[LocalFacility, Filled]) -> Callable[[Principal], TestClient]:
    """A client of the application as somebody."""
    app = create_app(opened[0].run_as, opened[0].desk.uploads)

    def client(principal: Principal) -> TestClient:
        return TestClient(Doorway(app, SocketDoor(principal)), base_url="http://lims")

    return client


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @property
    def error(self) -> dict[str, str]:
        told: dict[str, str] = json.loads(self.text)["error"]
        return told


@dataclass(frozen=True)
class Hub:
    """address: ends in a slash. keeper: the token of a service that may make people and tokens."""

    address: str
    keeper: str
    folder: Path
    filled: Filled

    def ask(
        self, path: str, token: str | None = None, *, verb: str = "GET", body: Any = None, **headers: str
    ) -> Answer:
        sent = {"Content-Type": "application/json", **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(self.address + path, data=data, method=verb, headers=sent), timeout=30) as answer:
                return Answer(answer.status, answer.read().decode("utf-8", "replace"))
        except HTTPError as error:
            return Answer(error.code, error.read().decode("utf-8", "replace"))

    def token_of(self, name: str, scopes: list[str] | None = None) -> str:
        """As a person's server has it, or with other `scopes`."""
        asked = {"scopes": scopes} if scopes is not None else {"roles": ["server"]}
        made = self.ask(f"hub/api/users/{name}/tokens", self.keeper, verb="POST", body=asked)
        assert made.status == 201, made.text
        return str(json.loads(made.text)["token"])


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """`lims up` with three people in it, which its own configuration would refuse; no server of theirs is started."""
    folder = write_facility(tmp_path_factory.mktemp("hub") / "facility")
    (port,) = free_ports(1)
    config = Path(__file__).with_name("three_people.py")
    command = [sys.executable, "-m", "lims.cli.main", "up", str(folder)]
    up = subprocess.Popen(
        [*command, "--port", str(port), "--no-browser", "--config", str(config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for_line(up, "Ctrl-C stops it.")
        service = service_of(folder)
        assert service is not None
        with service:
            filled = fill(service, folder)
        started = Hub(f"http://127.0.0.1:{port}/", "k" * 64, folder, filled)
        for name in ("ada", "bob", "cy"):
            assert started.ask(f"hub/api/users/{name}", started.keeper, verb="POST").status in (201, 409)
        yield started
    finally:
        up.terminate()
        up.wait(60)


def wait_for_line(process: "subprocess.Popen[str]", wanted: str) -> None:
    assert process.stdout is not None
    until = time.monotonic() + HUB_START_S
    said = []
    while time.monotonic() < until:
        line = process.stdout.readline()
        if not line:
            break
        said.append(line)
        if wanted in line:
            return
    raise AssertionError("".join(said))
