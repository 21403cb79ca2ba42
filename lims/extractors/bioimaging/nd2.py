"""Nikon .nd2, by the library nd2: a signal per position and channel."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter
from weakref import finalize

import numpy as np
from nd2 import ND2File
from numpy.typing import NDArray

from lims.extractors.arrays import Reading
from lims.extractors.bioimaging.series import axis, general, titled, walk
from lims.extractors.planes import colour_type, colours, lazy
from lims.extractors.raw import Raw

PICTURE = ("C", "Y", "X", "S")
STUMBLES = (KeyError, IndexError, ValueError, TypeError, AttributeError, NameError, NotImplementedError)
LARGE_BLOCK = 1 << 16
MOST_FRAMES = 1 << 20
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
        return colours(part[..., ::-1]) if self.samples == 3 else part[..., 0]  # Nikon stores blue first


def read(path: Path, companions: Sequence[Path]) -> Reading:
    with catch_warnings():
        simplefilter("ignore")  # of frames whose times are not there; their reader says so on the screen
        file = ND2File(path)
        try:
            return reading_of(file, path)
        except Exception:
            file.close()
            raise


def reading_of(file: ND2File, path: Path) -> Reading:
    sizes = dict(file.sizes)
    loops = {letter: size for letter, size in sizes.items() if letter not in PICTURE}
    height, width = sizes.get("Y", 1), sizes.get("X", 1)
    stack = Stack(file, loops, sizes.get("C", 1), height, width, sizes.get("S", 1))
    finalize(stack, file.close)  # with the last signal that is read from it
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
    x, y, z = voxel_um(tree)
    axes = []
    for letter, size in stack.loops.items():
        if letter == "T":
            axes.append(walk("time", size, period_s(stack, tree), units="s"))
        elif letter != "P":
            axes.append(walk(NAMES.get(letter, letter), size, z if letter == "Z" else None, units="µm"))
    return [*axes, axis("y", stack.height, y, units="µm"), axis("x", stack.width, x, units="µm")]


def voxel_um(tree: dict[str, Any]) -> list[float | None]:
    """Sizes along x, y and z; None where the microscope was not calibrated, for then the file says 1."""
    channels = tree["metadata"].get("channels") or [{}]
    volume = channels[0].get("volume") or {}
    known, sizes = volume.get("axesCalibrated") or (False,) * 3, volume.get("axesCalibration") or (None,) * 3
    return [float(size) if is_known and size else None for is_known, size in zip(known, sizes, strict=True)]


def period_s(stack: Stack, tree: dict[str, Any]) -> float | None:
    """From the times of the first and last frame, else as it was asked for."""
    last = {letter: size - 1 if letter == "T" else 0 for letter, size in stack.loops.items()}
    number = int(np.ravel_multi_index(tuple(last.values()), tuple(stack.loops.values())))
    times = [time_ms(as_dictionary(stack.file, n)) for n in (0, number)]
    if times[0] is not None and times[1] is not None and times[1] > times[0]:
        return float(times[1] - times[0]) / (stack.loops["T"] - 1) / 1000
    period = loop_of(tree, "TimeLoop").get("periodMs")
    return float(period) / 1000 if period else None


def time_ms(frame: dict[str, Any]) -> float | None:
    channels = frame.get("channels") or [{}]
    found = (channels[0].get("time") or {}).get("relativeTimeMs")
    return float(found) if found is not None else None


def as_dictionary(file: ND2File, number: int) -> dict[str, Any]:
    """What the file says of one frame; nothing where its library cannot tell."""
    return dict(told(lambda: file.frame_metadata(number)) or {})


def told(ask: Callable[[], Any]) -> Any:
    """What the library makes of one part of the metadata, None where it stumbles: the picture may be whole."""
    try:
        return plain(ask())
    except STUMBLES:
        return None


def tree_of(file: ND2File) -> dict[str, Any]:
    """Nikon's words in the library's order, then each block of metadata as it stands in the file."""
    tree = {
        "attributes": plain(file.attributes),
        "text_info": told(lambda: file.text_info) or {},
        "metadata": told(lambda: file.metadata) or {},
        "experiment": plain(file.experiment),
        "first_frame": as_dictionary(file, 0),
        "custom_data": told(lambda: file.custom_data) or {},
    }
    blocks = dict(said(file))
    return tree | ({"blocks": blocks} if blocks else {})


def said(file: ND2File) -> Iterator[tuple[str, Any]]:
    """The blocks of metadata, of those that every frame has only the first."""
    counted = max(int(file.attributes.sequenceCount or 0), prod(file.shape[:-2]))
    frames = range(1, min(counted, MOST_FRAMES) + 1)
    others = {f"{name}|{n}" for name in ("ImageMetadataSeqLV", "ImageMetadataSeq") for n in frames}
    found = told(lambda: file.unstructured_metadata(strip_prefix=False, exclude=others)) or {}
    for name, block in found.items():
        yield name, {"bytes": len(block)} if isinstance(block, bytes) and len(block) > LARGE_BLOCK else block


def plain(thing: Any) -> Any:
    """The library's records, of whichever kind, with the names of what is in them."""
    if is_dataclass(thing):
        return {one.name: plain(getattr(thing, one.name)) for one in fields(thing)}
    if hasattr(thing, "_asdict"):
        return {name: plain(value) for name, value in thing._asdict().items()}
    if isinstance(thing, dict):
        return {name: plain(value) for name, value in thing.items()}
    return [plain(one) for one in thing] if isinstance(thing, list | tuple) else thing


def channel_names(tree: dict[str, Any], count: int) -> list[str]:
    said = [((one.get("channel") or {}).get("name") or "") for one in tree["metadata"].get("channels") or ()]
    return [(said[n] if n < len(said) else "") or f"channel {n + 1}" for n in range(count)]


def loop_of(tree: dict[str, Any], kind: str) -> dict[str, Any]:
    """The parameters of the first loop of a kind, nothing where there is none."""
    found = (one.get("parameters") for one in tree["experiment"] if one.get("type") == kind)
    return next(found, None) or {}


def position_names(tree: dict[str, Any], count: int) -> list[str]:
    said = [one.get("name") or "" for one in loop_of(tree, "XYPosLoop").get("points") or []]
    return [(said[n] if n < len(said) else "") or f"position {n + 1}" for n in range(count)]
