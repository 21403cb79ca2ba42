"""The operations over HTTP, asked of the real application on a real facility."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from lims.facility.operations import OPERATIONS
from lims.service.app import MOST_BYTES, Doorway
from lims.service.identity import SocketDoor
from lims.service.openapi import document
from tests.filled import ADA

COMMITTED = Path(__file__).parents[2] / "lab_extension" / "openapi.json"


def described() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(document())
    return {one["operationId"]: one for verbs in whole["paths"].values() for one in verbs.values()}


def test_every_operation_has_a_route_of_its_name() -> None:
    assert set(described()) == {*OPERATIONS, "upload"}


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    for name, route in described().items():
        assert route["summary"], name
        assert "default" in route["responses"], name


def test_the_description_is_the_same_each_time() -> None:
    assert document() == document()


def test_the_committed_description_is_current() -> None:
    told = "run: python -m lims.service.openapi > lab_extension/openapi.json"
    assert COMMITTED.read_text(encoding="utf-8") == document(), told


def test_an_argument_that_an_operation_does_not_know_is_refused(as_person: Any) -> None:
    answer = as_person(ADA).get("/api/search", params={"limt": "3"})
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "Invalid"
    assert "limt" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("GET", "/api/search?limit=many", None),
        ("POST", "/api/sessions", {}),
        ("POST", "/api/sessions", {"instrument": "titan", "at": "yesterday"}),
        ("POST", "/api/thumbnails", {"ids": "dat-1"}),
        ("POST", "/api/thumbnails", ["dat-1"]),
        ("GET", "/api/runs?limit=-1", None),
        ("GET", "/api/sessions?limit=-1", None),
        ("GET", f"/api/search?as_of={10**40}", None),
        ("GET", "/api/search?as_of=0001-01-01T00:00%2B14:00", None),
        ("GET", "/api/locations?path=%00", None),
        ("GET", "/api/history/aud-0000000000", None),
    ],
)
def test_a_wrong_request_is_a_sentence_that_names_the_argument(as_person: Any, verb: str, path: str, body: Any) -> None:
    answer = as_person(ADA).request(verb, path, json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["kind"] == "Invalid"
    assert error["message"].endswith(".")


def test_a_body_that_is_no_json_is_refused(as_person: Any) -> None:
    answer = as_person(ADA).post("/api/thumbnails", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "Invalid")


def test_a_body_above_the_limit_is_refused_even_where_it_does_not_say_its_length(as_person: Any) -> None:
    def chunks() -> Any:
        for _ in range(MOST_BYTES // 65536 + 2):
            yield b"x" * 65536

    answer = as_person(ADA).post("/api/thumbnails", content=chunks())
    assert answer.status_code == 413
    assert "MiB" in answer.json()["error"]["message"]


@pytest.mark.parametrize("came", [b"", b'{"instrument": "tit'])
def test_a_write_that_breaks_off_before_its_end_is_not_done(opened: Any, came: bytes) -> None:
    messages = [{"type": "http.disconnect"}]
    if came:
        messages.insert(0, {"type": "http.request", "body": came, "more_body": True})
    called = []

    async def receive() -> Any:
        return messages.pop(0)

    async def app(*_: Any) -> None:
        called.append(1)

    async def send(_: Any) -> None:
        called.append(1)

    scope = {"type": "http", "method": "POST", "path": "/api/harvest", "headers": []}
    asyncio.run(Doorway(app, SocketDoor(ADA))(scope, receive, send))
    assert called == []


def test_an_unknown_address_and_a_wrong_verb_are_errors_of_the_usual_form(as_person: Any) -> None:
    assert as_person(ADA).get("/nothing/here").json()["error"]["kind"] == "NotFound"
    wrong = as_person(ADA).post("/api/me")
    assert (wrong.status_code, wrong.json()["error"]["kind"]) == (405, "Invalid")


def test_a_tag_may_hold_a_slash(as_person: Any, opened: Any) -> None:
    address = f"/api/things/{opened[1].record}/tags/beam%2Fdamage"
    assert as_person(ADA).put(address).json() == ["beam/damage"]
    assert as_person(ADA).delete(address).json() == []


def test_the_same_idempotency_key_starts_one_session(as_person: Any) -> None:
    asked = {"instrument": "titan", "title": "twice"}
    headers = {"Idempotency-Key": "same-key"}
    first = as_person(ADA).post("/api/sessions", json=asked, headers=headers)
    again = as_person(ADA).post("/api/sessions", json=asked, headers=headers)
    assert first.status_code == 200
    assert first.json() == again.json()
    clash = as_person(ADA).post("/api/sessions", json=asked, headers={"Idempotency-Key": "another"})
    assert (clash.status_code, clash.json()["error"]["kind"]) == (409, "Conflict")


def test_an_unforeseen_failure_tells_nothing_of_the_inside(opened: Any) -> None:
    from starlette.testclient import TestClient

    from lims.service.app import Doorway, create_app
    from lims.service.identity import SocketDoor

    def breaks(*_: Any) -> Any:
        raise RuntimeError("the password is swordfish")

    client = TestClient(Doorway(create_app(breaks, opened[0].desk.uploads), SocketDoor(ADA)))
    answer = client.get("/api/me")
    assert answer.status_code == 500
    assert "swordfish" not in answer.text
    assert answer.json()["error"]["message"].endswith(".")
