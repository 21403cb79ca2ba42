"""Events of the file system wake the harvest; where there are none it polls, and says why."""

import ctypes
import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from watchdog.observers import inotify_c

from lims.harvest.watching import BY_EVENTS, Watching
from lims.stores.remote import RemoteStore
from tests.harvest.conftest import START, Lab, until

PLACES = ("raw:Titan_TEM/", "raw:FIB-2/")
NEVER_S = 3600.0


@contextmanager
def running(lab: Lab, *, events: bool = True, poll_s: float = NEVER_S) -> Iterator[None]:
    """The background; with events alone, as it would poll in an hour."""
    table = lab.harvester.settings.harvest.model_copy(update={"events": events, "poll_s": poll_s})
    lab.harvester.settings = lab.harvester.settings.model_copy(update={"harvest": table})
    lab.harvester.background.watching = Watching(lab.harvester.tools, wanted=events)
    thread = threading.Thread(target=lab.harvester.run_forever, args=(lab.stop,))
    thread.start()
    try:
        until(lambda: "last_pass" in lab.harvester.status())
        yield
    finally:
        lab.stop.set()
        thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def watching(lab: Lab) -> Iterator[Watching]:
    opened = Watching(lab.harvester.tools, wanted=True)
    opened.renew()
    yield opened
    opened.stop()


def heard(watching: Watching, within_s: float = 2.0) -> frozenset[str]:
    """Who is heard of."""
    return watching.wait(threading.Event(), least_s=0, most_s=within_s)


# --- heard ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["Titan_TEM/a.txt", "Titan_TEM/new/deep/a.txt"])
def test_a_file_is_registered_long_before_the_next_poll(lab: Lab, key: str) -> None:
    with running(lab):
        assert lab.harvester.status()["found_by"] == dict.fromkeys(PLACES, BY_EVENTS)
        path = lab.put(key, at=datetime.now(UTC))
        until(lambda: "a.txt" in lab.datasets())
        path.rename(path.with_name("b.txt"))
        until(lambda: "b.txt" in lab.datasets())


def test_a_file_that_grows_is_followed_until_it_is_quiet_though_nothing_more_is_heard(lab: Lab) -> None:
    lab.harvester.tools.settling.settle_s = 1.5
    with running(lab, poll_s=0.5), (lab.store / "Titan_TEM/a.txt").open("w") as file:
        for _ in range(20):
            file.write("a line\n")
            file.flush()  # and never closed while it is watched
            time.sleep(0.1)
        until(lambda: "a.txt" in lab.datasets())
        assert lab.datasets()["a.txt"].bytes == 20 * len("a line\n")


