"""One facility that several people ask, each at an address of their own.

The server is a real one on loopback; only who asks is told by the address, in the place of a Hub's token.
"""

import contextlib
import io
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from PIL import Image
from starlette.types import Receive, Scope, Send

from lims.cli.main import run
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from lims.facility.remote import RemoteFacility
from lims.model import Principal
from lims.service.app import Doorway, create_app
from lims.service.identity import SocketDoor
from tests.facilities import write_facility

STAFF = "m.keller"
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Person:
    """A person with a folder to work in. address: where what they run finds the facility, as them."""

    name: str
    facility: Facility
    address: str
    work: Path


@dataclass(frozen=True)
class People:
    """staff, xenia and yuri. raw: the store's folder of an instrument."""

    folder: Path
    local: LocalFacility
    staff: Person
    xenia: Person
    yuri: Person

    @property
    def raw(self) -> Path:
        return self.folder / "store/Titan_TEM"

    def arrive(self, source: Path, name: str = "") -> str:
        """A file that the instrument has written, harvested; everybody here may see it. Its id."""
        target = self.raw / (name or source.name)
        if source != target:
            shutil.copyfile(source, target)
        self.local.harvest(all=True)
        return self.local.locate(str(target)).id


class Quiet(uvicorn.Server):
    """A server in a thread: signals are the test runner's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def people(place: Path) -> Iterator[People]:
    """A facility with a session of xenia and yuri that has lasted since yesterday."""
    folder = write_facility(place / "facility", staff=STAFF)
    with LocalFacility(folder) as local, serving(local, (STAFF, "xenia", "yuri")) as address:
        start = datetime.now(UTC) - timedelta(days=1)
        local.start_session("titan", user="xenia", people=["xenia", "yuri"], title="Eve", at=start)
        persons = [person(place, name, address) for name in (STAFF, "xenia", "yuri")]
        try:
            yield People(folder, local, *persons)
        finally:
            for one in persons:
                one.facility.close()


def person(place: Path, name: str, address: str) -> Person:
    work = place / f"work of {name}"
    work.mkdir()
    return Person(name, RemoteFacility(f"{address}/{name}"), f"{address}/{name}", work)


@contextlib.contextmanager
def serving(local: LocalFacility, names: Sequence[str]) -> Iterator[str]:
    """The service's own application, with a door for each of these people."""
    app = create_app(local.run_as, local.desk.uploads)
    doors = {name: Doorway(app, SocketDoor(Principal(name, frozenset(), name == STAFF)), f"/{name}") for name in names}

    async def building(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await doors[scope["path"].split("/")[1]](scope, receive, send)

    listening = socket.create_server(("127.0.0.1", 0))
    server = Quiet(uvicorn.Config(building, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + PATIENCE_S
        while not server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        listening.close()


def write_program(folder: Path, name: str, text: str) -> Path:
    """A script, or with a first line of its own a program that can be executed."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    if text.startswith("#!"):
        os.chmod(path, 0o755)  # noqa: PTH101
    return path


def write_image(path: Path, seed: int = 0) -> Path:
    """A small picture, another one for each seed."""
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (16, 16), dtype=np.uint8)).save(path)
    return path


def said(*words: str) -> tuple[int, Any]:
    """What a command answers with, as its exit code and its JSON document."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out):
        code = run(list(words))
    out.flush()
    return code, json.loads(out.buffer.getvalue() or b"null")  # type: ignore[attr-defined]
