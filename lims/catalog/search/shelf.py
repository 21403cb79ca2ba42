"""Arrays instead of rows: what is searched of files and of sessions, one place ("slot") each.

A condition on a million files is one pass over an array of numbers: a millisecond. Slot 0 is nobody's, so that "no
session" needs no case of its own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lims.catalog.sequences import Lexicon

Mask = NDArray[np.bool_]
Slots = NDArray[np.int32]
Kind = Literal["code", "text", "number", "time", "day", "flag", "slot", "doc"]
"""A code stands for a text that many have; a text is one's own."""
NO_CODE = -1
NO_TIME = np.iinfo(np.int64).min
NO_DAY = np.iinfo(np.int32).min
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TYPES: dict[str, tuple[Any, Any]] = {
    "code": (np.int32, NO_CODE),
    "text": (np.dtypes.StringDType(), ""),
    "number": (np.float64, np.nan),
    "time": (np.int64, NO_TIME),
    "day": (np.int32, NO_DAY),
    "flag": (np.bool_, False),
    "slot": (np.int32, 0),
    "doc": (np.int64, NO_TIME),
}


def moment_of(microseconds: int) -> datetime | None:
    """What a column of times holds, as people have it."""
    return None if microseconds == NO_TIME else _EPOCH + timedelta(microseconds=microseconds)


def coded(lexicon: Lexicon, texts: pa.ChunkedArray) -> NDArray[np.int32]:
    """Each text's code, NO_CODE for none."""
    found = texts.combine_chunks().dictionary_encode()
    codes = np.array([*(lexicon[text] for text in found.dictionary.to_pylist()), NO_CODE], np.int32)
    return codes[found.indices.fill_null(len(codes) - 1).to_numpy()]


def ids_of(texts: pa.ChunkedArray) -> NDArray[np.bytes_]:
    """As NumPy has texts: bytes of one length, with no Python object for each of a million."""
    if not len(texts):
        return np.zeros(0, "S1")
    found = texts.combine_chunks()
    longest = max(pc.max(pc.binary_length(found)).as_py(), 1)
    try:
        fixed = pc.utf8_rpad(found, longest, "\0").cast(pa.binary()).cast(pa.binary(longest))
    except pa.ArrowInvalid:  # letters of several bytes
        return np.array([one.encode() for one in found.to_pylist()], "S")
    return np.frombuffer(fixed.buffers()[1], f"S{longest}")[fixed.offset : fixed.offset + len(fixed)]


class Shelf:
    """Columns of equal length. `is_there`: whether the slot holds a row."""

    def __init__(self, kinds: Mapping[str, Kind], lexicon: Lexicon) -> None:
        self._kinds = {**kinds, "is_there": "flag"}
        self._lexicon = lexicon
        self._columns: dict[str, NDArray[Any]] = {}
        self._ids = np.zeros(1, "S1")
        self.size = 1
        self._added: dict[bytes, int] = {}
        self._sorted = 1
        for name in self._kinds:
            self._columns[name] = self._empty(name, 1)

    def _empty(self, name: str, size: int) -> NDArray[Any]:
        kind, nothing = _TYPES[self._kinds[name]]
        return np.full(size, nothing, kind)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._columns[name][: self.size]

    def __contains__(self, name: str) -> bool:
        return name in self._kinds

    def mask(self, slots: Slots) -> Mask:
        """Exactly these slots, but nobody's."""
        found = np.zeros(self.size, bool)
        found[slots.astype(np.intp)] = True  # NumPy's own kind of index: two thirds of the time
        found[0] = False
        return found

    @property
    def ids(self) -> NDArray[np.bytes_]:
        return self._ids[: self.size]

    def add_column(self, name: str, kind: Kind) -> None:
        """Empty, for all slots there are and will be."""
        self._kinds[name] = kind
        self._columns[name] = self._empty(name, len(self._columns["is_there"]))

    def begin(self, ids: NDArray[np.bytes_]) -> None:
        """An empty shelf for these, sorted."""
        self._ids = np.concatenate([np.zeros(1, ids.dtype), ids])
        self._sorted = self.size = len(self._ids)
        self._added.clear()
        for name in self._kinds:
            self._columns[name] = self._empty(name, self.size)

    def fill(self, rows: pa.Table) -> None:
        """All rows, sorted by id, into an empty shelf."""
        self.begin(ids_of(rows["id"]))
        self.put(np.arange(1, self.size, dtype=np.int32), rows)

    def put(self, slots: Slots, rows: pa.Table) -> None:
        """Rows, in the order of `slots`; columns that are not in the table stay as they are."""
        self._columns["is_there"][slots] = True
        for name in rows.column_names:
            if name in self._kinds:
                self._columns[name][slots] = self._values(name, rows[name])

    def _values(self, name: str, values: pa.ChunkedArray) -> NDArray[Any]:
        kind = self._kinds[name]
        if kind == "code":
            return coded(self._lexicon, values)
        dtype, nothing = _TYPES[kind]
        found: NDArray[Any] = values.combine_chunks().fill_null(nothing).to_numpy(zero_copy_only=False)
        return found.astype(dtype, copy=False)

    def texts(self, name: str, slots: Slots) -> list[str]:
        """Of a column of codes or texts; "" for none."""
        found = self._columns[name][slots]
        return self._lexicon.texts_of(found) if self._kinds[name] == "code" else found.tolist()

    def ids_at(self, slots: Slots) -> list[str]:
        return [one.decode() for one in self.ids[slots].tolist()]

    def remove(self, slots: Slots) -> None:
        for name in self._kinds:
            self._columns[name][slots] = _TYPES[self._kinds[name]][1]

    def slots_of(self, ids: list[str]) -> Slots:
        """0 for those that are not here."""
        return self.find(np.array([one.encode("utf-8", "surrogatepass") for one in ids], "S"))

    def find(self, asked: NDArray[np.bytes_]) -> Slots:
        """Like `slots_of`."""
        known = self.ids[: self._sorted]
        places = np.minimum(np.searchsorted(known, asked), self._sorted - 1)
        found = np.where(known[places] == asked, places, 0).astype(np.int32)
        if self._added:
            for place in np.flatnonzero(found == 0):
                found[place] = self._added.get(asked[place], 0)
        return found

    def add(self, ids: list[str]) -> Slots:
        """New slots, for ids that have none yet."""
        first, self.size = self.size, self.size + len(ids)
        there = len(self._columns["is_there"])
        if self.size > there:
            room = max(self.size, there + there // 8 + 1_000)
            for name in self._kinds:
                self._columns[name] = np.concatenate([self._columns[name], self._empty(name, room - there)])
            self._ids = np.concatenate([self._ids, np.zeros(room - there, self._ids.dtype)])
        new = np.array([one.encode() for one in ids], "S")
        if new.itemsize > self._ids.itemsize:
            self._ids = self._ids.astype(new.dtype)
        self._ids[first : self.size] = new
        self._added.update({one.encode(): first + number for number, one in enumerate(ids)})
        return np.arange(first, self.size, dtype=np.int32)

    def id_of(self, slot: int) -> str:
        return str(self.ids[slot].decode())

    def first_by_id(self, slots: Slots, count: int) -> Slots:
        """Of these, which ascend, those so many whose ids come first, and perhaps more: all that were added late."""
        late = np.searchsorted(slots, self._sorted)
        return np.concatenate([slots[: min(late, count)], slots[late:]])

    def ranks(self, slots: Slots) -> NDArray[Any]:
        """What orders these slots by their ids."""
        return slots if self.size == self._sorted else self.ids[slots]
