"""Leica .lif, .lof and .xlif: a signal per image and channel. liffile finds the images; their pixels are mapped.

An image is one block of bytes, whatever its dimensions and channels: each has its stride in the XML.
Source: Leica's description of the LAS AF LIF file format.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import dask.array as da
import numpy as np
from liffile import LifFile
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from lims.extractors.arrays import Reading
from lims.extractors.bioimaging.series import MICRO, axis, general, titled
from lims.extractors.planes import chunks_of, colour_type, mapped
from lims.extractors.raw import Raw
from lims.extractors.xml_tree import tree_of_xml

NAMES = {1: "x", 2: "y", 3: "z", 4: "time", 5: "Wavelength", 6: "rotation", 7: "xt slices", 8: "t slices",
         9: "Excitation wavelength", 10: "mosaic", 11: "loop"}  # fmt: skip
"""Leica's numbers for dimensions."""
WAVELENGTHS = (5, 9)
NANO = 1e9
DESCRIBED = "./Data/Image/ImageDescription"
RED, GREEN, BLUE = 1, 2, 3


@dataclass(frozen=True)
class Dimension:
    number: int
    size: int
    stride: int
    """In bytes."""
    origin: float
    length: float
    unit: str

    def as_axis(self, navigate: bool) -> dict[str, Any]:
        in_metres = self.unit.lower() == "m"
        factor, unit = (NANO, "nm") if self.number in WAVELENGTHS else (MICRO, "µm")
        factor, unit = (factor, unit) if in_metres else (1, self.unit)
        step = self.length / (self.size - 1) * factor
        name = NAMES.get(self.number, f"dimension {self.number}")
        return axis(name, self.size, step, self.origin * factor, unit) | {"navigate": navigate}


@dataclass(frozen=True)
class Channel:
    label: str
    dtype: np.dtype[Any]
    offset: int
    """In bytes, from the image's first."""
    tag: int


