"""A small facility with two microscopes, its catalog and its harvest, without any door in front."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lims.catalog import Catalog
from lims.extractors import Pool
from lims.harvest import Harvester, HarvestReport
from lims.logbook import start_session
from lims.model import SYSTEM, Activity, Dataset, Principal, Record, Session, Step, record_id_of
from lims.settings import load_settings
from lims.stores import open_stores
from tests.emptying import empty
from tests.facilities import write_facility

ADA, BOB = Principal("ada"), Principal("bob")
START = datetime(2018, 11, 13, 17, 30, tzinfo=UTC)
END = datetime(2018, 11, 13, 20, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Lab:
    """A facility's parts, and short words for what tests do with them."""

    folder: Path
    catalog: Catalog
    harvester: Harvester
    stop: threading.Event

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def put(self, key: str, content: bytes | str | Path = "a note\n", at: datetime = START + MINUTE) -> Path:
        """A file in the raw store, with its time."""
        path = self.store / key
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.read_bytes() if isinstance(content, Path) else content
        path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def session(self, who: Principal = ADA, **about: Any) -> Session:
        return start_session(self.catalog, who, **{"instrument": "titan", "at": START, "end": END, **about})

    def harvest(self, **what: Any) -> HarvestReport:
        return self.harvester.harvest(**what)

    def datasets(self) -> dict[str, Dataset]:
        """By name."""
        return {one.name: one for one in self.catalog.view(SYSTEM).datasets()}

    def steps(self, name: str) -> dict[str, Step]:
        return {one.step: one for one in self.catalog.view(SYSTEM).steps(self.datasets()[name].id)}

    def record(self, session: Session) -> Record:
        return self.catalog.view(SYSTEM).record(record_id_of(session.id))

    def activities(self, session: Session) -> list[Activity]:
        return self.catalog.view(SYSTEM).activities(session.id)


def until(is_so: Callable[[], bool], most_s: float = 120) -> None:
    end = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.2)


def open_lab(folder: Path, pool: Pool, extensions: Path, catalog: Catalog | None = None) -> Lab:
    """catalog: one that is open already; without it the facility has its own."""
    settings = load_settings(folder)
    (folder / "previews").mkdir(exist_ok=True)
    catalog = catalog or Catalog.open(folder / "catalog", extensions=extensions)
    catalog.write(lambda change: change.put_all(settings.instrument_list(), action="instrument.configure"), by=SYSTEM)
    harvester = Harvester(catalog, open_stores(settings), settings, folder / "previews", pool)
    return Lab(folder, catalog, harvester, threading.Event())


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    with Pool() as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_catalog(tmp_path_factory: pytest.TempPathFactory, extensions: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path_factory.mktemp("harvest") / "catalog", extensions=extensions) as opened:
        yield opened


@pytest.fixture
def lab(tmp_path: Path, pool: Pool, extensions: Path, shared_catalog: Catalog) -> Iterator[Lab]:
    yield open_lab(write_facility(tmp_path / "facility"), pool, extensions, shared_catalog)
    empty(shared_catalog)
