"""One signal as a library gave it, in RosettaSciIO's terms, before it is said in our words."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Raw:
    """data: numpy or dask. axes: {name, size, scale, offset, units, navigate} each, in the order of the data.

    metadata: in HyperSpy's terms (General.title, Signal.signal_type …). original: the vendor's tree, unaltered.
    mapped: {HyperSpy path: (value, vendor path, the vendor's own value)}, the reader's mapping applied.

    squeeze: whether HyperSpy would drop the axes of length one.
    """

    data: Any
    axes: list[dict[str, Any]]
    metadata: dict[str, Any]
    original: dict[str, Any]
    squeeze: bool = False
    mapped: dict[str, tuple[Any, str, Any]] = field(default_factory=dict)
