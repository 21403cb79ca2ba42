"""Whatever goes wrong around the harvest: it stops cleanly, says why, loses nothing and goes on by itself.

A full disk is a really full one: a small file system in memory, mounted over the folder in a mount namespace of the
service's own, which root may make, and anybody else inside a user namespace of their own.
"""

import getpass
import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lims.errors import Unavailable
from lims.facility.facility import Facility
from lims.model import record_id_of
from tests.facilities import write_facility
from tests.harvest.test_killed import half, names_of
from tests.services import Service, until
from tests.simulator import shots
from tests.simulator.instrument import set_time

START = datetime(2018, 10, 29, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
SERVE = [sys.executable, "-m", "lims.cli.main", "serve"]
WITHOUT_RESERVE = """
import sys
from lims.harvest import crew
crew.LEAST_FREE_BYTES = 0
from lims.cli.main import main
sys.argv = ["lims", "serve"]
main()
"""
"""The harvest stops while there are still 64 MB; without that reserve, writing itself meets the end of the disk."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facility(tmp_path / "facility")


def write_pictures(folder: Path, count: int) -> list[str]:
    names = [f"{number:03}.dm3" for number in range(count)]
    for number, name in enumerate(names):
        at = START + (number + 1) * timedelta(seconds=10)
        path = folder / "store" / "Titan_TEM" / name
        path.write_bytes(shots.picture(at, number))
        set_time(path, at)
    return names


def log_session(lims: Facility) -> str:
    """Returns the id of its record."""
    return record_id_of(lims.start_session("titan", at=START, end=START + 60 * MINUTE).id)


def status(lims: Facility) -> dict[str, Any]:
    return dict(lims.ask("harvest_status", {}))


def trouble(lims: Facility) -> str:
    return str(status(lims).get("trouble", ""))


def state(lims: Facility, record: str) -> str:
    return str(lims.record(record).record.state)


def check_whole(lims: Facility, record: str, names: list[str]) -> None:
    """Complete, every file once and read, with its picture, and nobody is troubled any more."""
    until(lambda: state(lims, record) in ("complete", "attention"), "the record is built")
    seen = lims.record(record)
    assert half(seen) == []
    assert (seen.record.state, seen.record.failed, sorted(names_of(seen))) == ("complete", 0, sorted(names))
    for tile in (tile for activity in seen.activities for tile in activity.datasets):
        assert (tile.status, tile.failures) == ("extracted", ())
        assert lims.preview(tile.id).data
    until(lambda: not trouble(lims) and not status(lims)["unavailable"], "the trouble is over")
    assert lims.search_page("is:missing", limit=0).total == 0


# --- no room ----------------------------------------------------------------------------------------------------------


@contextmanager
def on_small_disk(folder: Path, inner: str, size: str, serve: list[str]) -> Iterator[tuple[Service, Path]]:
    """A service whose folder `inner` is a disk of its own, of so many bytes; yields that disk as it sees it."""
    (folder / inner).mkdir(exist_ok=True)
    mount = f"mount -t tmpfs -o size={size},mode=700 tmpfs {shlex.quote(str(folder / inner))}"
    tried = subprocess.run([*UNSHARE, "sh", "-c", mount], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"optional: this system lets nobody mount a disk of their own ({tried.stderr.strip()})")
    toml = folder / "facility.toml"
    if getpass.getuser() != "root":  # inside a user namespace everybody is root
        toml.write_text(toml.read_text().replace("[harvest]", 'root = "m.keller"\n\n[harvest]'))
    with Service(folder, [*UNSHARE, "sh", "-c", f"{mount} && exec {shlex.join(serve)}"]) as service:
        service.start().close()
        assert service.process is not None
        yield service, Path(f"/proc/{service.process.pid}/root{folder / inner}")


def fill(disk: Path, leaving: int = 0) -> Path:
    """Fill a disk up to so many bytes."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    os.truncate(filler, max(0, filler.stat().st_size - leaving))
    return filler


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("serve", [SERVE, [sys.executable, "-c", WITHOUT_RESERVE]], ids=["reserve", "to the end"])
def test_no_room_for_pictures(folder: Path, serve: list[str]) -> None:
    names = write_pictures(folder, 20)
    with on_small_disk(folder, "previews", "80m", serve) as (service, disk), service.facility() as lims:
        filler = fill(disk, leaving=8192)
        record = log_session(lims)
        until(lambda: "is full" in trouble(lims), "the harvest says that the disk is full")
        assert str(folder / "previews") in trouble(lims)
        assert state(lims, record) == "building"
        assert half(lims.record(record)) == []
        assert status(lims)["failed"] == 0
        filler.unlink()
        check_whole(lims, record, names)


@pytest.mark.timeout(1800)
def test_no_room_for_the_catalog(folder: Path) -> None:
    names = write_pictures(folder, 20)
    with on_small_disk(folder, "catalog", "24m", SERVE) as (service, disk), service.facility() as lims:
        record = log_session(lims)
        filler = fill(disk)
        until(lambda: "could not write" in trouble(lims), "the harvest says that the catalog cannot be written")
        with pytest.raises(Unavailable, match="could not write"):
            lims.note_session(lims.record(record).session.id, "Nobody can write this down." * 1000)
        assert state(lims, record) == "building"
        filler.unlink()
        check_whole(lims, record, names)
        assert [event.kind for event in lims.record(record).events] == ["start", "end"]


# --- no store ---------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("leaves_a_folder", [False, True], ids=["gone", "an empty mount point"])
def test_the_store_goes_in_the_middle_of_a_pass_and_comes_back(folder: Path, leaves_a_folder: bool) -> None:
    names = write_pictures(folder, 300)
    store, elsewhere = folder / "store", folder / "elsewhere"
    with Service(folder) as service, service.start() as lims:
        record = log_session(lims)
        until(lambda: len(names_of(lims.record(record))) >= 5, "some files have been read", pause_s=0.02)
        store.rename(elsewhere)
        if leaves_a_folder:
            (store / "Titan_TEM").mkdir(parents=True)
        until(lambda: status(lims)["unavailable"], "the harvest says that the store is away")
        seen = lims.record(record)
        assert half(seen) == []
        assert seen.record.state == "building"
        assert len(names_of(seen)) < len(names)
        assert lims.search_page("is:missing", limit=0).total == status(lims)["failed"] == 0
        if leaves_a_folder:
            (store / "Titan_TEM").rmdir()
            store.rmdir()
        elsewhere.rename(store)
        check_whole(lims, record, names)


# --- no lock ----------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(1800)
def test_another_program_holds_the_catalog(folder: Path) -> None:
    names = write_pictures(folder, 20)
    with Service(folder) as service, service.start() as lims:
        record = log_session(lims)
        session = lims.record(record).session.id
        with closing(sqlite3.connect(folder / "catalog" / "catalog.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            until(lambda: "could not write" in trouble(lims), "the harvest says that the catalog cannot be written")
            assert state(lims, record) == "building"  # reading goes on
            with pytest.raises(Unavailable, match="could not write"):
                lims.note_session(session, "While it was locked.", request_key="a note")
            other.execute("ROLLBACK")
        lims.note_session(session, "While it was locked.", request_key="a note")
        check_whole(lims, record, names)
        assert [event.kind for event in lims.record(record).events].count("note") == 1
