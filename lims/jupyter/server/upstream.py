"""Where the LIMS's service is: at the Hub's address, or a child of ours for the facility in a folder."""

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from lims.errors import LimsError, NoFacility, Unavailable
from lims.facility.served import served

TIMEOUT = httpx.Timeout(300.0, connect=3.0)
"""A harvest answers when it is done; a service that is away is noticed at once."""

PAUSE_S = 5.0
"""After a start that failed."""


class Upstream:
    """The connection of this server to the service, as the person whose server it is.

    place: an address, or a facility's folder whose service is used where it runs and started where it does not.
    """

    def __init__(self, place: str, token: str | None) -> None:
        self.place, self.token = place, token
        self._client: httpx.AsyncClient | None = None
        self._connecting = asyncio.Lock()
        self._held = ExitStack()
        self._failed: tuple[float, LimsError] | None = None
        # Linux ends a child when the thread that started it ends: this thread stays as long as the server.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="lims-service")

    @property
    def folder(self) -> Path | None:
        return None if "://" in self.place else Path(self.place)

    @property
    def is_there(self) -> bool:
        """Whether there is a facility at all; nothing is said about its service."""
        return self.folder is None or (self.folder / "facility.toml").is_file()

    async def client(self) -> httpx.AsyncClient:
        """Raises NoFacility, or what kept the service from starting; that is not tried again at every request."""
        async with self._connecting:
            if self._client is None:
                self._client = await self._connect_patiently()
            return self._client

    async def _connect_patiently(self) -> httpx.AsyncClient:
        if self._failed is not None and time.monotonic() < self._failed[0]:
            raise self._failed[1]
        try:
            return await self._connect()
        except LimsError as error:
            self._failed = (time.monotonic() + PAUSE_S, error)
            raise

    async def forget(self, failed: httpx.AsyncClient | None) -> None:
        """The service behind this client has gone: look for it, or start it, at the next request.

        Whoever has looked already is on with a new client, which stays.
        """
        async with self._connecting:
            if failed is not None and failed is self._client:
                self._client = None
                await failed.aclose()

    async def _connect(self) -> httpx.AsyncClient:
        folder = self.folder
        if folder is None:
            headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            root = self.place.rstrip("/")
            return httpx.AsyncClient(base_url=f"{root}/api", headers=headers, timeout=TIMEOUT, trust_env=False)
        if not self.is_there:
            raise NoFacility(self.place)
        socket = await asyncio.get_running_loop().run_in_executor(self._starter, self._serve, folder)
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        return httpx.AsyncClient(base_url="http://lims/api", transport=transport, timeout=TIMEOUT, trust_env=False)

    def _serve(self, folder: Path) -> Path:
        self._held.close()
        self._held.enter_context(served(folder))
        return socket_of(folder)

    async def close(self) -> None:
        """Stop the child, if it is ours."""
        await self.forget(self._client)
        await asyncio.get_running_loop().run_in_executor(self._starter, self._held.close)
        self._starter.shutdown(wait=False)


def socket_of(folder: Path) -> Path:
    try:
        told: dict[str, Any] = json.loads((folder / "run" / "service.json").read_text(encoding="utf-8"))
        return Path(told["socket"])
    except (OSError, ValueError, KeyError) as error:
        raise Unavailable(f"The service of {folder} has just stopped.", hint="Try again.") from error


def upstream_of(root: str) -> Upstream:
    """As lims.connect() finds it, with the server's own folder for `./`."""
    place = os.environ.get("LIMS_FACILITY") or root
    if "://" not in place:
        place = str(Path(place).expanduser().resolve())
    return Upstream(place, os.environ.get("JUPYTERHUB_API_TOKEN") or os.environ.get("LIMS_TOKEN"))
