"""What was said of sessions, by their words: the texts of one slot each, and where which word stands."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lims.catalog.search.shelf import Mask, Slots
from lims.catalog.words import LAST, side_by_side, words_of

MOST_CHANGED = 1_000
"""So many texts are looked at one by one before the words of all are put in order again."""


class Told:
    """Texts as `words.spoken` has them."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._words: list[str] = []
        self._first: NDArray[np.int64] = np.zeros(1, np.int64)
        self._slots: Slots = np.zeros(0, np.int32)
        self._changed: set[int] = set()

    def put(self, slots: Iterable[int], texts: Iterable[str], size: int) -> None:
        """size: how many slots there are."""
        self._texts.extend([""] * (size - len(self._texts)))
        for slot, text in zip(slots, texts, strict=True):
            self._texts[slot] = text
            self._changed.add(slot)
        if len(self._changed) > MOST_CHANGED or not self._words:
            self._put_in_order()

    def _put_in_order(self) -> None:
        parts = pc.split_pattern(pa.array(self._texts, pa.large_string()), " ")
        coded = pc.list_flatten(parts).dictionary_encode()
        slots = pc.list_parent_indices(parts).to_numpy().astype(np.int32)
        words = np.array(coded.dictionary.to_pylist(), object)
        by_word = np.argsort(words) if len(words) else np.zeros(0, np.int64)
        ranks = np.empty(len(words), np.int32)
        ranks[by_word] = np.arange(len(words), dtype=np.int32)
        of_word = ranks[coded.indices.to_numpy()] if len(words) else np.zeros(0, np.int32)
        self._words = words[by_word].tolist()
        self._slots = slots[np.argsort(of_word, kind="stable")]
        self._first = np.concatenate([[0], np.cumsum(np.bincount(of_word, minlength=len(words)))])
        self._changed.clear()

    def find(self, text: str, *, is_whole: bool) -> Mask:
        """Where these words stand side by side; is_whole: the last one is not the beginning of a longer one."""
        found = np.zeros(len(self._texts), bool)
        words = words_of(text)
        if not words:
            return found
        asked = side_by_side(words, is_whole=is_whole)
        found[self._with(words[-1], is_beginning=not is_whole)] = True
        for word in words[:-1]:
            other = np.zeros(len(found), bool)
            other[self._with(word, is_beginning=False)] = True
            found &= other
        unsure = np.flatnonzero(found) if len(words) > 1 else np.zeros(0, np.int64)
        for slot in (*unsure.tolist(), *self._changed):
            found[slot] = asked in self._texts[slot]
        return found

    def _with(self, word: str, *, is_beginning: bool) -> Slots:
        first = bisect_left(self._words, word)
        last = bisect_left(self._words, word + (LAST if is_beginning else "\0"))
        return self._slots[self._first[first] : self._first[last]]

    def words_in(self, slots: Sequence[int]) -> set[str]:
        """All words of these texts."""
        return {word for slot in slots for word in self._texts[slot].split()} - {"|"}

    def __getitem__(self, slot: int) -> str:
        return self._texts[slot]

