"""Events of the file system: that something came below a prefix, without looking.

They save time and never replace looking: an event may be lost, and network disks have none.
"""

import errno
import logging
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from lims.errors import LimsError
from lims.harvest.tools import Tools
from lims.stores import FolderStore
from lims.stores.mounts import NETWORK_FILE_SYSTEMS, file_system_of

log = logging.getLogger(__name__)
LISTEN_S = 0.1
BY_EVENTS = "events"
TOO_MANY = (errno.ENOSPC, errno.EMFILE, errno.ENOMEM)


class Watching:
    """Hears of files that come, for the instruments whose grounds are all on disks that tell of them.

    how: {STORE:PREFIX: BY_EVENTS, or "polling" and why}. Uses watchdog, which follows no links (watchfiles follows
    them out of the store).
    """

    def __init__(self, tools: Tools, *, wanted: bool) -> None:
        self.tools = tools
        self.how: dict[str, str] = {}
        self._why_not = "" if wanted else "facility.toml says events = false"
        self._observer: Any = None
        self._watched: dict[tuple[str, str], tuple[Any, tuple[int, int]]] = {}
        self._heard: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    # --- who is watched ------------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Watch what can be watched now: a folder may have come, or be another one, since the last time."""
        before, self.how = self.how, self._tried()
        if BY_EVENTS in self.how.values() and (reason := self._no_room()):
            self._why_not = reason  # for good: each further try would cost a walk through everything
            self.stop()
            self.how = self._tried()
        for place, how in self.how.items():
            if before.get(place) != how:
                log.info("files below %s are found by %s", place, how)

    def covers(self, instrument: str) -> bool:
        grounds = [one for one in self.tools.all_grounds if one.instrument.id == instrument]
        return all(self.how.get(f"{one.store}:{one.prefix}") == BY_EVENTS for one in grounds)

    def stop(self) -> None:
        observer, self._observer, self._watched = self._observer, None, {}
        if observer is not None:
            observer.stop()
            observer.join()

    def _tried(self) -> dict[str, str]:
        places = dict.fromkeys((one.store, one.prefix) for one in self.tools.all_grounds)
        return {f"{store}:{prefix}": self._how(store, prefix) for store, prefix in places}

    def _how(self, store: str, prefix: str) -> str:
        reason = self._why_not
        if not reason:
            try:
                reason = self._watch(store, prefix)
            except (LimsError, OSError, ImportError) as error:
                reason = reason_of(error)
        return f"polling: {reason}" if reason else BY_EVENTS

    def _watch(self, store: str, prefix: str) -> str:
        """Why it cannot be watched, "" once it is."""
        opened = self.tools.stores.get(store)
        if not isinstance(opened, FolderStore):
            return "the store is not a folder of this machine"
        folder = opened.local_path(prefix.rstrip("/")) if prefix else opened.root.resolve()
        kind = file_system_of(folder)
        if kind in NETWORK_FILE_SYSTEMS:
            return f"that is a network disk ({kind})"
        identity = (folder.stat().st_dev, folder.stat().st_ino)
        watch, known = self._watched.pop((store, prefix), (None, None))
        if known != identity or not self._is_alive(watch):
            if watch is not None:
                self._observer.unschedule(watch)
            watch = self._scheduled(store, prefix, folder)
        self._watched[store, prefix] = (watch, identity)
        return ""

    def _is_alive(self, watch: Any) -> bool:
        """A watch ends with its folder, and a new folder may have the number of the old one."""
        return any(one.watch == watch and one.is_alive() for one in self._observer.emitters)

    def _scheduled(self, store: str, prefix: str, folder: Path) -> Any:
        events, observers = watchdog()
        if self._observer is None:
            self._observer = observers.Observer()
            self._observer.start()
        here = [one for one in self.tools.all_grounds if (one.store, one.prefix) == (store, prefix)]
        handler = events.FileSystemEventHandler()
        handler.on_any_event = lambda _: self.hear({one.instrument.id for one in here})
        # Only Linux says when a file is closed; each single writing, as elsewhere, would keep Linux busy.
        written = events.FileClosedEvent if sys.platform == "linux" else events.FileModifiedEvent
        of_files = [events.FileCreatedEvent, written, events.FileMovedEvent, events.FileDeletedEvent]
        wanted = [*of_files, events.DirMovedEvent, events.DirDeletedEvent]
        return self._observer.schedule(handler, str(folder), recursive=True, event_filter=wanted)

    def _no_room(self) -> str:
        """Why not one more folder can be watched: some of those below may not be either, and nothing says so."""
        events, _ = watchdog()
        with TemporaryDirectory(prefix="lims-watch-") as folder:
            try:
                self._observer.unschedule(self._observer.schedule(events.FileSystemEventHandler(), folder))
            except OSError as error:
                return reason_of(error)
        return ""

    # --- what is heard -------------------------------------------------------------------------------------------

    def hear(self, instruments: Iterable[str]) -> None:
        now = time.monotonic()
        with self._lock:
            self._heard |= {one: (self._heard.get(one, (now, now))[0], now) for one in instruments}

    def wait(self, stop: threading.Event, *, least_s: float, most_s: float) -> frozenset[str]:
        """Wait until files that were heard of may be quiet, or for `most_s`. Returns their instruments."""
        begin = time.monotonic()
        while not stop.wait(LISTEN_S if self._observer is not None else most_s):
            waited = time.monotonic() - begin
            if waited >= least_s and (waited >= most_s or self._is_due()):
                break
        return self._due()

    def _is_due(self) -> bool:
        limit = time.monotonic() - self.tools.settling.settle_s
        with self._lock:
            return any(first < limit for first, _ in self._heard.values())

    def _due(self) -> frozenset[str]:
        """Whoever was heard of long enough ago; again later, where it was heard of since."""
        limit = time.monotonic() - self.tools.settling.settle_s
        with self._lock:
            due = frozenset(one for one, (first, _) in self._heard.items() if first < limit)
            later = {one: (last, last) for one, (first, last) in self._heard.items() if first < limit <= last}
            self._heard = {one: times for one, times in self._heard.items() if one not in due} | later
        return due


def watchdog() -> tuple[ModuleType, ModuleType]:
    """Its events and its observers: 0.1 s, for a service that listens only. Raises ImportError where it cannot."""
    from watchdog import events, observers

    return events, observers


def reason_of(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    if error.errno in TOO_MANY:
        return "the system watches as many folders as it may (fs.inotify.max_user_watches, max_user_instances)"
    return (error.strerror or str(error)).lower()
