"""What every operation works with: the opened parts of one facility."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lims.alerts import Alerts
from lims.catalog import Catalog
from lims.extractors import Pool
from lims.facility.sql.running import Statements
from lims.harvest import Harvester
from lims.model import Principal
from lims.settings import Settings
from lims.stores import Store


@dataclass(frozen=True)
class Desk:
    """uploads: where a file waits between its upload and the operation that takes it."""

    settings: Settings
    catalog: Catalog
    stores: dict[str, Store]
    harvester: Harvester
    pool: Pool
    previews: Path
    uploads: Path
    alerts: Alerts
    statements: Statements
    _held: dict[tuple[str, str], threading.Lock] = field(default_factory=dict)

    @contextmanager
    def one_at_a_time(self, principal: Principal, request_key: str | None) -> Iterator[None]:
        """The same request twice at once waits for itself: for work outside of the catalog, which has its own order."""
        if request_key is None:
            yield
            return
        name = principal.name, str(request_key)
        with self._held.setdefault(name, threading.Lock()):
            try:
                yield
            finally:
                self._held.pop(name, None)
