import threading
from pathlib import Path
from typing import cast

import pytest

from lims.cli.harvest import harvest, words
from lims.facility.facility import Facility
from tests.cli.conftest import Lims
from tests.facilities import write_facility


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facility(tmp_path / "facility")


@pytest.fixture
def ask(lims: Lims, folder: Path) -> Lims:
    return lambda *arguments: lims("--facility", str(folder), *arguments)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A facility in which nothing is ever written."""
    return write_facility(tmp_path_factory.mktemp("empty") / "facility")


@pytest.fixture
def titan(folder: Path) -> Path:
    return folder / "store" / "Titan_TEM"


def test_the_report_has_what_scripts_read(ask: Lims, titan: Path) -> None:
    (titan / "a.txt").write_text("hello\n")
    session = ask(
        "session", "start", "--instrument", "titan", "--at", "2018-11-13 12:30", "--end", "2018-11-13 15:30", "--json"
    )
    report = ask("harvest", "--json").document
    assert {"seen", "registered", "extracted", "previews", "failed", "records", "orphans", "seconds"} <= set(report)
    assert (report["seen"], report["registered"], report["extracted"], report["orphans"]) == (1, 1, 1, 1)
    assert report["records"] == [session.document["record"]]


def test_failed_files_are_listed_and_cost_nothing_else(ask: Lims, titan: Path) -> None:
    (titan / "half & <b>.dm3").write_bytes(b"\0\0\0\3" + bytes(40))
    (titan / "good.txt").write_text("hello\n")
    said = ask("harvest")
    assert said.code == 0
    assert "half & <b>.dm3" in said.out
    assert "1 failed" in said.out


def test_a_path_or_a_session_can_be_asked_alone(ask: Lims, titan: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (titan / name).write_text(name)
    assert ask("harvest", str(titan / "a.txt"), "--json").document["registered"] == 1
    assert ask("harvest", "raw:Titan_TEM/b.txt", "--json").document["registered"] == 1
    session = ask("session", "start", "--instrument", "titan", "--json").document["session"]
    assert ask("harvest", "--session", session, "--workers", "1", "--json").code == 0


def test_status_says_what_is_owed(ask: Lims, titan: Path) -> None:
    said = ask("harvest", "--status", "--json")
    assert (said.code, said.document["pending"], said.document["building"]) == (0, 0, [])
    assert "pending" in ask("harvest", "--status").out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("/etc",), 2, "lies in no store"),
        (("raw:nobody",), 1, "not in the store"),
        (("--session", "ses-0000000000"), 1, "No session"),
        (("raw:", "--all"), 2, "one of them"),
        (("--workers", "0"), 2, "workers"),
    ],
)
def test_what_cannot_be_harvested_is_refused_in_a_sentence(
    lims: Lims, empty: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    said = lims("--facility", str(empty), "harvest", *arguments)
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err


def test_a_store_that_is_not_mounted_is_unavailable(ask: Lims, folder: Path) -> None:
    (folder / "store").rename(folder / "unmounted")
    said = ask("harvest")
    assert said.code == 2
    assert "'raw'" in said.err
    assert "cannot be read" in said.err


class Endless:
    """A facility whose harvest takes for ever, and a person who loses patience at the first look."""

    def __init__(self) -> None:
        self.never = threading.Event()

    def harvest(self) -> dict[str, object]:
        self.never.wait()
        return {}

    def harvest_status(self) -> dict[str, object]:
        raise KeyboardInterrupt


def test_ctrl_c_does_not_wait_for_the_end_of_the_pass() -> None:
    endless = Endless()
    with pytest.raises(KeyboardInterrupt):
        harvest(cast(Facility, endless), {})
    endless.never.set()


def test_the_status_says_what_grows_and_what_is_left_out(ask: Lims, titan: Path) -> None:
    (titan / "Thumbs.db").write_text("x")
    report = ask("harvest", "--json").document
    assert (report["seen"], report["junk"], report["ignored"], report["unclaimed"]) == (1, 1, 0, 0)
    status = ask("harvest", "--status", "--json").document
    assert {"waiting", "growing", "ignored", "junk", "found_by"} <= set(status)


def test_what_grows_is_one_line_for_a_person() -> None:
    one = {
        "key": "Titan/a.dm4", "instrument": "titan", "bytes": 12_300_000, "bytes_per_s": 1_500_000.0,
        "since": "2018-11-13T17:30:00.123+00:00", "why": "it was written just now",
    }
    line = "Titan/a.dm4 (12.3 MB, 1.50 MB/s, since 2018-11-13T17:30:00: it was written just now)"
    assert words([one]) == line
