"""How the instrument was set during an activity, apart from what differs between its files."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from numbers import Real

from lims.harvest.clocks import is_foreign
from lims.model import Dataset, Spread, Value

OF_ONE_FILE = ("title", "start_time", "end_time", "experiment_id")
"""Normalised fields that name one file, not how the instrument was set."""
EXAMPLES = 3


def setup_of(members: Sequence[Dataset]) -> dict[str, Value]:
    """What the files of an activity say alike: nobody says otherwise, and at least half say it.

    Files that say nothing are not asked, nor are those of another instrument.
    """
    said, spoken = said_by(members)
    return {
        name: values[0]
        for name, values in said.items()
        if 2 * len(values) >= spoken and all(is_alike(one, values[0]) for one in values)
    }


def spreads_of(members: Sequence[Dataset], setup: Mapping[str, Value]) -> dict[str, Spread]:
    """What differs between the files, and how much."""
    said, _ = said_by(members)
    return {name: spread(values) for name, values in said.items() if name not in setup and is_several(values)}


def said_by(members: Sequence[Dataset]) -> tuple[dict[str, list[Value]], int]:
    """({field: its values}, how many files say anything)."""
    spoken = [one.normalised for one in members if one.normalised and not is_foreign(one)]
    said: dict[str, list[Value]] = defaultdict(list)
    for normalised in spoken:
        for name, value in normalised.items():
            if name not in OF_ONE_FILE:
                said[name].append(value)
    return said, len(spoken)


def is_several(values: Sequence[Value]) -> bool:
    return any(not is_alike(one, values[0]) for one in values)


def spread(values: Sequence[Value]) -> Spread:
    """Numbers from the lowest to the highest; of anything else the first few in words."""
    different = {(str(one.value), one.unit): one for one in values}
    units = {one.unit for one in values}
    numbers = [float(one.value) for one in values if isinstance(one.value, Real) and not isinstance(one.value, bool)]
    if len(numbers) == len(values) and len(units) == 1:
        return Spread(len(different), values[0].unit, min(numbers), max(numbers))
    return Spread(len(different), examples=tuple(f"{value} {unit}".strip() for value, unit in different)[:EXAMPLES])


def is_alike(one: Value, other: Value) -> bool:
    return bool(one.value == other.value and one.unit == other.unit)
