"""One signal as a library gave it, in RosettaSciIO's terms, before it is said in our words."""

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray


@runtime_checkable
class Counted(Protocol):
    """Spectra that are stored as a list of counts: shape, dtype and ndim of an array, and two sums instead of items."""

    shape: tuple[int, ...]
    dtype: Any

    def over_spectrum(self) -> NDArray[Any]:
        """The counts at each position."""

    def over_positions(self) -> NDArray[Any]:
        """The counts in each channel."""


@dataclass(frozen=True)
class Raw:
    """data: numpy, dask or Counted. axes: {name, size, scale, offset, units, navigate} each, in the order of the data.

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
