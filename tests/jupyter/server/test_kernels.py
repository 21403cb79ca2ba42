"""Warm kernels, in the kernel manager that a Jupyter server has."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from lims.jupyter.server import kernels as module
from lims.jupyter.server.kernels import Kernels, Ready

LOG = logging.getLogger("test")


@asynccontextmanager
async def kernels(size: int = 1, abandoned_s: float = 60.0) -> AsyncIterator[Kernels]:
    manager: Any = AsyncMappingKernelManager()
    pool = Kernels(manager, LOG, size=size, refill_s=0.0, abandoned_s=abandoned_s)
    try:
        yield pool
    finally:
        await pool.close()
        await manager.shutdown_all(now=True)


async def filled(pool: Kernels) -> None:
    pool.fill()
    assert pool._filling is not None
    await pool._filling


async def value_in(kernel: Any, expression: str) -> str:
    """As the executor of a page asks: through the client that the kernel's manager hands out."""
    client = kernel.client()
    client.start_channels()
    await client.wait_for_ready(timeout=30)
    reply = await client.execute_interactive(
        "", user_expressions={"value": expression}, output_hook=lambda _: None, timeout=30
    )
    shown: str = reply["content"]["user_expressions"]["value"]["data"]["text/plain"]
    return shown.strip("'")


def test_the_next_page_takes_the_warm_kernel_with_its_own_environment_and_another_is_made() -> None:
    async def story() -> None:
        async with kernels() as pool:
            await filled(pool)
            warm = pool.warm[0].id
            kernel_id, kernel = await pool.take({"QUERY_STRING": "q='ü\"\\\\&x=1"})
            assert kernel_id == warm
            assert isinstance(kernel, Ready)
            assert await value_in(kernel, "__import__('os').environ['QUERY_STRING']") == "q=\\'ü\"\\\\\\\\&x=1"
            assert await value_in(kernel, "'lims.jupyter.widgets' in __import__('sys').modules") == "True"
            assert pool._filling is not None
            await pool._filling
            assert [one.id for one in pool.warm] != [warm]

    asyncio.run(story())


def test_a_warm_kernel_that_somebody_ended_is_not_handed_out() -> None:
    async def story() -> None:
        async with kernels() as pool:
            await filled(pool)
            ended = pool.warm[0].id
            await pool.kernels.shutdown_kernel(ended, now=True)
            kernel_id, _ = await pool.take({})
            assert kernel_id != ended
            assert kernel_id in pool.kernels

    asyncio.run(story())


def test_without_warm_kernels_a_page_starts_its_own() -> None:
    async def story() -> None:
        async with kernels(size=0) as pool:
            pool.fill()
            kernel_id, kernel = await pool.take({"QUERY_STRING": "a=1"})
            assert not isinstance(kernel, Ready)
            assert kernel_id in pool.kernels
            assert await value_in(kernel, "__import__('os').environ['QUERY_STRING']") == "a=1"

    asyncio.run(story())


def test_a_kernel_that_cannot_be_warmed_is_not_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WARM_UP", "import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(module, "START_S", 5)

    async def story() -> None:
        async with kernels() as pool:
            await filled(pool)
            assert pool.warm == []
            assert pool.kernels.list_kernel_ids() == []

    asyncio.run(story())


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.6])
def test_a_server_that_stops_waits_for_no_kernel_that_is_just_starting(after_s: float) -> None:
    async def story() -> None:
        async with kernels() as pool:
            pool.fill()
            await asyncio.sleep(after_s)
            await asyncio.wait_for(pool.close(), 20)
            await asyncio.wait_for(pool.kernels.shutdown_all(now=True), 20)
            pool.fill()
            assert (pool.warm, pool.kernels.list_kernel_ids()) == ([], [])

    asyncio.run(story())


def test_a_page_that_never_came_back_loses_its_kernel_and_one_that_is_open_keeps_it() -> None:
    async def story() -> None:
        async with kernels(size=0, abandoned_s=0.2) as pool:
            await pool.take({})
            open_page, _ = await pool.take({})
            pool.kernels.notify_connect(open_page)
            await asyncio.sleep(0.3)
            await pool.sweep()
            assert pool.kernels.list_kernel_ids() == [open_page]
            await pool.kernels.shutdown_kernel(open_page, now=True)
            await pool.sweep()
            assert pool.last_seen == {}

    asyncio.run(story())


def test_the_death_of_a_kernel_is_heard() -> None:
    async def story() -> None:
        async with kernels(size=0) as pool:
            kernel_id, kernel = await pool.take({})
            died = pool.death_of(kernel_id)
            os.kill(kernel.provisioner.pid, signal.SIGKILL)
            await asyncio.wait_for(died.wait(), 20)
            while not kernel.ready.done():  # the server starts another one in its place
                await asyncio.sleep(0.1)

    asyncio.run(story())
