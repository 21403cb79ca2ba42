"""What can go wrong between a client and its service."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from lims.errors import Invalid, Unavailable
from lims.facility.facility import Facility
from lims.facility.remote import RemoteFacility


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


WAYS: dict[str, Callable[[Facility, Path], object]] = {
    "call": lambda service, _: service.me(),
    "upload": lambda service, folder: service.upload(folder / "made.txt"),
    "fetch": lambda service, folder: service.fetch("dat-0000000000", "a.dm3", folder / "a.dm3"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_service_that_is_away_is_said_in_the_same_words_however_it_is_asked(
    nobody: str, tmp_path: Path, way: str
) -> None:
    (tmp_path / "made.txt").write_text("spots")
    with RemoteFacility(nobody) as service, pytest.raises(Unavailable, match="does not answer") as told:
        WAYS[way](service, tmp_path)
    assert "lims up" in told.value.hint


@pytest.mark.parametrize("url", ["http://[::1", "http://host:port"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="cannot be asked"):
        RemoteFacility(url).me()


def test_a_query_that_is_no_utf8_is_refused_before_it_is_sent(nobody: str) -> None:
    with RemoteFacility(nobody) as service, pytest.raises(Invalid, match="no UTF-8"):
        service.search_page("caf\udce9")