def test_an_open_session_is_not_looked_for_at_each_poll_where_events_tell(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lims.harvest.background.SLOW_BEATS", 100_000)
    monkeypatch.setattr("lims.harvest.background.QUIET_BEATS", 100_000)
    lab.session(at=datetime.now(UTC) - timedelta(hours=1), end=None)
    looks: list[str] = []
    look = lab.harvester.tools.stores["raw"].look
    lab.harvester.tools.stores["raw"].look = lambda prefix="": looks.append(prefix) or look(prefix)  # type: ignore
    with running(lab, poll_s=0.1):
        until(lambda: len(looks) >= 3)  # what is open, and then everything, once
        time.sleep(0.5)
        before = len(looks)
        time.sleep(1)
        assert len(looks) == before
        lab.put("Titan_TEM/a.txt")
        until(lambda: "a.txt" in lab.datasets())
        assert "FIB-2/" not in looks[before:]


def test_only_the_instrument_whose_store_it_is_is_heard_of(lab: Lab, watching: Watching) -> None:
    lab.put("FIB-2/a.txt")
    assert heard(watching) == {"fib"}
    assert heard(watching, 0.5) == frozenset()


def test_what_is_heard_of_again_is_due_again_after_its_own_silence(lab: Lab, watching: Watching) -> None:
    lab.harvester.tools.settling.settle_s = 0.6
    watching.hear(["titan"])
    time.sleep(0.4)
    watching.hear(["titan"])
    assert heard(watching) == {"titan"}
    assert heard(watching) == {"titan"}
    assert heard(watching, 1.0) == frozenset()


def test_nothing_is_heard_of_what_a_link_leads_to(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (lab.store / "Titan_TEM/link").symlink_to(tmp_path / "outside")
    watching = Watching(lab.harvester.tools, wanted=True)
    watching.renew()
    try:
        (tmp_path / "outside/secret.txt").write_text("x")
        assert heard(watching, 1.0) == frozenset()
        lab.put("Titan_TEM/a.txt")
        assert heard(watching) == {"titan"}
    finally:
        watching.stop()


def emptied(folder: Path) -> None:
    folder.rmdir()
    folder.mkdir()


@pytest.mark.parametrize("replace", [emptied, lambda folder: (folder.rename(f"{folder} old"), folder.mkdir())])
def test_a_folder_that_is_another_one_is_watched_as_soon_as_it_is_noticed(
    lab: Lab, watching: Watching, replace: Callable[[Path], object]
) -> None:
    replace(lab.store / "Titan_TEM")
    heard(watching, 0.5)
    watching.renew()
    lab.put("Titan_TEM/a.txt")
    assert heard(watching) == {"titan"}


def test_what_was_heard_is_not_lost_with_a_pass_that_fails(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(lab):
        failing = [True]
        run_pass = lab.harvester.run_pass

        def once(*arguments: object) -> object:
            if failing.pop() if failing else False:
                raise RuntimeError("the disk hiccups")
            return run_pass(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(lab.harvester, "run_pass", once)
        lab.put("Titan_TEM/a.txt")
        until(lambda: "a.txt" in lab.datasets())
        assert failing == []


@pytest.mark.parametrize("leave", [Path.rmdir, lambda folder: folder.rename(f"{folder} old")])
def test_a_folder_that_goes_and_comes_back_is_watched_from_then_on(
    lab: Lab, watching: Watching, leave: Callable[[Path], object]
) -> None:
    titan = lab.store / "Titan_TEM"
    leave(titan)
    watching.renew()
    assert watching.how[PLACES[0]].startswith("polling: Titan_TEM")
    assert not watching.covers("titan")
    assert watching.covers("fib")
    titan.mkdir()
    watching.renew()
    assert watching.covers("titan")
    heard(watching, 1.0)
    lab.put("Titan_TEM/a.txt")
    assert heard(watching) == {"titan"}


# --- not heard --------------------------------------------------------------------------------------------------------


def test_events_can_be_switched_off_and_files_are_found_all_the_same(lab: Lab) -> None:
    with running(lab, events=False, poll_s=0.1):
        assert set(lab.harvester.status()["found_by"].values()) == {"polling: facility.toml says events = false"}
        lab.put("Titan_TEM/a.txt")
        until(lambda: "a.txt" in lab.datasets())


def failing_after(count: int, number: int) -> Callable[..., int]:
    """inotify_add_watch as it is where only `count` watches are left."""
    add, left = inotify_c.inotify_add_watch, [count]

    def limited(*arguments: object) -> int:
        left[0] -= 1
        if left[0] >= 0:
            return add(*arguments)  # type: ignore[arg-type]
        ctypes.set_errno(number)
        return -1

    return limited


@pytest.mark.parametrize("count", [0, 1, 4])
def test_where_the_system_watches_no_more_folders_all_is_polled_and_it_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Also where only folders further down found no room, of which watchdog says nothing."""
    for number in range(6):
        lab.put(f"Titan_TEM/{number}/a.txt", at=START)
    monkeypatch.setattr(inotify_c, "inotify_add_watch", failing_after(count, errno.ENOSPC))
    with running(lab, poll_s=0.1):
        assert all("max_user_watches" in how for how in lab.harvester.status()["found_by"].values())
        lab.put("Titan_TEM/5/b.txt")
        until(lambda: "b.txt" in lab.datasets())


def test_network_disks_and_buckets_are_polled(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.harvest.watching.file_system_of", lambda _: "nfs4")
    watching = Watching(lab.harvester.tools, wanted=True)
    watching.renew()
    assert set(watching.how.values()) == {"polling: that is a network disk (nfs4)"}
    lab.harvester.tools.stores["raw"] = RemoteStore("raw", "memory://bucket")
    watching.renew()
    assert set(watching.how.values()) == {"polling: the store is not a folder of this machine"}
    watching.stop()
