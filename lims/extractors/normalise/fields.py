"""The common vocabulary of one file: its vendor's rules, then what the reader found, then what the axes say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lims.extractors.normalise.disagreement import merged
from lims.extractors.normalise.quantities import UNITS, folded, tidy
from lims.extractors.normalise.reader import from_reader
from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.vendors import by_vendor, where_the_axes_have_none
from lims.extractors.raw import Raw
from lims.extractors.spectral import is_spectral
from lims.model import Signal, Value

TAGS_FIRST = "the vendor's own entry goes before what the axes say"
UNSIGNED = ("mrc",)
"""Where a negative scale is no direction: it means that nobody set it."""
NO_CONTRADICTION = ("signal_type", "shape", "dtype")


def normalise(
    format_name: str,
    signals: Sequence[Raw],
    described: Sequence[Signal],
    metadata: dict[str, Any],
    rules: Sequence[Rule] = (),
) -> dict[str, Value]:
    """The fields of the vocabulary that the file holds, in the vocabulary's order; contradictions are kept."""
    said = merged(apply(rules, metadata), by_vendor(format_name, metadata))
    said = from_other_trees(format_name, metadata) | said
    reader: dict[str, Value] = {}
    for raw in signals:
        reader = from_reader(raw) | reader  # signals of one file may differ without contradiction
    reader = {name: value for name, value in reader.items() if name not in said}  # it read the same tree
    axes = from_axes(described, is_signed=format_name not in UNSIGNED) if described else {}
    axes = {name: value for name, value in axes.items() if name not in NO_CONTRADICTION or name not in said | reader}
    return merged(said, reader, axes, where_the_axes_have_none(metadata), why=TAGS_FIRST)


def from_other_trees(format_name: str, metadata: dict[str, Any]) -> dict[str, Value]:
    """What only the trees of later signals say: the camera's beside a spectrum's. The first that says it speaks."""
    trees = metadata.get("signals")
    found: dict[str, Value] = {}
    for number, tree in trees.items() if isinstance(trees, dict) else ():
        if number.isdecimal() and isinstance(tree, dict):
            below = f"signals.{number}"
            found = {name: placed(value, below) for name, value in by_vendor(format_name, tree).items()} | found
    return found


def placed(value: Value, below: str) -> Value:
    others = tuple(replace(other, source=f"{below}.{other.source}") for other in value.others)
    return replace(value, source=f"{below}.{value.source}", others=others)


def from_axes(described: Sequence[Signal], is_signed: bool = True) -> dict[str, Value]:
    """Shape and type of the first signal, and the pixel size of the first picture whose axes are lengths.

    is_signed: whether a negative scale is a direction.
    """
    first = described[0]
    found = {
        "signal_type": Value(first.signal_type, "", "signals.0.signal_type", first.signal_type),
        "shape": Value(list(first.shape), "", "signals.0.shape", " × ".join(map(str, first.shape))),
        "dtype": Value(first.dtype, "", "signals.0.dtype", first.dtype),
    }
    for number, signal in enumerate(described):
        sizes = pixel_sizes(signal, number)
        if sizes and (is_signed or not any(value.text.startswith("-") for value in sizes.values())):
            return found | sizes
    return found


def pixel_sizes(signal: Signal, number: int) -> dict[str, Value]:
    """Sizes along the last two length axes (y, x), whether they are the picture's or the scan's.

    Of diffraction patterns only the scan's: lengths within a pattern are those of the camera.
    """
    is_pattern = "diffraction" in signal.signal_type
    places = [(n, axis) for n, axis in enumerate(signal.axes) if not is_spectral(axis)]
    places = [(n, axis) for n, axis in places if axis.is_navigation or not is_pattern]
    lengths = [(n, axis) for n, axis in places if UNITS.get(folded(axis.unit), ("", 0))[0] == "m"][-2:]
    if len(lengths) < 2 or not all(axis.scale for _, axis in lengths):
        return {}
    sizes = {}
    for name, (n, axis) in zip(("pixel_size_y", "pixel_size_x"), lengths, strict=True):
        metres = tidy(abs(axis.scale), UNITS[folded(axis.unit)][1])
        sizes[name] = Value(metres, "m", f"signals.{number}.axes.{n}.scale", f"{axis.scale:.6g} {axis.unit}")
    return sizes
