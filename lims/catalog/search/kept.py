"""What was read of tables that are only added to: of a frequent word or path, only what came since is read again.

No row of such a table is ever changed, and documents are numbered in the order of their commits. So what was read of
the documents up to one of them stays right, and what is kept needs no looking after.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FEWEST = 5_000
"""Rows: fewer are read as soon."""
MOST, MOST_A_FILE = 4_000_000, 4
"""Rows of one that is kept: so many, or more where there are many files."""
MOST_BYTES, BYTES_A_FILE = 48 << 20, 48
NOTHING_YET = -1

Docs = NDArray[np.int32] | NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """until: of all documents up to this one. numbers: one to each of `docs`, or none at all."""

    until: int
    docs: Docs
    numbers: Numbers

    @property
    def bytes(self) -> int:
        return self.docs.nbytes + self.numbers.nbytes

    def __add__(self, other: "Rows") -> "Rows":
        numbers = np.concatenate([self.numbers, other.numbers])
        return Rows(other.until, np.concatenate([self.docs, other.docs]), numbers)

    @property
    def settled(self) -> "Rows":
        """Without those of later documents."""
        before = self.docs <= self.until
        if before.all():
            return self
        return Rows(self.until, self.docs[before], self.numbers[before] if len(self.numbers) else self.numbers)


NOTHING = Rows(NOTHING_YET, np.zeros(0, np.int32), np.zeros(0, np.float64))


class Kept:
    """The most recently asked. Asked by any thread."""

    def __init__(self, files: Callable[[], int] = lambda: 0) -> None:
        """files: tells how many there are about."""
        self._files = files
        self._lock = threading.Lock()
        self._rows: OrderedDict[Hashable, Rows] = OrderedDict()
        self._too_many: dict[Hashable, int] = {}
        self._bytes = 0

    @property
    def bytes(self) -> int:
        return self._bytes

    @property
    def most(self) -> int:
        """Rows of one that is kept."""
        return max(MOST, MOST_A_FILE * self._files())

    def get(self, what: Hashable, read: Callable[[int, int], pa.Table], until: int) -> Rows | None:
        """All rows of it that the asker sees, in no order; None where they are too many to be kept.

        read(after, most): at most `most` + 1 rows of the documents after one, as "doc" and perhaps "number".
        until: the last document of those all of which the asker sees; NOTHING_YET where that is not known, and then
        nothing is kept.
        """
        most = self.most  # once: of rows that were cut off at a smaller number nobody would see that they were
        with self._lock:
            if self._too_many.get(what, -1) >= most:
                return None
            known = self._rows.get(what, NOTHING)
            if known is not NOTHING:
                self._rows.move_to_end(what)
        if known.until >= until > NOTHING_YET:
            return known
        table = read(known.until, most)
        found = known + _rows_of(table, until)
        if max(len(table), len(found.docs)) > most:
            self._too_many[what] = most
            return None
        if until > NOTHING_YET and len(found.docs) >= FEWEST:
            self._keep(what, found.settled)
        return found

    def _keep(self, what: Hashable, rows: Rows) -> None:
        with self._lock:
            self._bytes += rows.bytes - self._rows.get(what, NOTHING).bytes
            self._rows[what] = rows
            while self._bytes > max(MOST_BYTES, BYTES_A_FILE * self._files()):
                _, gone = self._rows.popitem(last=False)
                self._bytes -= gone.bytes


def _rows_of(found: pa.Table, until: int) -> Rows:
    docs = found["doc"].to_numpy()
    if not len(docs) or docs.max() <= np.iinfo(np.int32).max:
        docs = docs.astype(np.int32)
    if "number" in found.column_names:
        return Rows(until, docs, found["number"].to_numpy())
    return Rows(until, docs if until == NOTHING_YET else _each_once(docs), NOTHING.numbers)


def _each_once(docs: Docs) -> Docs:
    """Of many words that begin alike one document has several."""
    there = np.zeros(docs.max(initial=0) + 1, bool)
    there[docs] = True
    found: Docs = np.flatnonzero(there).astype(docs.dtype, copy=False)  # type: ignore[assignment]
    return found
