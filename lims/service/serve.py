"""The process of the service: it owns the catalog, listens at its doors, and harvests in the background."""

import asyncio
import contextlib
import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.types import Message, Receive, Scope, Send

from lims.errors import LimsError
from lims.facility.local import LocalFacility
from lims.model import SYSTEM
from lims.service.app import Doorway, create_app
from lims.service.identity import HubDoor, SocketDoor
from lims.service.sockets import listen_at_address, listen_at_path, remove_socket
from lims.service.uploads import TIDY_S, clear_forgotten

log = logging.getLogger(__name__)
GRACE_S = 5
FIRST_ANSWER_S = 3.0
HARVEST_STOP_S = 15.0
HARVEST_AGAIN_S = 5.0


@dataclass(frozen=True)
class Hub:
    """What JupyterHub tells its service. url: where to listen; prefix: under which it is asked."""

    api_url: str
    name: str
    url: str
    prefix: str

    @classmethod
    def of_environment(cls) -> "Hub | None":
        told = os.environ
        if "JUPYTERHUB_SERVICE_URL" not in told or "JUPYTERHUB_API_URL" not in told:
            return None
        name = told.get("JUPYTERHUB_SERVICE_NAME", "lims")
        prefix = told.get("JUPYTERHUB_SERVICE_PREFIX", f"/services/{name}/")
        return cls(told["JUPYTERHUB_API_URL"], name, told["JUPYTERHUB_SERVICE_URL"], prefix)


class Listener(uvicorn.Server):
    """One socket's server; the process, not each of its listeners, hears the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Service:
    facility: LocalFacility
    hub: Hub | None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    harvest_stop: threading.Event = field(default_factory=threading.Event)

    @property
    def run_folder(self) -> Path:
        return self.facility.folder / "run"

    async def serve(self) -> None:
        """Until `stop` is set, or a listener ends."""
        local, path = listen_at_path(self.run_folder)
        try:
            listeners = self.listeners(local)
            running = [asyncio.create_task(listener.serve(sockets=[sock])) for listener, sock in listeners]
            self.announce(path)
            harvesting = asyncio.create_task(self.harvest())
            tidying = asyncio.create_task(self.tidy())
            await asyncio.wait([asyncio.create_task(self.stop.wait()), *running], return_when="FIRST_COMPLETED")
            for listener, _ in listeners:
                listener.should_exit = True
            self.stop.set()
            self.harvest_stop.set()
            tidying.cancel()
            await asyncio.gather(harvesting, *running)
        finally:
            (self.run_folder / "service.json").unlink(missing_ok=True)
            remove_socket(path, self.run_folder)

    def listeners(self, local: socket.socket) -> list[tuple[Listener, socket.socket]]:
        desk = self.facility.desk
        app = create_app(self.facility.run_as, desk.uploads)
        listed = [(listener(self.noticing(Doorway(app, SocketDoor(self.facility.principal)))), local)]
        if self.hub is not None:
            door = HubDoor(self.hub.api_url, self.hub.name, desk.settings.access)
            doorway = Doorway(app, door, self.hub.prefix)
            listed.append((listener(self.noticing(doorway)), listen_at_address(self.hub.url)))
        return listed

    def noticing(self, doorway: Doorway) -> "Noticing":
        return Noticing(doorway, self.answered)

    def announce(self, path: Path) -> None:
        """run/service.json: how local tools find us."""
        url = self.hub.url.rstrip("/") + self.hub.prefix if self.hub else None
        told = {"pid": os.getpid(), "socket": str(path), "url": url}
        part = self.run_folder / "service.json.part"
        part.write_text(json.dumps(told))
        part.replace(self.run_folder / "service.json")
        log.info("serving %s at %s", self.facility.folder, url or path)

    async def tidy(self) -> None:
        while True:
            await asyncio.to_thread(clear_forgotten, self.facility.desk.uploads)
            await asyncio.sleep(TIDY_S)

    def prepare(self) -> None:
        """What the first search with a unit, and the first with a word, would wait for: half a second."""
        try:
            self.facility.desk.catalog.view(SYSTEM).search('"lims" acceleration_voltage:>0V', limit=0)
        except LimsError as error:
            log.warning("The first search will be slower: %s", error)

    async def harvest(self) -> None:
        """Beside the service, from its first answer on: whoever waits for that is not kept waiting by a harvest."""
        waits = [asyncio.create_task(self.answered.wait()), asyncio.create_task(self.stop.wait())]
        await asyncio.wait(waits, timeout=FIRST_ANSWER_S, return_when="FIRST_COMPLETED")
        for wait in waits:
            wait.cancel()
        if self.stop.is_set():
            return
        works = {"harvest": self.harvest_now, "alerts": self.alert_now}
        threads = [threading.Thread(target=work, name=name, daemon=True) for name, work in works.items()]
        for thread in threads:
            thread.start()
        await self.stop.wait()
        for thread in threads:
            await asyncio.to_thread(thread.join, HARVEST_STOP_S)

    def alert_now(self) -> None:
        """What is new is told also where the harvest has failed: people bring files in themselves."""
        self.facility.desk.alerts.run_forever(self.harvest_stop)

    def harvest_now(self) -> None:
        self.prepare()
        while not self.harvest_stop.is_set():
            try:
                self.facility.desk.harvester.run_forever(self.harvest_stop)
            except Exception:
                log.exception("the harvest failed; it begins again in %s s", HARVEST_AGAIN_S)
                self.harvest_stop.wait(HARVEST_AGAIN_S)


@dataclass(frozen=True)
class Noticing:
    """Notices when the first answer has gone out."""

    doorway: Doorway
    answered: asyncio.Event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noticed(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self.answered.set()

        await self.doorway(scope, receive, noticed)


def listener(app: Noticing) -> Listener:
    return Listener(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
