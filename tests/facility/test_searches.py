"""Saved searches through every door, and alerts of a service that is killed and started again."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from lims.errors import Conflict, Invalid, NotFound
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from lims.model import Principal
from tests.alerts.receivers import Hook, running
from tests.services import Service, until


def take_pictures(folder: Path, *names: str) -> None:
    """Each of other bytes: the same would be the same dataset in another place."""
    for name in names:
        path = folder / "store" / "Titan_TEM" / name
        Image.new("L", (64, 64), len(name)).save(path, description=name)
        moment = datetime.now(UTC).timestamp() - 1800
        os.utime(path, (moment, moment))


def test_a_search_tells_what_is_new_until_it_was_looked_at(facility: Facility, folder: Path) -> None:
    facility.start_session("titan", at=datetime.now(UTC) - timedelta(hours=1), title="Steel")
    saved = facility.save_search("steel", "steel", kind="dataset", filters={"format": ["tiff"]}, sort="name")
    assert (saved.kind, saved.filters, saved.sort, saved.page) == ("dataset", {"format": ("tiff",)}, "name", False)
    facility.set_alert(saved.id, page=True)
    assert facility.alerts() == []
    take_pictures(folder, "a.tif", "b.tif")
    facility.harvest(all=True)
    (found,) = facility.alerts()
    assert (found.id, found.unread) == (saved.id, 2)
    shown = facility.search_page(found.query, kind="dataset", filters={"id": found.newest})
    assert {hit.name for hit in shown.items} == {"a.tif", "b.tif"}
    seen = facility.mark_seen(saved.id, until=found.until)
    assert (seen.unread, facility.alerts()) == (0, [])
    assert facility.rename_search(saved.id, "films").name == "films"
    assert facility.remove_search(saved.id).name == "films"
    assert facility.searches() == []


def test_what_is_wrong_is_the_same_error_everywhere(facility: Facility) -> None:
    with pytest.raises(Invalid, match="at character"):
        facility.save_search("a", "voltage:>=200nm")
    with pytest.raises(Invalid, match="kind"):
        facility.save_search("a", "", kind="run")
    saved, other = facility.save_search("a"), facility.save_search("b")
    with pytest.raises(Conflict):
        facility.rename_search(other.id, saved.name)
    with pytest.raises(NotFound):
        facility.mark_seen("sav-0000000000")
    with pytest.raises(Invalid, match="sends no e-mail"):
        facility.set_alert(saved.id, mail=True)


def test_the_same_request_at_once_saves_one(facility: Facility) -> None:
    def save(number: int) -> str:
        return facility.save_search("a", "steel", request_key="same").id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(save, range(4)))) == 1
    with pytest.raises(Conflict, match="used for something else"):
        facility.save_search("a", "film", request_key="same")


def test_nobody_lists_anothers(folder: Path) -> None:
    with LocalFacility(folder) as facility:
        facility.save_search("secret", "steel")
        for who in (Principal("bob"), Principal("cleo", is_staff=True)):
            assert facility.run_as(who, "searches", {}) == []
            assert facility.run_as(who, "alerts", {}) == []


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    with running(server):
        yield server


def test_a_service_that_is_killed_tells_all_of_it_and_the_page_nothing_twice(folder: Path, hook: Hook) -> None:
    """By itself: nobody asks for a harvest. The webhook may hear twice of what was just under way, and of all."""
    with (folder / "facility.toml").open("a") as file:
        file.write(f'\n[alerts]\nwebhooks = ["{hook.host}"]\ndigest_s = 0\n')
    service = Service(folder)
    facility = service.start()
    try:
        facility.start_session("titan", at=datetime.now(UTC) - timedelta(hours=1), title="Steel")
        saved = facility.save_search("steel", "steel")
        facility.set_alert(saved.id, page=True, webhook=f"http://{hook.host}/")
        names = [f"{number}.tif" for number in range(6)]
        for number, name in enumerate(names):
            take_pictures(folder, name)
            if number == 2:
                until(lambda: hook.script.posts, "the first message", 100)
                service.kill()
                facility = service.start()
            if number == 4:
                service.kill()
                facility = service.start()
        until(lambda: told(hook) >= set(names), "all are told", 100)
        until(lambda: facility.searches()[0].unread == len(names), "all are counted", 100)
        assert sorted(facility.searches()[0].newest) == sorted(
            hit.id for hit in facility.search_page("steel", kind="dataset").items
        )
    finally:
        facility.close()
        assert service.process is not None
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(60)


def told(hook: Hook) -> set[str]:
    return {one["name"] for post in hook.script.posts for one in json.loads(post.body)["datasets"]}
