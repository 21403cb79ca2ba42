"""Kernels for dashboards: one kept warm for the next page, and none left behind by pages that went away.

They live in the server's own kernel manager: same person, same token, same websocket, gone with the server.
"""

import asyncio
import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_core.utils import ensure_async

WARM_UP = "from lims.jupyter.widgets import prepare; prepare()"
START_S = 60
QUIET = {"LIMS_CAPTURE": "off"}
"""A page is no analysis: what its kernel reads is nobody's run."""


@dataclass(frozen=True)
class Warm:
    """A started kernel, and a client that has already heard it say that it is ready."""

    id: str
    kernel: Any
    client: Any


class Ready:
    """A kernel manager whose client is at hand: waiting for readiness once more would cost 0.2 s."""

    def __init__(self, warm: Warm) -> None:
        self._warm = warm

    def __getattr__(self, name: str) -> Any:
        return getattr(self._warm.kernel, name)

    def client(self, *_args: Any, **_options: Any) -> Any:
        client = self._warm.client
        client.start_channels = lambda *_args, **_options: None
        client.wait_for_ready = at_once
        return client


async def at_once(*_args: Any, **_options: Any) -> None:
    return None


class Kernels:
    """size: how many are kept warm (about 60 MB each). refill_s: pause before the next one, for the page's sake.

    abandoned_s: a dashboard's kernel that nobody has been connected to for so long is shut down.
    """

    def __init__(self, kernels: Any, log: logging.Logger, *, size: int, refill_s: float, abandoned_s: float) -> None:
        self.kernels, self.log = kernels, log
        self.size, self.refill_s, self.abandoned_s = size, refill_s, abandoned_s
        self.warm: list[Warm] = []
        self.last_seen: dict[str, float] = {}
        self._filling: asyncio.Task[None] | None = None

    def fill(self, after_s: float = 0.0) -> None:
        if self.size and (self._filling is None or self._filling.done()):
            self._filling = asyncio.ensure_future(self._fill(after_s))

    async def close(self) -> None:
        """Start no more: the server ends those that run, and must not wait for one that is just starting."""
        self.size = 0
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait([self._filling])
        while self.warm:
            self.warm.pop().client.stop_channels()

    async def _fill(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        while len(self.warm) < self.size:
            try:
                self.warm.append(await self._start_warm())
            except Exception:  # a kernel may fail in any way; pages then start their own
                self.log.exception("No kernel could be kept warm for dashboards.")
                return

    async def _start_warm(self) -> Warm:
        began = time.monotonic()
        starting = asyncio.ensure_future(ensure_async(self.kernels.start_kernel(path="", env={**os.environ, **QUIET})))
        try:
            # A start that is broken off would leave a kernel that nobody can end.
            kernel_id = await asyncio.shield(starting)
        except asyncio.CancelledError:
            await ensure_async(self.kernels.shutdown_kernel(await starting, now=True))
            raise
        try:
            kernel = await ensure_async(self.kernels.get_kernel(kernel_id))
            client = await warmed(kernel)
        except BaseException:
            await ensure_async(self.kernels.shutdown_kernel(kernel_id, now=True))
            raise
        self.log.debug("Kernel %s is warm after %.2f s.", kernel_id, time.monotonic() - began)
        return Warm(kernel_id, kernel, client)

    async def take(self, environment: Mapping[str, str], language: str = "") -> tuple[str, Any]:
        """A kernel for one page, and its manager for the executor; started now if none is warm.

        language: the kernelspec's name; only the server's usual one is kept warm.
        """
        usual = self.kernels.default_kernel_name
        warm = await self._living() if language in ("", usual) else None
        self.fill(self.refill_s)
        if warm is None:
            started = self.kernels.start_kernel(
                kernel_name=language or usual, path="", env={**os.environ, **QUIET, **environment}
            )
            kernel_id = await ensure_async(started)
            self.last_seen[kernel_id] = time.monotonic()
            return kernel_id, await ensure_async(self.kernels.get_kernel(kernel_id))
        self.last_seen[warm.id] = time.monotonic()
        told = json.dumps(json.dumps(dict(environment)))
        warm.client.execute(
            f"import json, os; os.environ.update(json.loads({told})); del json, os", silent=True, store_history=False
        )
        return warm.id, Ready(warm)

    async def _living(self) -> Warm | None:
        """A person, a culler or the system may have ended a warm kernel meanwhile."""
        while self.warm:
            warm = self.warm.pop(0)
            if warm.id in self.kernels and await ensure_async(warm.kernel.is_alive()):
                return warm
            warm.client.stop_channels()
        return None

    def death_of(self, kernel_id: str) -> asyncio.Event:
        """Set when the kernel ends by itself; the server then starts another one under the same id."""
        died = asyncio.Event()
        for event in ("restart", "dead"):
            self.kernels.add_restart_callback(kernel_id, died.set, event)
        return died

    async def shut_down(self, kernel_id: str) -> None:
        self.last_seen.pop(kernel_id, None)
        if kernel_id in self.kernels:
            await ensure_async(self.kernels.shutdown_kernel(kernel_id))

    async def sweep(self) -> None:
        """A browser that crashed or lost its network never says goodbye."""
        now = time.monotonic()
        for kernel_id in list(self.last_seen):
            if kernel_id not in self.kernels:
                del self.last_seen[kernel_id]
            elif self.kernels.kernel_model(kernel_id)["connections"]:
                self.last_seen[kernel_id] = now
            elif now - self.last_seen[kernel_id] > self.abandoned_s:
                self.log.info("The dashboard of kernel %s has gone; shutting the kernel down.", kernel_id)
                await self.shut_down(kernel_id)


async def warmed(kernel: Any) -> Any:
    """A client of the kernel, which has everything at hand that pages need."""
    client = kernel.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=START_S)
        client.allow_stdin = False
        await client.execute_interactive(
            WARM_UP, silent=True, store_history=False, allow_stdin=False, output_hook=ignore, timeout=START_S
        )
    except BaseException:
        client.stop_channels()  # an open socket would keep the server from ending
        raise
    return client


def ignore(_message: object) -> None:
    """Output of the warm-up is of no interest."""
