"""A catalog with people, sessions and files, written as the harvest writes them, and a facility.toml for alerts."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lims.alerts import Alerts, save_search, searches_of, set_alert
from lims.catalog import Catalog, Transaction
from lims.model import (
    SYSTEM,
    Alert,
    Dataset,
    DatasetStatus,
    Extraction,
    Instrument,
    Person,
    Principal,
    Record,
    SavedSearch,
    SavedSearchView,
    Session,
    Source,
    Value,
    new_id,
    record_id_of,
)
from lims.settings import Settings
from tests.alerts.receivers import Hook, MailSink, running
from tests.facilities import copy_empty_catalog

ADA, BOB, STAFF = Principal("ada"), Principal("bob"), Principal("m.keller", is_staff=True)
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
LATER = timedelta(hours=1)


@dataclass
class Place:
    """What tests do with a facility, in short words."""

    folder: Path
    catalog: Catalog
    settings: Settings
    alerts: Alerts

    def restart(self) -> None:
        """As another process would find it: nothing but the catalog is left."""
        self.alerts = Alerts(self.catalog, self.settings)

    def session(self, who: Principal, **about: Any) -> str:
        made = Session(new_id("session"), "titan", who.name, who.name, START, **about)
        record = Record(record_id_of(made.id), made.id, "open", made.title)
        self.catalog.write(lambda change: change.put_all([made, record], action="session.start"), by=who)
        return made.id

    def register(self, *names: str, session: str | None) -> list[Dataset]:
        keys = [f"Titan_TEM/{new_id('run')}/{one}" for one in names]
        made = [Dataset(new_id("dataset"), "raw", "raw", key, 9, START) for key in keys]
        rows = [replace(one, instrument="titan", session=session) for one in made]
        self.catalog.write(lambda change: change.put_all(rows, action="dataset.register"), by=SYSTEM)
        return rows

    def read(self, rows: list[Dataset], voltage: float = 200e3, status: DatasetStatus = "extracted") -> None:
        values = {"acceleration_voltage": Value(voltage, "V")}

        def keep(change: Transaction) -> None:
            now = {one.id: one for one in change.unrestricted.datasets(ids=[row.id for row in rows])}
            for row in rows:
                read = replace(now[row.id], status=status, format="dm3", normalised=values)
                change.put(read, action="dataset.read")
                if status == "extracted":
                    tree = {"Microscope Info": {"Voltage": voltage}}
                    change.put_extraction(row.id, Extraction("dm3", "rosetta", "1", metadata=tree))

        self.catalog.write(keep, by=SYSTEM)

    def files(self, *names: str, session: str | None, voltage: float = 200e3) -> list[str]:
        """Registered, and then read, as the harvest does it."""
        rows = self.register(*names, session=session)
        self.read(rows, voltage)
        return [one.id for one in rows]

    def saved(self, who: Principal = ADA, name: str = "films", query: str = "", **how: Any) -> SavedSearch:
        """A search with an alert, in the page unless something else is said."""
        about = {one: how.pop(one) for one in ("kind", "filters") if one in how}
        made = save_search(self.catalog, who, name=name, query=query, **about)
        return set_alert(self.catalog, self.settings, who, made.id, Alert(**(how or {"page": True})))

    def shown(self, who: Principal = ADA, name: str = "films") -> SavedSearchView:
        return next(one for one in searches_of(self.catalog.view(who)) if one.name == name)

    def look(self) -> int:
        return self.alerts.watcher.look()

    def deliver(self, after: timedelta = LATER) -> int:
        """As if so much time had gone by."""
        return self.alerts.outbox.deliver(datetime.now(UTC) + after)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory, extensions: Path) -> Path:
    folder = copy_empty_catalog(tmp_path_factory.mktemp("empty") / "catalog")
    people = [Person("ada", "Ada", "ada@example.org"), Person("bob", "Bob")]
    people.append(Person("eve", "Eve", "e@x.org\nBcc: a@b.c"))
    with Catalog.open(folder, extensions=extensions) as catalog:
        titan = Instrument("titan", "Titan TEM", "UTC", (Source("raw", "Titan_TEM/"),))
        catalog.write(lambda change: change.put_all([titan, *people], action="test"), by=SYSTEM)
    return folder


@pytest.fixture
def sink() -> Iterator[MailSink]:
    server = MailSink()
    with running(server):
        yield server


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    with running(server):
        yield server


@pytest.fixture
def place(tmp_path: Path, empty: Path, extensions: Path, sink: MailSink, hook: Hook) -> Iterator[Place]:
    folder = Path(shutil.copytree(empty, tmp_path / "catalog"))
    settings = Settings(
        folder=tmp_path,
        facility={"name": "Test"},
        access={"staff": ["m.keller"]},
        mail={"host": "127.0.0.1", "port": sink.port, "from": "lims@example.org", "starttls": False},
        alerts={"webhooks": [hook.host], "address": "https://hub.example.org/records"},
    )
    with Catalog.open(folder, extensions=extensions) as catalog:
        yield Place(tmp_path, catalog, settings, Alerts(catalog, settings))
