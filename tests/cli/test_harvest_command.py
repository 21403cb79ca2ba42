import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import cast

import psutil
import pytest

from lims.cli.harvest import harvest, hashing_of, pace_of, words
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
    """A facility whose harvest takes until it is cancelled, and a person who loses patience at the first look."""

    def __init__(self, *, hears: bool = True) -> None:
        self.hears = hears
        self.cancelled = threading.Event()
        self.tickets: list[str] = []

    def harvest(self, ticket: str) -> dict[str, object]:
        self.tickets.append(ticket)
        self.cancelled.wait()
        return {"cancelled": True, "left": 3}

    def harvest_status(self) -> dict[str, object]:
        signal.raise_signal(signal.SIGINT)
        return {}

    def cancel_harvest(self, ticket: str) -> int:
        if not self.hears:
            signal.raise_signal(signal.SIGINT)
        assert self.tickets == [ticket]
        self.cancelled.set()
        return 1


def test_ctrl_c_cancels_the_harvest_and_shows_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert harvest(cast(Facility, Endless()), {}) == {"cancelled": True, "left": 3}
    assert "Ctrl-C again" in capsys.readouterr().err


def test_a_second_ctrl_c_waits_for_nothing() -> None:
    endless = Endless(hears=False)
    with pytest.raises(KeyboardInterrupt):
        harvest(cast(Facility, endless), {})
    endless.cancelled.set()


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


def test_ctrl_c_in_a_shell_leaves_what_was_read_and_the_rest_pending(folder: Path, titan: Path, ask: Lims) -> None:
    files = 600
    for number in range(files):
        (titan / f"{number:03}.txt").write_text(f"file {number}\n")
    command = [sys.executable, "-m", "lims.cli.main", "--facility", str(folder), "harvest", "--workers", "1", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not psutil.Process(process.pid).children():  # the fork server
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, "Traceback" in err) == (130, False), err
    report = json.loads(out)
    assert (report["cancelled"], report["registered"] > report["extracted"]) == (True, True)
    assert ask("harvest", "--status", "--json").document["pending"] == report["left"]


def test_cancel_says_whether_there_was_anything(ask: Lims) -> None:
    assert ask("harvest", "--cancel").out == "No harvest is under way.\n"
    assert ask("harvest", "--cancel", "--json").document == {"cancelled": 0}
    assert ask("harvest", "--cancel", "--status").code == 2


def test_progress_is_told_in_words_people_read() -> None:
    state = {
        "done": 12, "total": 30, "bytes_done": 1_200_000_000, "bytes_total": 3_000_000_000, "files_per_s": 20.04,
        "bytes_per_s": 80_000_000, "remaining_s": 70.2,
    }
    assert pace_of(state) == "12 of 30 files, 1.2 GB of 3.0 GB, 20 files/s, 80.0 MB/s, 0:01:10 left"
    assert pace_of({"done": 0, "total": 0}) == ""
    large = {"bytes_done": 5_000_000_000, "bytes": 1_000_000_000_000, "bytes_per_s": 500_000_000, "remaining_s": 1990.0}
    assert hashing_of(large) == "5.0 GB of 1.0 TB, 500.0 MB/s, 0:33:10 left"
    assert hashing_of({**large, "bytes_per_s": 0, "remaining_s": None}) == "5.0 GB of 1.0 TB"
