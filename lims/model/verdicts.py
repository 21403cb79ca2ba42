"""What comes of comparing an output with its replay."""

from dataclasses import dataclass
from typing import Literal

VerdictName = Literal[
    "bytes identical",
    "content identical",
    "data identical, metadata differs",
    "equivalent",
    "visually equivalent",
    "different",
    "not replayable",
]
"""From the strongest to the weakest."""


@dataclass(frozen=True)
class Tolerance:
    """How far the elements of a replayed output may lie from the original's, as its author declares it.

    An element passes where |found - expected| <= absolute + relative * |expected|; of one that is declared the other
    is 0. Where neither is, the default of the array's dtype holds (lims.provenance.verdicts.tolerances).
    absolute: in units of the data. relative: a fraction of that very element's magnitude, of no other's.
    visual: the largest mean difference that any window of 8 × 8 pixels of a picture may have, a fraction of full scale.
    """

    absolute: float | None = None
    relative: float | None = None
    visual: float | None = None


@dataclass(frozen=True)
class Verdict:
    """The strongest verdict that holds of one output.

    name: the output's. where: in words, what differs first: which file, dataset, index, keys of the metadata.
    max_abs, rms: the largest and the root mean square of |found - expected| in the array that `where` names, over
    its elements that are numbers in both; None where there are none. size: how many elements of all arrays differ.
    tolerance: what was granted; of a default, in numbers.
    """

    name: str
    verdict: VerdictName
    where: str = ""
    max_abs: float | None = None
    rms: float | None = None
    tolerance: Tolerance | None = None
    size: int | None = None
    note: str = ""
