"""The contents of two files."""

from dataclasses import dataclass

from lims.model.verdicts import Tolerance
from lims.provenance.verdicts.arrays import ArrayDifference, compare_arrays, mismatch
from lims.provenance.verdicts.contents import Contents
from lims.provenance.verdicts.metadata import differing

MOST_NAMES = 10


@dataclass(frozen=True)
class Comparison:
    """structure: arrays that are missing, new, or of another shape or type, in words. metadata: keys that differ."""

    structure: tuple[str, ...]
    differences: tuple[ArrayDifference, ...]
    metadata: str

    @property
    def worst(self) -> ArrayDifference | None:
        """Of the arrays that differ too much, else of all, the one with the largest error."""
        beyond = [one for one in self.differences if one.beyond]
        return max(beyond or self.differences, key=lambda one: (one.odd, one.max_abs or 0.0), default=None)


def compare(expected: Contents, found: Contents, declared: Tolerance | None) -> Comparison:
    """Everything in both, to the end. Raises Unreadable."""
    structure = [f"{named(name, expected)} is missing" for name in expected.arrays if name not in found.arrays]
    structure += [f"{named(name, expected)} is new" for name in found.arrays if name not in expected.arrays]
    differences: list[ArrayDifference] = []
    for name in (name for name in expected.arrays if name in found.arrays):
        one, other = expected.arrays[name], found.arrays[name]
        unlike = mismatch(one, other, expected.rows, expected.is_written)
        if unlike:
            structure.append(unlike if expected.rows or not name else f"{name}: {unlike}")
        else:
            differences += compare_arrays(name, one, other, declared)
    return Comparison(tuple(dict.fromkeys(structure)), tuple(differences), differing(expected.metadata, found.metadata))


def named(name: str, contents: Contents) -> str:
    """An array in words: the numbers and the words of a column are one thing for people."""
    return (name.removesuffix(", words") if contents.is_written else name) or "the array"


def place_of(difference: ArrayDifference, contents: Contents) -> str:
    """An element in words: `column size, row 3`, `data, index (3, 4)`."""
    name = named(difference.name, contents) if difference.name else ""
    return ", ".join(part for part in (name, contents.place(difference.index) if difference.index else "") if part)


def in_words(structure: tuple[str, ...]) -> str:
    more = [f"and {len(structure) - MOST_NAMES} more"] if len(structure) > MOST_NAMES else []
    return "; ".join([*structure[:MOST_NAMES], *more])
