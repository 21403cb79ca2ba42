"""The facility opened in this process: it owns the catalog while it is open."""

import fcntl
import os
import shutil
import uuid
from pathlib import Path
from typing import IO, Any, TypeVar

from lims.access import principal_of_os_user
from lims.alerts import Alerts
from lims.catalog import Catalog, Transaction
from lims.errors import Unavailable
from lims.extractors import Pool
from lims.facility.desk import Desk
from lims.facility.facility import Facility
from lims.facility.jsonable import to_json
from lims.facility.operations import OPERATIONS
from lims.facility.operations.datasets import file_of
from lims.facility.sql.running import Statements
from lims.facility.views import Content
from lims.harvest import Harvester
from lims.importing import Readable
from lims.model import SYSTEM, Principal
from lims.settings import Settings, load_settings
from lims.stores import FolderStore, open_stores

T = TypeVar("T")


class FacilityInUse(Unavailable):
    """Another process owns the catalog."""

    def __init__(self, folder: Path, process: str = "") -> None:
        super().__init__(
            f"The facility at {folder} is in use by another process{process and f' ({process})'}.",
            hint="Wait until it has ended, or stop it; several can work at once with: lims serve",
        )


class LocalFacility(Facility):
    """Opens a facility folder. Raises NoFacility, Invalid (facility.toml), or FacilityInUse."""

    is_here = True

    def __init__(self, folder: Path, principal: Principal | None = None) -> None:
        self.folder = folder.resolve()
        settings = load_settings(self.folder)
        self.principal = principal or principal_of_os_user(settings.access)
        self.lock = take_lock(self.folder)
        try:
            self.desk = open_desk(settings)
        except BaseException:
            self.lock.close()
            raise
        note_instruments(self.desk)

    def run_as(self, principal: Principal, operation: str, arguments: dict[str, Any]) -> Any:
        """Any operation as any principal: what the service calls after it has learned who asks."""
        return OPERATIONS[operation].run(self.desk, principal, arguments)

    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        answer = self.run_as(self.principal, operation, arguments)
        return answer if isinstance(answer, Content) else to_json(answer)

    def call(self, operation: str, kind: type[T], /, **arguments: Any) -> T:
        answer: T = self.run_as(self.principal, operation, arguments)
        return answer

    def upload_stream(self, stream: Readable, size: int | None) -> str:
        token = uuid.uuid4().hex
        staged = self.desk.uploads / token
        try:
            with staged.open("wb") as copy:
                shutil.copyfileobj(stream, copy, 1 << 20)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        return token

    def fetch(self, dataset: str, key: str, target: Path) -> None:
        store, wanted = file_of(self.desk, self.principal, dataset, key)
        part = target.with_name(f".{uuid.uuid4().hex}.part")  # the name itself may be as long as a name can be
        with store.open(wanted) as source, part.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        part.replace(target)

    def close(self) -> None:
        self.desk.statements.close()
        self.desk.harvester.close()
        self.desk.pool.close()
        self.desk.catalog.close()
        self.lock.close()


def take_lock(folder: Path) -> IO[str]:
    """The lock lives as long as its file is open, so it cannot outlast a killed process."""
    run = folder / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    lock = (run / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        process = lock.read(20).strip()
        lock.close()
        raise FacilityInUse(folder, process) from error
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def open_desk(settings: Settings) -> Desk:
    folder = settings.folder
    previews, uploads = folder / "previews", folder / "run" / "uploads"
    for private in (folder / "run", uploads, previews, folder / "catalog", folder / "logs"):
        private.mkdir(exist_ok=True)
        private.chmod(0o700)  # whoever has another account on this computer asks the service, as everybody
    keep_days = settings.catalog.keep_snapshots_days or None
    catalog = Catalog.open(folder / "catalog", extensions=folder / "extensions", keep_days=keep_days)
    stores = open_stores(settings)
    for store in stores.values():
        if store.writable and isinstance(store, FolderStore) and store.root.is_relative_to(folder):
            store.root.mkdir(mode=0o700, parents=True, exist_ok=True)  # elsewhere it may be a mount that is missing
    pool = Pool()
    harvester = Harvester(catalog, stores, settings, previews, pool)
    alerts = Alerts(catalog, settings)
    statements = Statements(catalog.folder, folder / "extensions", settings.sql)
    return Desk(settings, catalog, stores, harvester, pool, previews, uploads, alerts, statements)


def note_instruments(desk: Desk) -> None:
    """facility.toml is the truth about instruments; the catalog keeps its own copy for queries and history.

    Where a change of it says otherwise when files were acquired, or whose they are, they are placed anew.
    """
    known = {one.id: one for one in desk.catalog.view(SYSTEM).instruments()}
    changed = [one for one in desk.settings.instrument_list() if known.get(one.id) != one]

    def note(change: Transaction) -> None:
        change.put_all(changed, action="instrument.configure")
        for one in changed:
            if one.id in known:
                desk.harvester.placing.reconfigured(change, known[one.id], one)

    if changed:
        desk.catalog.write(note, by=SYSTEM)
