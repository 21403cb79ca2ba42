"""Rules for trees made of HDF5 files, where a value stands bare, behind "#value", or as the only one of a list."""

from collections.abc import Callable, Iterator
from typing import Any

from lims.extractors.normalise.rules import Rule


def node(field: str, path: str, unit: str = "", read: Callable[[Any], Any] | None = None) -> Iterator[Rule]:
    """The rules by which one dataset or attribute gives a field, however it is stored."""
    found = only if read is None else lambda value: read(only(value))
    for ending in ("/#value", ""):
        yield Rule(field, path + ending, unit, found)


def only(value: Any) -> Any:
    """The value, or the only one of a list. Raises TypeError where there is more than one, or a group."""
    if isinstance(value, list) and len(value) == 1:
        return only(value[0])
    if isinstance(value, list | dict) or value is None:
        raise TypeError("that is not one value")
    return value


def same(value: Any) -> Any:
    """The one value that a list repeats. Raises TypeError where they differ."""
    if isinstance(value, list) and value and all(item == value[0] for item in value):
        return value[0]
    return only(value)
