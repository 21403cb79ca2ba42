"""Columns of a large import, kept as numbers: a list of a million texts takes ten times the time to hand on."""

import math
from array import array
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import overload

import numpy as np
from numpy.typing import NDArray


class Lexicon(dict[str, int]):
    """Texts that many rows share, each with its code: its place among `texts`."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._looked_up = np.full(1, "", object)
        """The texts as NumPy finds them, then some room: so the last one is empty, and -1 stands for it."""
        self._copied = 0

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self.texts)
        self.texts.append(text)
        return code


    def texts_of(self, codes: NDArray[np.int32]) -> list[str]:
        """The text of each, empty for -1. Not while another thread adds some."""
        there = len(self.texts)
        if there >= len(self._looked_up):
            self._looked_up, self._copied = np.full(there + there // 4 + 100, "", object), 0
        if there > self._copied:
            self._looked_up[self._copied : there] = self.texts[self._copied : there]
            self._copied = there
        found: list[str] = self._looked_up[codes].tolist()
        return found


class Coded(Sequence[str]):
    """Texts of which many are the same: each is the number of a word."""

    def __init__(self, words: list[str]) -> None:
        """words: may grow later, and stays the caller's."""
        self.words = words
        self.codes = array("i")

    def add(self, word: str, times: int) -> None:
        """A new word, and so many times this one."""
        self.codes.extend(repeat(len(self.words), times))
        self.words.append(word)

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        found = self.codes[place]
        return self.words[found] if isinstance(found, int) else [self.words[code] for code in found]

    def __iter__(self) -> Iterator[str]:
        return map(self.words.__getitem__, self.codes)


class Numbers(Sequence[float | None]):
    """Finite numbers; NaN is none."""

    def __init__(self) -> None:
        self.values = array("d")

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, place: int) -> float | None: ...
    @overload
    def __getitem__(self, place: slice) -> list[float | None]: ...
    def __getitem__(self, place: int | slice) -> float | list[float | None] | None:
        found = self.values[place]
        return _or_none(found) if isinstance(found, float) else list(map(_or_none, found))

    def __iter__(self) -> Iterator[float | None]:
        return map(_or_none, self.values)


def _or_none(number: float) -> float | None:
    return None if math.isnan(number) else number
