"""What is kept in memory beside the tables keeps up with the commits."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from lims.catalog.changes import Changes, Feed
from lims.catalog.patience import unhurried
from lims.catalog.reader import ThreadReader


class Following(ABC):
    """Arrays of the latest commit, or of a state of the past. Whoever reads or follows holds `lock`."""

    def __init__(self, reader: ThreadReader, feed: Feed | None) -> None:
        """feed: tells what commits have touched; None for a state of the past, which stays."""
        self.lock = threading.RLock()
        self.reader, self._feed = reader, feed
        self._snapshot = -1

    @property
    def is_past(self) -> bool:
        return self._feed is None

    @abstractmethod
    def _load(self) -> None:
        """Read everything anew."""

    @abstractmethod
    def _take(self, changes: Changes) -> bool:
        """Read anew what was touched; False, and nothing is done, where that is so much that all is read as soon."""

    @contextmanager
    def up_to_date(self) -> Iterator[int]:
        """Hold the lock, having followed; tells the number of the commit.

        Neither this nor waiting for who reads everything anew counts for how long a question takes: of ten million
        files that is a minute, and the next question would begin it again.
        """
        with unhurried(for_all=not self.is_past):
            self.lock.acquire()
            try:
                now = self.follow()
            except BaseException:
                self.lock.release()
                raise
        try:
            yield now
        finally:
            self.lock.release()

    def follow(self) -> int:
        """Be at the latest commit that this thread sees, or at a later one; returns its number. With the lock held."""
        if self._feed is None:
            if self._snapshot < 0:
                self._load()
                self._snapshot = 0
        elif self.reader.snapshot > self._snapshot:
            with self.reader.in_a_moment() as now:
                changes = Changes(whole=True) if self._snapshot < 0 else self._feed.between(self._snapshot, now)
                if changes.whole or not self._take(changes):
                    self._snapshot = -1  # whoever comes after a failure begins anew
                    self._load()
                self._snapshot = now
        return self._snapshot
