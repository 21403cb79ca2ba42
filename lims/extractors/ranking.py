"""Which of a file's signals is the one to look at: the largest image first, maps of elements after it, lines last."""

import math
import re
from collections.abc import Iterator, Sequence

from lims.extractors.normalise.elements import SYMBOLS
from lims.model import Signal

SIGNALS_TRIED = 3
SMALLEST_IMAGE = 16
SHORTEST_LINE = 64
"""A shorter line beside something larger is an axis or a list of settings."""

ELEMENT_MAP = re.compile(rf"({'|'.join(SYMBOLS)})([ _-]?([KLMN][αβγa-g]?\d?|EELS|EDS|[Mm]ap))?")
"""As programs call them: "Fe", "C K", "Si Kα1", "O-EELS"."""


def signals_to_show(signals: Sequence[Signal]) -> Iterator[int]:
    """Numbers of the signals worth drawing, best first."""
    ranked = sorted(range(len(signals)), key=lambda number: sightliness(signals[number]), reverse=True)
    worth = [n for place, n in enumerate(ranked) if place == 0 or not is_short_line(signals[n])]
    return iter(worth[:SIGNALS_TRIED])


def sightliness(signal: Signal) -> tuple[int, int]:
    """(kind, pixels): an image, a map of an element, what becomes an image, a line, a number. Equals stay in order."""
    sides = sorted(signal.shape)[-2:]
    pixels = math.prod(sides)
    if len(sides) < 2 or min(sides) < 2:
        return (1 if pixels > 1 else 0), pixels
    if len(signal.shape) > 2 or min(sides) < SMALLEST_IMAGE or is_line_of_spectra(signal):
        return 2, pixels
    return (3 if ELEMENT_MAP.fullmatch(signal.title.strip()) else 4), pixels


def is_line_of_spectra(signal: Signal) -> bool:
    """Spectra along a line, of which the sum is shown."""
    return [axis.is_navigation for axis in signal.axes] == [True, False]


def is_short_line(signal: Signal) -> bool:
    return math.prod(signal.shape) < SHORTEST_LINE and sum(size > 1 for size in signal.shape) < 2
