"""The reciprocal lattice vectors that spots are: the names a person gives them, and what a relation keeps of them."""

import re
from collections.abc import Sequence
from typing import Any

from lims.analysis.fourier import Spot
from lims.analysis.images import quantity
from lims.analysis.tables import letter
from lims.errors import Invalid

INDEX = re.compile(r"-?\d")
SPACED = re.compile(r"-?\d+( +-?\d+){2,3}")
COMPACT = re.compile(r"(-?\d){3,4}")


def name_vectors(names: Sequence[str], spots: Sequence[Spot]) -> list[str]:
    """For each spot the Miller indices in brackets that it was given, "" without.

    names: of the spots A, B, C …, as `220`, `[2 2 0]`, `1-10`, `10 0 2`, or with four indices; "" leaves one out.
    Raises Invalid for what are no indices, and for more names than there are spots.
    """
    given = [miller(name) for name in names]
    while given and not given[-1]:
        given.pop()
    if len(given) > len(spots):
        raise Invalid(
            f"There are {len(given)} vectors named, but {len(spots)} spots were found.",
            hint="Name at most as many, or look for more spots.",
        )
    return given + [""] * (len(spots) - len(given))


def miller(name: str) -> str:
    """`220` and `[2, 2, 0]` as `[220]`; with spaces where an index has two digits. Raises Invalid."""
    bare = re.sub(r"[\s,]+", " ", name.strip().strip("[]()").replace("−", "-")).strip()
    if not bare:
        return ""
    if COMPACT.fullmatch(bare):
        return f"[{bare}]"
    if SPACED.fullmatch(bare):
        indices = bare.split()
        return f"[{''.join(indices)}]" if all(INDEX.fullmatch(one) for one in indices) else f"[{' '.join(indices)}]"
    raise Invalid(f"{name!r} are no Miller indices.", hint="Write them as 220, 1-10, or 10 0 2.")


def vector_params(spot: Spot, number: int, name: str, unit: str, mask_px: float) -> dict[str, Any]:
    """What the relation `inverse FFT` says: which spot, its indices where it has a name, its place as measured.

    number: of the spot, from 0. unit: of the image's scale; the vector is in one over it.
    """
    named = {"vector": name} if name else {}
    return {
        "spot": letter(number),
        **named,
        "vector_x": quantity(spot.frequency_x, f"1/{unit}"),
        "vector_y": quantity(spot.frequency_y, f"1/{unit}"),
        "spacing": quantity(spot.spacing, unit),
        "mask": quantity(mask_px, "px"),
    }
