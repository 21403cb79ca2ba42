"""Files on their way in."""

import asyncio
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from lims.errors import Invalid, Unavailable
from lims.service.uploads import CHECK_BYTES, FORGOTTEN_S, RESERVE_BYTES, clear_forgotten, receive
from tests.filled import ADA, BOB


def test_an_upload_becomes_a_derived_dataset_of_its_owner(as_person: Any, opened: Any) -> None:
    data = os.urandom(5_000_000)
    token = as_person(ADA).put("/api/uploads", content=data).json()["upload"]
    asked = {"upload": token, "name": "fft.bin", "parents": [opened[1].dataset], "relation": "fft"}
    made = as_person(ADA).post("/api/derived", json=asked)
    assert made.status_code == 200, made.text
    assert (made.json()["owner"], made.json()["bytes"]) == ("ada", len(data))
    found = as_person(ADA).get(f"/api/datasets/{made.json()['id']}/content")
    assert found.content == data
    assert as_person(BOB).get(f"/api/datasets/{made.json()['id']}/content").status_code == 404


@pytest.mark.parametrize("token", ["../../facility.toml", "0" * 32, "", "x" * 32])
def test_only_a_real_upload_can_be_taken(as_person: Any, token: str) -> None:
    answer = as_person(ADA).post("/api/derived", json={"upload": token, "name": "x.bin"})
    assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "Invalid")


def test_an_upload_that_ends_early_leaves_nothing(tmp_path: Path) -> None:
    messages = [{"type": "http.request", "body": b"half", "more_body": False}]

    async def cut() -> Any:
        return messages.pop()

    scope = {"type": "http", "method": "PUT", "path": "/", "headers": [(b"content-length", b"8")]}
    with pytest.raises(Invalid, match="early"):
        asyncio.run(receive(Request(scope, cut), tmp_path / "token"))
    assert list(tmp_path.iterdir()) == []


def test_an_upload_that_does_not_say_its_length_stops_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = iter([RESERVE_BYTES + CHECK_BYTES, RESERVE_BYTES - 1])
    monkeypatch.setattr("lims.service.uploads.shutil.disk_usage", lambda _: SimpleNamespace(free=next(rooms)))

    async def endless() -> Any:
        return {"type": "http.request", "body": b"x" * CHECK_BYTES, "more_body": True}

    scope = {"type": "http", "method": "PUT", "path": "/", "headers": []}
    with pytest.raises(Unavailable, match="no room"):
        asyncio.run(receive(Request(scope, endless), tmp_path / "token"))
    assert list(tmp_path.iterdir()) == []


def test_uploads_that_nobody_took_are_cleared_after_a_day(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for path in (old, new):
        path.write_bytes(b"x")
    past = time.time() - FORGOTTEN_S - 60
    os.utime(old, (past, past))
    clear_forgotten(tmp_path)
    assert list(tmp_path.iterdir()) == [new]
