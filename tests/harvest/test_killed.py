"""kill -9 after the acknowledged END, and during the harvest: the record is there, once, with every file once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lims.extractors import Pool
from lims.logbook import end_session, start_session
from lims.model import SYSTEM
from tests.facilities import write_facility
from tests.harvest.conftest import ADA, MINUTE, Lab, open_lab

FILES = 40
VICTIM = "tests.harvest.victim"
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def running(tmp_path: Path, pool: Pool, extensions: Path) -> tuple[Path, str]:
    """A facility with an open session of forty files, nobody at work on it."""
    folder = write_facility(tmp_path / "facility")
    lab = open_lab(folder, pool, extensions)
    start = datetime.now(UTC) - timedelta(hours=2)
    session = start_session(lab.catalog, ADA, instrument="titan", at=start)
    for number in range(FILES):
        lab.put(f"Titan_TEM/{number:02}.txt", f"file {number}\n", start + (number + 1) * MINUTE)
    lab.catalog.close()
    return folder, session.id


def victim(folder: Path, extensions: Path, session: str) -> "subprocess.Popen[str]":
    # At the end of the path, so that the installed package comes before the checkout beside the tests.
    run = f"import sys, runpy; sys.path.append({str(PROJECT)!r}); runpy.run_module({VICTIM!r}, None, '__main__')"
    command = [sys.executable, "-c", run, str(folder), str(extensions), session]
    return subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def kill(process: "subprocess.Popen[str]") -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def heard(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == word:
            return
    raise AssertionError(f"the process ended before it said {word}")


def go_on(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def check_whole(lab: Lab, session: str) -> None:
    """One record, complete; every file once, read and hashed, in exactly one activity; one END."""
    view = lab.catalog.view(SYSTEM)
    (record,) = view.records()
    assert (record.session, record.state, record.datasets, record.failed) == (session, "complete", FILES, 0)
    datasets = view.datasets()
    assert Counter(one.name for one in datasets) == Counter({f"{number:02}.txt": 1 for number in range(FILES)})
    assert {(one.session, one.status) for one in datasets} == {(session, "extracted")}
    assert all(one.sha256 for one in datasets)
    placed = Counter(dataset for activity in view.activities(session) for dataset in activity.datasets)
    assert placed == Counter(one.id for one in datasets)
    assert Counter(event.kind for event in view.events(session)) == Counter(start=1, end=1)
    for one in datasets:
        assert len(view.steps(one.id)) == 5


def finish(folder: Path, pool: Pool, extensions: Path, session: str) -> Lab:
    lab = open_lab(folder, pool, extensions)
    end_session(lab.catalog, ADA, session, request_key="the-end")  # the client never heard the answer, so it asks again
    lab.harvest()
    return lab


def test_killed_between_the_acknowledged_end_and_the_harvest(
    running: tuple[Path, str], pool: Pool, extensions: Path
) -> None:
    folder, session = running
    process = victim(folder, extensions, session)
    heard(process, "ENDED")
    kill(process)
    lab = open_lab(folder, pool, extensions)
    assert lab.catalog.view(ADA).session(session).state == "ended"
    assert [one.state for one in lab.catalog.view(ADA).records()] == ["building"]
    lab.catalog.close()
    lab = finish(folder, pool, extensions, session)
    check_whole(lab, session)
    lab.catalog.close()


@pytest.mark.parametrize("files_read", [1, FILES // 2, FILES])
def test_killed_during_the_harvest(running: tuple[Path, str], pool: Pool, extensions: Path, files_read: int) -> None:
    folder, session = running
    process = victim(folder, extensions, session)
    heard(process, "ENDED")
    go_on(process)
    for _ in range(files_read):
        heard(process, "READ")
    kill(process)
    lab = finish(folder, pool, extensions, session)
    check_whole(lab, session)
    lab.catalog.close()


@pytest.mark.long
def test_killed_again_and_again(running: tuple[Path, str], pool: Pool, extensions: Path) -> None:
    folder, session = running
    chance = random.Random(20181113)
    for _ in range(20):
        process = victim(folder, extensions, session)
        heard(process, "ENDED")
        go_on(process)
        time.sleep(chance.uniform(0, 2))
        kill(process)
        lab = open_lab(folder, pool, extensions)
        states = [one.state for one in lab.catalog.view(ADA).records()]
        assert len(states) == 1
        assert states[0] in ("building", "complete")
        lab.catalog.close()
    lab = finish(folder, pool, extensions, session)
    check_whole(lab, session)
    lab.catalog.close()
