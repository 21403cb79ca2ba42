"""The service as a process: starting, stopping, being killed, and harvesting beside its answers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lims.facility.connect import connect, service_of
from lims.facility.remote import RemoteFacility
from lims.model import record_id_of
from lims.service.sockets import LONGEST_PATH, listen_at_path, remove_socket
from tests.facilities import write_facility
from tests.filled import write_picture

PATIENCE_S = 60.0
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facility(tmp_path / "facility")


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(*more: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "lims.service", str(folder), *more]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE_S} s"
        time.sleep(0.05)


def found(folder: Path) -> RemoteFacility:
    until(lambda: service_of(folder), "the service answers")
    service = service_of(folder)
    assert service is not None
    return service


def past_session(facility: RemoteFacility, folder: Path, pictures: int = 1) -> str:
    """A session an hour ago, its files already in the store; the record is built in the background."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    for number in range(pictures):
        picture = folder / "store" / "Titan_TEM" / f"film{number}.tif"
        write_picture(picture, begin + timedelta(minutes=10, seconds=number))
    return facility.start_session("titan", title="Film", at=begin, end=begin + timedelta(minutes=30)).id


def test_it_answers_and_leaves_nothing_when_it_is_asked_to_stop(start: Start, folder: Path) -> None:
    process = start()
    with found(folder) as facility:
        assert facility.me().name == "m.keller"
        assert facility.me().is_staff
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    left = {path.name for path in (folder / "run").iterdir()}
    assert not left & {"service.json", "service.sock"}


def test_only_its_owner_may_come_near_the_socket(start: Start, folder: Path) -> None:
    start()
    found(folder).close()
    assert (folder / "run").stat().st_mode & 0o077 == 0
    assert (folder / "run" / "service.sock").stat().st_mode & 0o077 == 0


def test_without_a_hub_it_listens_nowhere_else(start: Start, folder: Path) -> None:
    process = start()
    found(folder).close()
    listening = subprocess.run(
        [sys.executable, "-c", LISTENING, str(process.pid)], check=True, capture_output=True, text=True
    )
    assert listening.stdout.split() == []


LISTENING = """
import psutil, sys
print(*(c.laddr for c in psutil.Process(int(sys.argv[1])).net_connections("inet") if c.status == "LISTEN"))
"""


def test_a_second_one_names_the_process_that_has_the_facility(start: Start, folder: Path) -> None:
    first = start()
    found(folder).close()
    second = start()
    _, said = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 2
    assert str(first.pid) in said
    assert "Traceback" not in said


@pytest.mark.parametrize("registered", [0, 3], ids=["before the harvest", "during the harvest"])
def test_kill_9_after_the_acknowledged_end_loses_nothing_and_doubles_nothing(
    start: Start, folder: Path, registered: int
) -> None:
    process = start()
    with found(folder) as facility:
        session = past_session(facility, folder, pictures=8)
        until(lambda: len(facility.session(session).tiles) >= registered, "the harvest has begun")
    process.kill()
    process.wait()
    assert (folder / "run" / "service.json").exists()
    start()
    with found(folder) as facility:
        record = record_id_of(session)
        until(lambda: facility.record(record).record.state == "complete", "the record is built after the restart")
        shown = facility.record(record)
        placed = [tile.name for activity in shown.activities for tile in activity.datasets]
        assert sorted(placed) == [f"film{number}.tif" for number in range(8)]
        assert facility.search("Film", kind="record").total == 1
        assert facility.search("film", kind="dataset").total == 8


def test_the_harvest_runs_by_itself_beside_the_answers(start: Start, folder: Path) -> None:
    start()
    with found(folder) as facility:
        session = facility.start_session("titan", title="Live").id
        write_picture(folder / "store" / "Titan_TEM" / "live.tif", datetime.now(UTC))
        until(lambda: facility.session(session).tiles, "a file arrives while the session is open")


def test_a_wrong_folder_is_a_sentence(tmp_path: Path) -> None:
    nowhere = subprocess.run(
        [sys.executable, "-m", "lims.service", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert nowhere.returncode == 2
    assert str(tmp_path) in nowhere.stderr
    assert "lims init" in nowhere.stderr


def test_it_ends_with_its_parent_where_it_is_told_to(folder: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("optional: only Linux tells a child of its parent's end")
    command = [sys.executable, "-m", "lims.service", str(folder), "--with-parent"]
    code = f"import os, subprocess; subprocess.run([*{command!r}, str(os.getpid())])"
    parent = subprocess.Popen([sys.executable, "-c", code])
    found(folder).close()
    pid = json.loads((folder / "run" / "service.json").read_text())["pid"]
    parent.kill()
    parent.wait()
    until(lambda: not is_running(pid), "the service ends with its parent")


def test_it_does_not_begin_where_its_parent_has_ended_meanwhile(folder: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    command = [sys.executable, "-m", "lims.service", str(folder), "--with-parent", str(ended.pid)]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
    assert not (folder / "run" / "service.json").exists()


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * LONGEST_PATH)
    deep.mkdir()
    listening, path = listen_at_path(deep)
    with listening, socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))
    assert len(os.fsencode(path)) <= LONGEST_PATH
    assert path.parent.stat().st_mode & 0o077 == 0
    remove_socket(path, deep)
    assert not path.parent.exists()


def test_python_finds_the_running_service_by_the_folder(start: Start, folder: Path) -> None:
    start()
    found(folder).close()
    with connect(folder) as facility:
        assert isinstance(facility, RemoteFacility)
