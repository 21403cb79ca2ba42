"""Where a Jupyter server finds the LIMS's service, with really started ones."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import pytest

from lims.errors import NoFacility, Unavailable
from lims.jupyter.server import upstream
from lims.jupyter.server.upstream import Upstream, upstream_of
from tests.facilities import write_facility


def pid_of(folder: Path) -> int:
    pid: int = json.loads((folder / "run" / "service.json").read_text())["pid"]
    return pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def name_at(service: Upstream) -> str:
    name: str = (await (await service.client()).get("/me")).json()["name"]
    return name


def test_a_folders_service_is_started_once_and_stopped_with_us(tmp_path: Path) -> None:
    folder = write_facility(tmp_path / "facility")

    async def story() -> int:
        service = Upstream(str(folder), None)
        names = await asyncio.gather(*(name_at(service) for _ in range(5)))
        assert set(names) == {"m.keller"}
        pid = pid_of(folder)
        await service.close()
        return pid

    assert not is_running(asyncio.run(story()))


def test_a_service_that_runs_already_is_used_and_left_running(tmp_path: Path) -> None:
    folder = write_facility(tmp_path / "facility")

    async def story() -> None:
        first, second = Upstream(str(folder), None), Upstream(str(folder), None)
        await first.client()
        pid = pid_of(folder)
        assert await name_at(second) == "m.keller"
        assert pid_of(folder) == pid
        await second.close()
        assert is_running(pid)
        assert await name_at(first) == "m.keller"
        await first.close()

    asyncio.run(story())


def test_a_service_that_was_killed_is_started_again(tmp_path: Path) -> None:
    folder = write_facility(tmp_path / "facility")

    async def story() -> None:
        service = Upstream(str(folder), None)
        failed = await service.client()
        killed = pid_of(folder)
        os.kill(killed, signal.SIGKILL)
        await service.forget(failed)
        assert await name_at(service) == "m.keller"
        assert pid_of(folder) != killed
        await service.close()

    asyncio.run(story())


def test_a_late_report_of_a_failure_leaves_the_new_connection_alone() -> None:
    async def story() -> None:
        service = Upstream("http://127.0.0.1:9", None)
        failed = await service.client()
        await service.forget(failed)
        fresh = await service.client()
        await service.forget(failed)
        assert fresh is not failed
        assert await service.client() is fresh
        assert not fresh.is_closed
        await service.close()
        assert fresh.is_closed

    asyncio.run(story())


def test_where_there_is_no_facility_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    service = Upstream(str(tmp_path), None)
    assert not service.is_there
    with pytest.raises(NoFacility, match=str(tmp_path)):
        asyncio.run(service.client())


def test_a_service_that_cannot_start_is_not_started_at_every_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_facility(tmp_path / "facility")
    (folder / "facility.toml").write_text("[facility]\nname = 'broken'\ncolour = 'red'\n")

    async def story() -> list[float]:
        service = Upstream(str(folder), None)
        seconds = []
        for pause in (60.0, 60.0, 0.0):
            monkeypatch.setattr(upstream, "PAUSE_S", pause)
            began = time.monotonic()
            with pytest.raises(Unavailable, match="could not be started"):
                await service.client()
            seconds.append(time.monotonic() - began)
        return seconds

    first, second, _ = asyncio.run(story())
    assert second < first / 5


def test_the_place_is_as_for_connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIMS_FACILITY", raising=False)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "hub")
    monkeypatch.setenv("LIMS_TOKEN", "own")
    assert upstream_of(str(tmp_path)).folder == tmp_path.resolve()
    monkeypatch.setenv("LIMS_FACILITY", "http://127.0.0.1/services/lims")
    found = upstream_of(str(tmp_path))
    assert (found.folder, found.is_there, found.token) == (None, True, "hub")
