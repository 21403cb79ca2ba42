"""Which index is asked: that of the present, or one of the past."""

import threading
from collections import OrderedDict
from collections.abc import Mapping

from lims.catalog.changes import Feed
from lims.catalog.reader import ThreadReader
from lims.catalog.relations import PRESENT
from lims.catalog.search.index import Index

PASTS = 2
"""So many earlier snapshots stay in memory."""


class Indexes:
    """That of the present, and of a few snapshots of the past."""

    def __init__(self, reader: ThreadReader, feed: Feed) -> None:
        self._reader = reader
        self.present = Index(reader, PRESENT, feed)
        self._lock = threading.Lock()
        self._past: OrderedDict[int, Index] = OrderedDict()

    def at(self, snapshot: int, base: Mapping[str, str]) -> Index:
        with self._lock:
            if snapshot not in self._past:
                self._past[snapshot] = Index(self._reader, base, None)
                while len(self._past) > PASTS:
                    self._past.popitem(last=False)
            self._past.move_to_end(snapshot)
            return self._past[snapshot]
