"""Results in order: by time, size, name or any field; ties by id, and what has no value comes last."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.catalog.search.shelf import NO_CODE, NO_TIME, Mask, Shelf, Slots
from lims.catalog.sequences import Lexicon

LOOKED_AT = 65_536
"""So many slots at a time, until there are enough for the page."""
LAST_TIME = np.iinfo(np.int64).max
MOST_CHANGED = 5_000
"""So many slots may have changed since all were put in order."""


@dataclass(frozen=True)
class Turned:
    """A column as a key, worked out for those slots that are asked for: `key[slots]`, `key[:]`."""

    values: NDArray[Any]
    is_descending: bool

    def __getitem__(self, slots: Any) -> NDArray[Any]:
        values = self.values[slots]
        if values.dtype == np.int64:
            return np.where(values == NO_TIME, LAST_TIME, -values if self.is_descending else values)
        return -values if self.is_descending else values  # NaN sorts last either way


Key = NDArray[Any] | Turned
"""What orders the slots of a shelf, by slot; smaller comes first."""


@dataclass
class Order:
    """All slots of a shelf as they were sorted once. changed: those that may stand elsewhere by now."""

    slots: Slots
    changed: set[int] = field(default_factory=set)


class Orders:
    """Of the shelves' own columns, kept: to sort a million takes 0.1 s, to pick from them in order a millisecond."""

    def __init__(self) -> None:
        self._orders: dict[tuple[int, str, bool], Order] = {}

    def note(self, shelf: Shelf, slots: Slots) -> None:
        """These have changed."""
        for (place, _, _), order in self._orders.items():
            if place == id(shelf):
                order.changed.update(slots.tolist())

    def first_of(self, shelf: Shelf, column: str, key: Turned, mask: Mask, count: int) -> Slots:
        """At least the first so many of the slots in the mask, by one of the shelf's columns. key: of that column."""
        name = id(shelf), column, key.is_descending
        order = self._orders.get(name)
        if order is None or len(order.changed) > MOST_CHANGED:
            every = np.arange(shelf.size, dtype=np.int32)
            order = self._orders[name] = Order(every[np.lexsort((shelf.ranks(every), key[:]))])
        if not order.changed:
            return _picked(order.slots, mask, count)
        changed = np.fromiter(order.changed, np.int32)
        unchanged = mask.copy()
        unchanged[changed] = False
        others = in_order(shelf, key, changed[mask[changed]])
        found = _picked(order.slots, unchanged, count)
        return np.insert(found, places(found, key, shelf, others, key, shelf), others)


def _picked(slots: Slots, mask: Mask, count: int) -> Slots:
    """Those that are in the mask, as they stand; the first so many are enough."""
    parts, there = [slots[:0]], 0
    for begin in range(0, len(slots), LOOKED_AT):
        part = slots[begin : begin + LOOKED_AT]
        parts.append(part.compress(mask.take(part)))
        there += len(parts[-1])
        if there >= count:
            break
    return np.concatenate(parts)


def code_key(codes: NDArray[np.int32], lexicon: Lexicon, is_descending: bool) -> NDArray[Any]:
    """By the texts, whatever their letters' case."""
    used = np.flatnonzero(np.bincount(codes + 1)[1:])
    by_text = sorted(used.tolist(), key=lambda code: (lexicon.texts[code].casefold(), lexicon.texts[code]))
    ranks = np.full(len(lexicon.texts) + 1, np.nan)
    ranks[by_text] = np.arange(len(by_text), dtype=float)
    key = ranks[np.where(codes == NO_CODE, len(lexicon.texts), codes)]
    return -key if is_descending else key


def in_order(shelf: Shelf, key: Key, slots: Slots) -> Slots:
    return slots[np.lexsort((shelf.ranks(slots), key[slots]))]


def first_of(shelf: Shelf, key: Key, mask: Mask, count: int) -> Slots:
    """The first so many in the mask, or a few more. Keys are finite, or NaN for none."""
    slots = np.flatnonzero(mask).astype(np.int32)
    if count == 0:
        return slots[:0]
    if count < len(slots) // 4:
        values = key[slots]
        values = np.where(np.isnan(values), np.inf, values) if values.dtype.kind == "f" else values
        last = np.partition(values, count - 1)[count - 1]
        before = slots[values < last]
        slots = np.concatenate([before, shelf.first_by_id(slots[values == last], count - len(before))])
    return in_order(shelf, key, slots)


def places(among: Slots, key: Key, shelf: Shelf, slots: Slots, their_key: Key, their_shelf: Shelf) -> NDArray[np.int64]:
    """Where each of `slots` belongs among others that are in order; of two shelves, the first one's come first."""
    low, high = np.zeros(len(slots), np.int64), np.full(len(slots), len(among), np.int64)
    if not len(among):
        return low
    wanted, is_same = their_key[slots], shelf is their_shelf
    wanted_has_none = np.isnan(wanted)
    while (low < high).any():
        middle = np.minimum((low + high) // 2, len(among) - 1)
        there = among[middle]
        value = key[there]
        has_none = np.isnan(value)
        ties = (value == wanted) | (has_none & wanted_has_none)
        before = (value < wanted) | (~has_none & wanted_has_none)
        before |= ties & (shelf.ranks(there) < shelf.ranks(slots) if is_same else True)
        is_open = low < high
        low = np.where(is_open & before, middle + 1, low)
        high = np.where(is_open & ~before, middle, high)
    return low
