"""What is kept in memory beside the tables keeps up with the commits."""

import threading
from abc import ABC, abstractmethod

from lims.catalog.changes import Changes, Feed
from lims.catalog.patience import for_everybody
from lims.catalog.reader import ThreadReader


class Following(ABC):
    """Arrays of the latest commit, or of a state of the past. Whoever reads or follows holds `lock`."""

    def __init__(self, reader: ThreadReader, feed: Feed | None) -> None:
        """feed: tells what commits have touched; None for a state of the past, which stays."""
        self.lock = threading.RLock()
        self.reader, self._feed = reader, feed
        self._snapshot = -1

    @abstractmethod
    def _load(self) -> None:
        """Read everything anew."""

    @abstractmethod
    def _take(self, changes: Changes) -> None:
        """Read anew what was touched."""

    def follow(self) -> int:
        """Be at the latest commit that this thread sees, or at a later one; returns its number. With the lock held."""
        if self._feed is None:
            if self._snapshot < 0:
                with for_everybody():
                    self._load()
                self._snapshot = 0
        elif self.reader.snapshot > self._snapshot:
            with self.reader.in_a_moment() as now:
                changes = Changes(whole=True) if self._snapshot < 0 else self._feed.between(self._snapshot, now)
                if changes.whole:
                    self._snapshot = -1  # whoever comes after a failure begins anew
                    with for_everybody():
                        self._load()
                else:
                    self._take(changes)
                self._snapshot = now
        return self._snapshot
