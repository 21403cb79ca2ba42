"""Looking for what is new, and delivering what has to go out, for ever."""

import logging
import threading
from collections.abc import Callable

from lims.alerts.outbox import Outbox
from lims.alerts.watching import Watcher
from lims.catalog import Catalog
from lims.errors import LimsError
from lims.settings import Settings

log = logging.getLogger(__name__)
PAUSE_S = 2.0
LAST_DELIVERY_S = 5.0


class Alerts:
    """Telling people what is new for their saved searches."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self.catalog = catalog
        self.watcher = Watcher(catalog, settings)
        self.outbox = Outbox(catalog, settings)
        self._seen = -1

    def look(self) -> None:
        """Now; what goes wrong is logged, since whoever has brought new files has not asked for it."""
        guarded(self.watcher.look)

    def look_if_changed(self) -> None:
        snapshot = self.catalog.snapshot()
        if snapshot != self._seen:
            self.watcher.look()
            self._seen = snapshot

    def run_forever(self, stop: threading.Event, pause_s: float = PAUSE_S) -> None:
        """Until `stop` is set. A mail server that hangs keeps nobody from seeing what is new."""
        delivery = threading.Thread(
            target=repeat, args=(self.outbox.deliver, stop, pause_s), name="alerts-delivery", daemon=True
        )
        delivery.start()
        repeat(self.look_if_changed, stop, pause_s)
        delivery.join(LAST_DELIVERY_S)


def repeat(work: Callable[[], object], stop: threading.Event, pause_s: float) -> None:
    while not stop.wait(pause_s):
        guarded(work)


def guarded(work: Callable[[], object]) -> None:
    """The next time must come, whatever goes wrong this time."""
    try:
        work()
    except LimsError as error:
        log.warning("alerts: %s", error)
    except Exception:  # a thread's front door
        log.exception("alerts: it is tried again")