@dataclass(frozen=True)
class Block:
    """Where an image's bytes are: in this file, or for an .xlif in a .lof beside it."""

    path: Path
    offset: int
    size: int

    def view(self, dimensions: Sequence[Dimension], offset: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """One channel. Raises EOFError where the file or the block is shorter than its dimensions say."""
        reach = offset + sum((one.size - 1) * one.stride for one in dimensions) + dtype.itemsize
        there = min(self.size, self.path.stat().st_size - self.offset)
        if offset < 0 or any(one.stride <= 0 or one.size <= 0 for one in dimensions):
            raise ValueError("its dimensions make no sense: a size or a stride is not positive")
        if reach > there:
            raise EOFError(f"an image needs {reach} bytes, and {max(there, 0)} are there")
        raw = np.memmap(self.path, np.uint8, "r", self.offset + offset, (reach - offset,))
        first = raw[: dtype.itemsize].view(dtype)
        return as_strided(first, [d.size for d in dimensions], [d.stride for d in dimensions], writeable=False)


def read(path: Path, companions: Sequence[Path]) -> Reading:
    try:
        file = LifFile(path)
    except ParseError as error:
        raise ValueError(f"its XML is damaged ({error})") from error
    tree = tree_of_xml(file.xml_header().lstrip("\ufeff"))
    if file.type.name in ("XLEF", "XLCF"):
        return Reading("lif", tree=tree, warnings=["It lists other files, which are datasets of their own."])
    signals: list[tuple[tuple[str, str], Raw]] = []
    warnings: list[str] = []
    for image in file.images:
        try:
            signals += [((image.path, label), raw) for label, raw in signals_of(image, path, tree)]
        except (ValueError, EOFError, KeyError, OSError) as error:
            warnings.append(f"The image {image.path!r} is not read: {error}.")
    if not signals:
        raise ValueError(" ".join(warnings) or "there is no image in it")
    titles = titled(path.stem, [label for label, _ in signals])
    named = [
        Raw(raw.data, raw.axes, general(title), tree) for title, (_, raw) in zip(titles, signals, strict=True)
    ]
    return Reading("lif", named, warnings=warnings)


def signals_of(image: Any, path: Path, tree: dict[str, Any]) -> Iterator[tuple[str, Raw]]:
    """(channel, signal) of an image; three channels that are one camera's colours are one signal."""
    if image.is_flim:
        raise ValueError("fluorescence lifetimes are in a form that only Leica's programs read")
    dimensions, channels = dimensions_of(image), channels_of(image)
    block = block_of(image, path)
    axes = [one.as_axis(n < len(dimensions) - 2) for n, one in enumerate(dimensions)]
    tags = {channel.tag: channel for channel in channels}
    if len(channels) == 3 and set(tags) == {RED, GREEN, BLUE}:
        parts = [block.view(dimensions, tags[tag].offset, tags[tag].dtype) for tag in (RED, GREEN, BLUE)]
        yield "", Raw(in_colours([lazily(part) for part in parts]), axes, {}, tree)
        return
    for channel in channels:
        yield channel.label, Raw(lazily(block.view(dimensions, channel.offset, channel.dtype)), axes, {}, tree)


def dimensions_of(image: Any) -> list[Dimension]:
    """Those longer than one, the slowest first."""
    nodes = image.xml_element.findall(f"{DESCRIBED}/Dimensions/DimensionDescription")
    found = [
        Dimension(
            int(node.attrib["DimID"]),
            int(node.attrib["NumberOfElements"]),
            int(node.attrib["BytesInc"]),
            float(node.attrib.get("Origin") or 0),
            float(node.attrib.get("Length") or 0),
            node.attrib.get("Unit", ""),
        )
        for node in nodes
    ]
    kept = [one for one in found if one.size != 1]
    return sorted(kept, key=lambda one: -one.stride)


def channels_of(image: Any) -> list[Channel]:
    """Channels with the name of their dye where LAS X writes one, else with the colour that they are shown in."""
    found = []
    for number, node in enumerate(image.xml_element.findall(f"{DESCRIBED}/Channels/ChannelDescription"), 1):
        bits, is_float = int(node.attrib["Resolution"]), node.attrib.get("DataType") == "1"
        size = next((size for size in (1, 2, 4, 8) if bits <= 8 * size), 0)
        if not size or (is_float and size == 1):
            raise ValueError(f"numbers of {bits} bits are not read")
        said = {prop.findtext("Key"): prop.findtext("Value") for prop in node.findall("ChannelProperty")}
        label = said.get("DyeName") or node.attrib.get("LUTName") or ""
        kind = np.dtype(f"<{'f' if is_float else 'u'}{size}")
        offset, tag = int(node.attrib["BytesInc"]), int(node.attrib.get("ChannelTag") or 0)
        found.append(Channel(f"channel {number} {label}".strip(), kind, offset, tag))
    return found


def block_of(image: Any, path: Path) -> Block:
    """Raises ValueError for an .xlif whose pixels are in pictures of their own."""
    block = image.memory_block
    if not block.frames:
        return Block(path, block.offset, block.size)
    beside = path.parent / block.frames[0].file
    if len(block.frames) != 1 or beside.suffix.lower() != ".lof":
        raise ValueError(f"its pixels are in files of their own ({beside.name} and so on)")
    with LifFile(beside) as other:
        inside = other.images[0].memory_block
        return Block(beside, inside.offset, inside.size)


def lazily(view: NDArray[Any]) -> Any:
    """With a chunk a picture, so that no more of a long series is read than is looked at."""
    return mapped(view, (*chunks_of(view.shape[:-2]), *view.shape[-2:]))


def in_colours(parts: list[Any]) -> Any:
    kind = colour_type(parts[0].dtype)

    def joined(*colours: NDArray[Any]) -> NDArray[Any]:
        found = np.empty(colours[0].shape, kind)
        for name, colour in zip("RGB", colours, strict=True):
            found[name] = colour
        return found

    return da.map_blocks(joined, *parts, dtype=kind, meta=np.empty((0,) * parts[0].ndim, kind))
