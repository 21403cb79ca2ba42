import threading
from datetime import UTC, datetime, timedelta

from lims.logbook import end_session
from tests.harvest.conftest import ADA, MINUTE, Lab, until

HOUR = timedelta(hours=1)


def test_the_background_follows_an_open_session_to_its_end(lab: Lab) -> None:
    session = lab.session(at=datetime.now(UTC) - HOUR, end=None)
    thread = threading.Thread(target=lab.harvester.run_forever, args=(lab.stop,))
    thread.start()
    try:
        lab.put("Titan_TEM/a.txt", at=datetime.now(UTC) - MINUTE)
        until(lambda: lab.record(session).datasets == 1)
        assert lab.record(session).state == "open"
        lab.put("Titan_TEM/b.txt", at=datetime.now(UTC) - MINUTE / 2)
        end_session(lab.catalog, ADA, session.id)
        until(lambda: lab.record(session).state == "complete")
        assert lab.record(session).datasets == 2
        assert lab.harvester.status()["background"] is True
    finally:
        lab.stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_the_background_survives_a_store_that_is_gone(lab: Lab) -> None:
    session = lab.session()
    lab.store.rename(lab.folder / "unmounted")
    thread = threading.Thread(target=lab.harvester.run_forever, args=(lab.stop,))
    thread.start()
    try:
        until(lambda: bool(lab.harvester.status()["unavailable"]))
        assert lab.record(session).state == "building"
        (lab.folder / "unmounted").rename(lab.store)
        until(lambda: lab.record(session).state == "complete")
    finally:
        lab.stop.set()
        thread.join(20)


def test_the_background_survives_any_failure_of_a_pass(lab: Lab) -> None:
    session = lab.session()
    stores, lab.harvester.tools.stores = lab.harvester.tools.stores, {}
    thread = threading.Thread(target=lab.harvester.run_forever, args=(lab.stop,))
    thread.start()
    try:
        until(lambda: "KeyError" in lab.harvester.status().get("trouble", ""))
        lab.harvester.tools.stores = stores
        until(lambda: lab.record(session).state == "complete")
        assert "trouble" not in lab.harvester.status()
    finally:
        lab.stop.set()
        thread.join(20)
