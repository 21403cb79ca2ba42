"""Who asks. The Hub here is a fake at the edge of the network; test_hub.py asks a real one."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from starlette.requests import Request

from lims.errors import Forbidden, Unavailable
from lims.service.errors import NotSignedIn
from lims.service.identity import REMEMBER_S, HubDoor
from lims.settings import AccessTable

ACCESS = AccessTable(staff=("m.keller",), staff_groups=("lims-staff",))
SCOPES = ["access:services!service=lims"]


@dataclass
class FakeHub:
    url: str
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: int = 0
    status: int = 0


@pytest.fixture
def fake_hub() -> Iterator[FakeHub]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += 1
            person = told.people.get(self.headers["Authorization"].removeprefix("Bearer "))
            status = told.status or (200 if person else 403)
            body = json.dumps(person).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    told = FakeHub(f"http://127.0.0.1:{server.server_port}/hub/api")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


def request(**headers: str) -> Request:
    listed = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"token=good", "headers": listed})


def door(hub: FakeHub, **more: Any) -> HubDoor:
    return HubDoor(hub.url, "lims", ACCESS, **more)


def ask(asked: HubDoor, token: str = "good") -> Any:
    return asyncio.run(asked(request(Authorization=f"Bearer {token}")))


def test_a_good_token_is_the_person_it_was_made_for(fake_hub: FakeHub) -> None:
    fake_hub.people["good"] = {"kind": "user", "name": "ada", "groups": ["tem"], "scopes": SCOPES}
    found = ask(door(fake_hub))
    assert (found.name, found.groups, found.is_staff) == ("ada", {"tem"}, False)


@pytest.mark.parametrize(
    "person", [{"name": "m.keller", "groups": []}, {"name": "new", "groups": ["lims-staff"]}], ids=["name", "group"]
)
def test_staff_are_told_by_the_facility_not_by_the_hub(fake_hub: FakeHub, person: dict[str, Any]) -> None:
    fake_hub.people["good"] = {"kind": "user", "scopes": SCOPES, "admin": False, **person}
    assert ask(door(fake_hub)).is_staff


def test_an_admin_of_the_hub_is_nobody_special_here(fake_hub: FakeHub) -> None:
    fake_hub.people["good"] = {"kind": "user", "name": "root", "admin": True, "scopes": ["access:services"]}
    assert not ask(door(fake_hub)).is_staff


@pytest.mark.parametrize(
    "person",
    [
        {"kind": "user", "name": "ada", "scopes": []},
        {"kind": "user", "name": "ada", "scopes": ["access:services!service=other", "self"]},
        {"kind": "service", "name": "ada", "scopes": SCOPES},
        {},
    ],
    ids=["no scope", "another service's", "not a person", "nothing"],
)
def test_a_token_that_was_not_made_for_this_is_refused(fake_hub: FakeHub, person: dict[str, Any]) -> None:
    fake_hub.people["good"] = person or {"kind": None}
    with pytest.raises(Forbidden):
        ask(door(fake_hub))


def test_an_unknown_token_is_refused_and_a_missing_one_told_apart(fake_hub: FakeHub) -> None:
    with pytest.raises(Forbidden, match="does not know"):
        ask(door(fake_hub), "bad")
    with pytest.raises(NotSignedIn):
        asyncio.run(door(fake_hub)(request()))


def test_neither_cookie_nor_address_carries_a_token(fake_hub: FakeHub) -> None:
    fake_hub.people["good"] = {"kind": "user", "name": "ada", "scopes": SCOPES}
    with pytest.raises(NotSignedIn):
        asyncio.run(door(fake_hub)(request(Cookie="jupyterhub-services=good; token=good")))
    assert fake_hub.asked == 0


def test_the_hub_is_asked_once_in_thirty_seconds_also_by_many_at_once(fake_hub: FakeHub) -> None:
    fake_hub.people["good"] = {"kind": "user", "name": "ada", "scopes": SCOPES}
    now = [0.0]
    asked = door(fake_hub, clock=lambda: now[0])

    async def many() -> None:
        await asyncio.gather(*(asked(request(Authorization="Bearer good")) for _ in range(20)))

    asyncio.run(many())
    assert fake_hub.asked == 1
    now[0] = REMEMBER_S + 1
    fake_hub.people.clear()
    with pytest.raises(Forbidden):
        ask(asked)
    assert fake_hub.asked == 2


def test_a_hub_in_trouble_is_not_a_refusal(fake_hub: FakeHub) -> None:
    fake_hub.status = 500
    with pytest.raises(Unavailable):
        ask(door(fake_hub))
    nobody = HubDoor("http://127.0.0.1:9/hub/api", "lims", ACCESS)
    with pytest.raises(Unavailable):
        ask(nobody)
