from pathlib import Path
from typing import Any

import pytest

from lims.errors import Invalid, NoSuchThing, SessionStillOpen, Unavailable
from lims.facility.views import Content
from lims.jupyter.widgets import requests
from lims.jupyter.widgets.requests import Request, refusal_of, reply_to, request_of


class Desk:
    """Stands for the facility at the edge: answers what it was given to answer."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        self.asked.append((operation, arguments))
        return self.answers[operation]


@pytest.mark.parametrize(
    "message",
    [None, "text", {}, {"id": 1, "operation": "me"}, {"id": "1"}, {"id": "1", "operation": "me", "arguments": [1]}],
)
def test_what_is_no_request_is_not_answered(message: object) -> None:
    assert request_of(message) is None


def test_a_request_may_leave_its_arguments_out() -> None:
    assert request_of({"id": "1", "operation": "me"}) == Request("1", "me", {})


def test_an_answer_carries_the_id_of_its_request() -> None:
    reply = reply_to(Request("7", "me"), Desk(me={"name": "kim"}))
    assert reply.message == {"re": "7", "result": {"name": "kim"}}
    assert reply.buffers == []


def test_bytes_travel_beside_the_message(tmp_path: Path) -> None:
    file = tmp_path / "one.webp"
    file.write_bytes(b"\x00RIFF")
    reply = reply_to(Request("1", "preview"), Desk(preview=Content("image/webp", "one.webp", path=file)))
    assert reply.message == {"re": "1", "result": {"media_type": "image/webp", "name": "one.webp"}}
    assert reply.buffers == [b"\x00RIFF"]


def test_an_unknown_operation_is_refused_before_anybody_is_asked() -> None:
    desk = Desk()
    with pytest.raises(Invalid, match="no operation 'drop_everything'"):
        reply_to(Request("1", "drop_everything"), desk)
    assert desk.asked == []


def test_a_file_too_large_for_the_kernel_is_never_fetched_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_BYTES", 10)
    files = [{"key": "a.dm3", "name": "a.dm3", "bytes": 10}, {"key": "b.raw", "name": "b.raw", "bytes": 11}]
    desk = Desk(location={"id": "dat-1", "files": files}, content=Content("x/y", "a.dm3", data=b"0123456789"))
    assert reply_to(Request("1", "content", {"dataset": "dat-1"}), desk).buffers == [b"0123456789"]
    with pytest.raises(Invalid, match=r"b\.raw") as caught:
        reply_to(Request("2", "content", {"dataset": "dat-1", "key": "b.raw"}), desk)
    assert "at most" in caught.value.message
    assert caught.value.hint == "Fetch it with: lims get dat-1 --to DIR"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoSuchThing("record", "rec-1"), "NotFound"),
        (SessionStillOpen("ses-1", "titan", "kim"), "Conflict"),
        (Unavailable("Away."), "Unavailable"),
        (ValueError("odd"), "Unexpected"),
    ],
)
def test_an_error_reaches_the_browser_with_its_kind_and_what_to_do(error: Exception, kind: str) -> None:
    told = refusal_of(Request("1", "record"), error).message
    assert told["re"] == "1"
    assert told["error"]["kind"] == kind
    assert told["error"]["message"]
    assert set(told["error"]) == {"kind", "message", "hint"}
