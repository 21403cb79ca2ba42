"""Bytes as the service gives them: safe names, ranges, tags."""

from email.message import Message
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from lims.errors import Unavailable
from lims.facility.columns import MEDIA_TYPE
from lims.facility.views import Content
from lims.service.answers import attachment, tag_of
from tests.filled import ADA, HOSTILE

NAMES = [HOSTILE, 'a";b=".tif', "\r\nSet-Cookie: x=1.tif", "é中.dm3", "back\\slash.tif", "half-\udcff.dm3", "plain.dm3"]


def whole_name(header: str) -> bytes:
    return unquote_to_bytes(header.partition("filename*=UTF-8''")[2])


@pytest.mark.parametrize("name", NAMES)
def test_no_file_name_breaks_the_header_and_none_is_lost(name: str) -> None:
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert whole_name(header) == name.encode("utf-8", "surrogateescape")
    plain = Message()
    plain["Content-Disposition"] = header.partition("; filename*")[0]
    assert plain.get_filename() is not None
    assert set(plain.get_params(header="content-disposition")[0]) == {"attachment", ""}


def test_a_dataset_arrives_whole_under_its_own_name(as_person: Any, opened: Any) -> None:
    facility, filled = opened
    answer = as_person(ADA).get(f"/api/datasets/{filled.dataset}/content")
    original = facility.folder / "store" / "Titan_TEM" / HOSTILE
    assert answer.content == original.read_bytes()
    assert whole_name(answer.headers["content-disposition"]) == HOSTILE.encode()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_range_is_answered_with_that_part_only(as_person: Any, opened: Any) -> None:
    address = f"/api/datasets/{opened[1].dataset}/content"
    whole = as_person(ADA).get(address).content
    part = as_person(ADA).get(address, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole[10:20]
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"


@pytest.mark.parametrize("kind", ["content", "preview"])
def test_what_has_not_changed_is_not_sent_twice(as_person: Any, opened: Any, kind: str) -> None:
    address = f"/api/datasets/{opened[1].dataset}/{kind}"
    first = as_person(ADA).get(address)
    again = as_person(ADA).get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_a_file_that_has_gone_is_unavailable_not_a_crash(tmp_path: Any) -> None:
    with pytest.raises(Unavailable, match=r"gone\.dm3"):
        tag_of(Content("application/octet-stream", "gone.dm3", path=tmp_path / "gone.dm3"))


def test_a_store_that_is_not_mounted_answers_503(as_person: Any, opened: Any) -> None:
    facility, filled = opened
    store = facility.folder / "store"
    away = store.rename(store.with_name("unmounted"))
    try:
        answer = as_person(ADA).get(f"/api/datasets/{filled.dataset}/content")
        assert (answer.status_code, answer.json()["error"]["kind"]) == (503, "Unavailable")
    finally:
        away.rename(store)


@pytest.mark.parametrize(
    ("accept", "in_columns"),
    [
        ("*/*", False),
        ("application/json", False),
        (f"{MEDIA_TYPE}-2", False),
        (MEDIA_TYPE, True),
        (f"application/json;q=0.5, {MEDIA_TYPE.upper()};q=1", True),
    ],
)
def test_a_lineage_comes_as_objects_or_in_columns_to_who_accepts_them(
    as_person: Any, opened: Any, accept: str, in_columns: bool
) -> None:
    _, filled = opened
    answer = as_person(ADA).get(f"/api/lineage/{filled.dataset}", headers={"Accept": accept})
    assert answer.headers["content-type"] == (MEDIA_TYPE if in_columns else "application/json")
    assert answer.headers["vary"] == "Accept"
    nodes = answer.json()["nodes"]
    assert (nodes["id"] if in_columns else [one["id"] for one in nodes]) == [filled.dataset]
