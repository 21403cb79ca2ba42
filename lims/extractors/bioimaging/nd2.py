"""Nikon .nd2, by the library nd2: a signal per position and channel."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from nd2 import ND2File
from numpy.typing import NDArray

from lims.extractors.arrays import Reading
from lims.extractors.bioimaging.planes import colour_type, colours, lazy
from lims.extractors.bioimaging.series import axis, general, titled, walk
from lims.extractors.raw import Raw

PICTURE = ("C", "Y", "X", "S")
NAMES = {"T": "time", "Z": "z", "P": "position"}


@dataclass(frozen=True)
class Stack:
    """The frames of a file. loops: {letter: size} of what is walked along, positions among them, the slowest first."""

    file: ND2File
    loops: dict[str, int]
    channels: int
    height: int
    width: int
    samples: int

    def plane(self, position: int, channel: int, index: tuple[int, ...], rows: slice, columns: slice) -> NDArray[Any]:
        others = iter(index)
        place = [position if letter == "P" else next(others) for letter in self.loops]
        number = int(np.ravel_multi_index(place, tuple(self.loops.values()))) if place else 0
        frame = np.asarray(self.file.read_frame(number))
        whole = frame.reshape(self.channels, self.height, self.width, self.samples)
        part = whole[channel, rows, columns]
        return colours(part) if self.samples == 3 else part[..., 0]


def read(path: Path, companions: Sequence[Path]) -> Reading:
    file = ND2File(path)
    sizes = dict(file.sizes)
    loops = {letter: size for letter, size in sizes.items() if letter not in PICTURE}
    height, width = sizes.get("Y", 1), sizes.get("X", 1)
    stack = Stack(file, loops, sizes.get("C", 1), height, width, sizes.get("S", 1))
    ensure_there(path, stack)
    tree = tree_of(file)
    pairs = [(position, channel) for position in range(loops.get("P", 1)) for channel in range(stack.channels)]
    names = channel_names(tree, stack.channels), position_names(tree, loops.get("P", 1))
    titles = titled(path.stem, [(names[1][position], names[0][channel]) for position, channel in pairs])
    axes, shape = axes_of(stack, tree), shape_of(stack)
    dtype = colour_type(np.dtype(file.dtype)) if stack.samples == 3 else np.dtype(file.dtype)
    return Reading("nd2", [
        Raw(lazy(shape, dtype, partial(stack.plane, *pair)), axes, general(title), tree)
        for pair, title in zip(pairs, titles, strict=True)
    ])  # fmt: skip


def ensure_there(path: Path, stack: Stack) -> None:
    """Raises EOFError where there are fewer bytes than one frame has: compressed frames may be small, none is empty."""
    frames = prod(stack.loops.values())
    if path.stat().st_size < frames:
        raise EOFError(f"it says that it has {frames} frames, and has {path.stat().st_size} bytes")


def shape_of(stack: Stack) -> tuple[int, ...]:
    return (*(size for letter, size in stack.loops.items() if letter != "P"), stack.height, stack.width)


def axes_of(stack: Stack, tree: dict[str, Any]) -> list[dict[str, Any]]:
    voxel = stack.file.voxel_size()
    axes = []
    for letter, size in stack.loops.items():
        if letter == "T":
            axes.append(walk("time", size, period_s(stack, tree), units="s"))
        elif letter != "P":
            axes.append(walk(NAMES.get(letter, letter), size, voxel.z if letter == "Z" else None, units="µm"))
    return [*axes, axis("y", stack.height, voxel.y, units="µm"), axis("x", stack.width, voxel.x, units="µm")]


def period_s(stack: Stack, tree: dict[str, Any]) -> float | None:
    """From the times of the first and last frame, else as it was asked for."""
    last = {letter: size - 1 if letter == "T" else 0 for letter, size in stack.loops.items()}
    number = int(np.ravel_multi_index(tuple(last.values()), tuple(stack.loops.values())))
    times = [time_ms(as_dictionary(stack.file, n)) for n in (0, number)]
    if times[0] is not None and times[1] is not None and times[1] > times[0]:
        return float(times[1] - times[0]) / (stack.loops["T"] - 1) / 1000
    loop = next((one for one in tree["experiment"] if one.get("type") == "TimeLoop"), {})
    period = (loop.get("parameters") or {}).get("periodMs")
    return float(period) / 1000 if period else None


def time_ms(frame: dict[str, Any]) -> float | None:
    channels = frame.get("channels") or [{}]
    found = (channels[0].get("time") or {}).get("relativeTimeMs")
    return float(found) if found is not None else None


def as_dictionary(file: ND2File, number: int) -> dict[str, Any]:
    """What the file says of one frame; nothing where its library cannot tell."""
    try:
        found = file.frame_metadata(number)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        return {}
    return plain(found) if is_dataclass(found) else dict(found)


def tree_of(file: ND2File) -> dict[str, Any]:
    """Nikon's words in the library's order, then each block of metadata as it stands in the file."""
    tree = {
        "attributes": plain(file.attributes),
        "text_info": dict(file.text_info),
        "metadata": plain(file.metadata),
        "experiment": [plain(loop) for loop in file.experiment],
        "first_frame": as_dictionary(file, 0),
        "custom_data": dict(file.custom_data),
    }
    blocks = dict(said(file))
    return tree | ({"blocks": blocks} if blocks else {})


def said(file: ND2File) -> Iterator[tuple[str, Any]]:
    """The blocks that are of the whole file, not of one frame; a block that cannot be decoded is left out."""
    try:
        found = file.unstructured_metadata(strip_prefix=False)
    except (KeyError, IndexError, ValueError, TypeError, NotImplementedError):
        return
    for name, block in found.items():
        if not name.startswith("CustomData") and "Seq|" not in name:
            yield name, block


def plain(thing: Any) -> dict[str, Any]:
    return asdict(thing) if is_dataclass(thing) and not isinstance(thing, type) else dict(thing)


def channel_names(tree: dict[str, Any], count: int) -> list[str]:
    said = [((one.get("channel") or {}).get("name") or "") for one in tree["metadata"].get("channels") or ()]
    return [(said[n] if n < len(said) else "") or f"channel {n + 1}" for n in range(count)]


def position_names(tree: dict[str, Any], count: int) -> list[str]:
    loop = next((one for one in tree["experiment"] if one.get("type") == "XYPosLoop"), {})
    points = (loop.get("parameters") or {}).get("points") or []
    said = [one.get("name") or "" for one in points]
    return [(said[n] if n < len(said) else "") or f"position {n + 1}" for n in range(count)]
