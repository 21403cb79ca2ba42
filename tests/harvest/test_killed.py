"""kill -9 of the service and its workers, again and again at any moment, while people log and files come.

What was acknowledged is there once; what was not is there once when it is asked again; and somebody who looks all the
time never sees half a record.
"""

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from lims.errors import Unavailable
from lims.facility.connect import service_of
from lims.facility.facility import Facility
from lims.facility.views import RecordView
from lims.model import record_id_of
from tests.facilities import write_facility
from tests.services import Service, kill_all, until
from tests.simulator import shots
from tests.simulator.account import account, twice
from tests.simulator.instrument import set_time

T = TypeVar("T")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MONDAY = datetime(2018, 10, 29, tzinfo=UTC)
LATEST_KILL_S = 3.0
FINISHED = ("complete", "attention")


@dataclass
class Visit:
    """One session, and the contents of its files by name."""

    number: int
    session: str = ""
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def start(self) -> datetime:
        return MONDAY + self.number * HOUR


class Person:
    """Logs visits, and asks again, under the same key, whenever an answer does not come."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.acknowledged: list[str] = []

    def visit(self, number: int, earlier: Sequence[Visit]) -> Visit:
        one = Visit(number)
        self.write_files(one)
        about = {"title": f"Visit {number}", "at": one.start, "request_key": f"start {number}"}
        one.session = self.insist(lambda lims: lims.start_session("titan", **about)).id
        self.acknowledged.append(one.session)
        self.insist(lambda lims: lims.note_session(one.session, "It drifts.", one.start, request_key=f"note {number}"))
        if earlier:
            self.meddle(self.chance.choice(earlier))
        end = one.start + 40 * MINUTE
        self.insist(lambda lims: lims.end_session(one.session, at=end, request_key=f"end {number}"))
        return one

    def write_files(self, one: Visit) -> None:
        for place in range(4):
            at = one.start + (1 + 2 * place) * MINUTE
            picture = shots.picture(at, 100 * one.number + place)
            self.write(one, f"{one.number:03}_{place}.dm3", picture, at)
        self.write(one, f"{one.number:03}.txt", shots.note(one.number), one.start + MINUTE)

    def meddle(self, one: Visit) -> None:
        """A file comes late, another one is replaced."""
        late = f"{one.number:03}_late_{len(one.files)}.txt"
        self.write(one, late, late.encode(), one.start + 5 * MINUTE)
        self.write(one, f"{one.number:03}.txt", f"again {late}".encode(), one.start + 7 * MINUTE)

    def write(self, one: Visit, name: str, content: bytes, at: datetime) -> None:
        path = self.folder / "store" / "Titan_TEM" / name
        part = path.with_name(".coming")
        part.write_bytes(content)
        set_time(part, at)
        part.replace(path)
        one.files[name] = content

    def insist(self, ask: Callable[[Facility], T]) -> T:
        answer: list[T] = []

        def is_answered() -> bool:
            lims = service_of(self.folder)
            if lims is None:
                return False
            try:
                with lims:
                    answer.append(ask(lims))
            except Unavailable:
                return False
            return True

        until(is_answered, "an answer")
        return answer[0]


class Onlooker(threading.Thread):
    """Looks at records all the time, and notes whatever should never be seen. acknowledged: sessions, as they come."""

    def __init__(self, folder: Path, acknowledged: list[str]) -> None:
        super().__init__(name="onlooker", daemon=True)
        self.folder = folder
        self.acknowledged = acknowledged
        self.stopped = threading.Event()
        self.chance = random.Random(len(str(folder)))
        self.looks = 0
        self.wrong: list[str] = []
        self.complete: dict[str, set[str]] = {}

    def run(self) -> None:
        while not self.stopped.wait(0.02):
            lims = service_of(self.folder)
            if lims is None:
                continue
            try:
                with lims:
                    while not self.stopped.is_set():
                        self.look(lims)
            except Unavailable:
                continue
            except Exception as error:  # noqa: BLE001 — whatever it is, it should never be seen
                self.wrong.append(f"{type(error).__name__}: {error}")

    def look(self, lims: Facility) -> None:
        promised = set(self.acknowledged)
        hits = lims.search_page("", kind="record", limit=200, sort="newest").items
        self.wrong += [f"the acknowledged {one} is not there" for one in promised - {hit.session for hit in hits}]
        for hit in (*hits[:2], *self.chance.sample(hits, min(2, len(hits)))):
            seen = lims.record(hit.id)
            self.wrong += [f"{seen.title}, {seen.record.state}: {one}" for one in (*half(seen), *self.lost(seen))]
            self.looks += 1

    def lost(self, seen: RecordView) -> list[str]:
        """What a finished record has had, it keeps."""
        names = set(names_of(seen))
        gone = self.complete.get(seen.id, set()) - names
        if seen.record.state in FINISHED:
            self.complete[seen.id] = names
        return [f"{name} has gone" for name in sorted(gone)]

    def stop(self) -> None:
        self.stopped.set()
        self.join(60)


def names_of(seen: RecordView) -> list[str]:
    placed = [tile.name for activity in seen.activities for tile in activity.datasets]
    return [*placed, *(tile.name for tile in seen.unplaced)]


def half(seen: RecordView) -> list[str]:
    """What makes a record half a record."""
    placed = [tile.id for activity in seen.activities for tile in activity.datasets]
    shown = len(placed) + len(seen.unplaced)
    wrong = [f"{one} is in two activities" for one in twice(placed)]
    wrong += [f"{one} is there twice" for one in twice(names_of(seen))]
    if seen.record.datasets != shown:
        wrong.append(f"it counts {seen.record.datasets} datasets and shows {shown}")
    if len(seen.activities) != seen.record.activities:
        wrong.append(f"it counts {seen.record.activities} activities and shows {len(seen.activities)}")
    if seen.record.state in FINISHED and seen.unplaced:
        wrong.append(f"{[tile.name for tile in seen.unplaced]} are in no activity")
    if any(not activity.datasets for activity in seen.activities):
        wrong.append("an activity is empty")
    return wrong


def kill_something(service: Service, chance: random.Random) -> list[psutil.Process]:
    """The service, its workers, or all of them; then it is started again where it is dead."""
    time.sleep(chance.uniform(0, LATEST_KILL_S))
    what = chance.choice(("service", "workers", "all"))
    if what == "workers":
        workers = service.workers()
        kill_all(workers)
        return workers
    workers = service.kill(with_workers=what == "all")
    service.start().close()
    return workers


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.long)])
def test_killed_at_any_moment(tmp_path: Path, rounds: int) -> None:
    folder = write_facility(tmp_path / "facility")
    chance = random.Random(rounds)
    person, visits, workers = Person(folder, chance), list[Visit](), list[psutil.Process]()
    onlooker = Onlooker(folder, person.acknowledged)
    with Service(folder) as service, ThreadPoolExecutor(1) as killer:
        service.start().close()
        onlooker.start()
        try:
            for number in range(rounds):
                killing: Future[list[psutil.Process]] = killer.submit(kill_something, service, chance)
                visits.append(person.visit(number, visits))
                workers += killing.result()
            service.stop()
            service.start().close()  # what it has seen growing until now is forgotten, and need not be waited for
            wait_until_built(service, visits)
        finally:
            onlooker.stop()
        with service.facility() as lims:
            check_whole(lims, folder, visits)
        until(lambda: not any(is_alive(one) for one in workers), "the workers of a killed service end by themselves")
    assert onlooker.looks > rounds
    assert list(dict.fromkeys(onlooker.wrong)) == []


def wait_until_built(service: Service, visits: Sequence[Visit]) -> None:
    files = sum(len(one.files) for one in visits)

    def is_built() -> bool:
        with service.facility() as lims:
            states = {hit.state for hit in lims.search_page("", kind="record", limit=200).items}
            known = lims.search_page("", kind="dataset", limit=0).total
            status = lims.ask("harvest_status", {})
        return states <= {"complete"} and known == files and status["pending"] == status["hash_pending"] == 0

    until(is_built, "all records are complete", pause_s=0.5)
    time.sleep(2)  # and stay so


def check_whole(lims: Facility, folder: Path, visits: Sequence[Visit]) -> None:
    """Every session once, with each of its events once; every file once, as it lies there now, in one activity."""
    known = account(lims, folder / "store")
    assert {one.session.id for one in known.records} == {one.session for one in visits}
    assert len(known.records) == len(visits)
    by_name = {one.name: one for one in known.datasets}
    assert len(by_name) == len(known.datasets)
    for visit in visits:
        record = lims.record(record_id_of(visit.session))
        assert half(record) == []
        assert (record.record.state, record.record.failed) == ("complete", 0)
        assert sorted(names_of(record)) == sorted(visit.files)
        assert Counter(event.kind for event in record.events) == Counter(start=1, note=1, end=1)
        for name, content in visit.files.items():
            one = by_name[name]
            assert (one.sha256, one.status) == (hashlib.sha256(content).hexdigest(), "extracted")
            assert one.version == len(one.former) + 1
            assert name.endswith(".txt") or lims.preview(one.id).data


def is_alive(one: psutil.Process) -> bool:
    try:
        return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
