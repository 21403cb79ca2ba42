"""Zeiss .czi, by Zeiss' own library: a signal per scene and channel, its tiles stitched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pylibCZIrw.czi import CziReader, Rectangle

from lims.extractors.arrays import Reading
from lims.extractors.bioimaging.attachments import attachments, times_s
from lims.extractors.bioimaging.series import MICRO, axis, general, listed, titled, walk
from lims.extractors.bioimaging.xml_places import below, items
from lims.extractors.planes import Mosaic, colour_type, colours, lazy
from lims.extractors.raw import Raw
from lims.extractors.xml_tree import tree_of_xml
from lims.model import Axis
from lims.plugins import Frame

WALKED = {"T": "time", "R": "rotation", "I": "illumination", "H": "phase", "V": "view", "B": "block", "Z": "z"}
"""The dimensions that become axes to walk along, in this order."""
NUMBERS = {"Gray8": "u1", "Gray16": "<u2", "Gray32Float": "<f4", "Bgr24": "u1", "Bgr48": "<u2"}
LARGE_PLANE = 16 << 20
"""Pixels from which a plane is looked at through the smaller copies that the file has of it."""
SEEN = 2048


@dataclass(frozen=True)
class View:
    """One channel of one scene. rectangle: in pixels of the whole file's plane; walked: {dimension: (first, size)}."""

    reader: CziReader
    scene: int | None
    channel: int
    rectangle: Rectangle
    walked: dict[str, tuple[int, int]]

    @property
    def pixel_type(self) -> str:
        return str(self.reader.pixel_types[self.channel])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Raises ValueError for pixels that no signal can hold."""
        if self.pixel_type not in NUMBERS:
            raise ValueError(f"its pixels are {self.pixel_type}, which is not read")
        plain = np.dtype(NUMBERS[self.pixel_type])
        return colour_type(plain) if self.pixel_type.startswith("Bgr") else plain

    @property
    def shape(self) -> tuple[int, ...]:
        return (*(size for _, size in self.walked.values()), self.rectangle.h, self.rectangle.w)

    def plane(self, index: tuple[int, ...], rows: slice, columns: slice, zoom: float = 1.0) -> NDArray[Any]:
        left, top = self.rectangle.x + columns.start, self.rectangle.y + rows.start
        place = {name: first + n for n, (name, (first, _)) in zip(index, self.walked.items(), strict=True)}
        samples = self.reader.read(
            roi=Rectangle(left, top, columns.stop - columns.start, rows.stop - rows.start),
            plane={**place, "C": self.channel},
            scene=self.scene,
            zoom=zoom,
            pixel_type=self.pixel_type,
        )
        return colours(samples[..., ::-1]) if self.pixel_type.startswith("Bgr") else samples[..., 0]


def read(path: Path, companions: Sequence[Path]) -> Reading:
    reader = CziReader(str(path))
    beside = attachments(path)
    xml = reader.raw_metadata
    tree = tree_of_xml(xml) if xml.strip() else {}
    tree["attachments"] = [{"name": one.name, "type": one.kind} for one in beside]
    times = times_s(path, beside)
    views = list(views_of(reader))
    if not views:
        raise ValueError("there is no image in it")
    titles = titled(path.stem, [label(view, tree) for view in views])
    return Reading("czi", [signal(view, tree, times, title) for view, title in zip(views, titles, strict=True)])


def signal(view: View, tree: dict[str, Any], times: list[float], title: str) -> Raw:
    data, axes = lazy(view.shape, view.dtype, view.plane), axes_of(view, tree, times)
    if view.rectangle.w * view.rectangle.h <= LARGE_PLANE:
        return Raw(data, axes, general(title), tree)
    return Mosaic(data, axes, general(title), tree, look=partial(zoomed, view, axes))


def views_of(reader: CziReader) -> Iterator[View]:
    box = reader.total_bounding_box
    walked = {name: (box[name][0], size) for name in WALKED if name in box and (size := extent(box[name])) > 1}
    scenes = reader.scenes_bounding_rectangle
    whole: dict[int | None, Rectangle] = {None: reader.total_bounding_rectangle}
    for scene, rectangle in sorted(scenes.items()) if len(scenes) > 1 else whole.items():
        for channel in sorted(reader.pixel_types):
            if rectangle.w > 0 and rectangle.h > 0:
                yield View(reader, scene, channel, rectangle, walked)


def extent(span: tuple[int, int]) -> int:
    return span[1] - span[0]


def axes_of(view: View, tree: dict[str, Any], times: list[float]) -> list[dict[str, Any]]:
    """Scenes keep their places to each other: the origin is the corner of the whole file's plane."""
    said = items(tree, "ImageDocument/Metadata/Scaling/Items/Distance")
    step_um = {str(one.get("@Id")): float(one["Value"]) * MICRO for one in said if one.get("Value")}
    axes = []
    for name, (_, size) in view.walked.items():
        if name == "T":
            axes.append(time_axis(size, tree, times))
        else:
            axes.append(walk(WALKED[name], size, step_um.get(name) if name == "Z" else None, units="µm"))
    corner = view.reader.total_bounding_rectangle
    for name, size, start in (
        ("Y", view.rectangle.h, view.rectangle.y - corner.y),
        ("X", view.rectangle.w, view.rectangle.x - corner.x),
    ):
        scale = step_um.get(name)
        axes.append(axis(name.lower(), size, scale, start * (scale or 0.0), "µm"))
    return axes


def time_axis(size: int, tree: dict[str, Any], times: list[float]) -> dict[str, Any]:
    """From the times of the frames, else from the interval that was asked for."""
    if len(times) >= size:
        return listed("time", times, size, "s")
    step = below(tree, "ImageDocument/Metadata/Information/Image/Dimensions/T/Positions/Interval/Increment")
    return walk("time", size, float(step) if isinstance(step, str) and step else None, units="s")


def label(view: View, tree: dict[str, Any]) -> tuple[str, str]:
    """(scene, channel) in Zeiss' own names."""
    dimensions = "ImageDocument/Metadata/Information/Image/Dimensions"
    channels = items(tree, f"{dimensions}/Channels/Channel")
    channel = str(channels[view.channel].get("@Name") or "") if view.channel < len(channels) else ""
    scenes = items(tree, f"{dimensions}/S/Scenes/Scene")
    named = next((str(one.get("@Name") or "") for one in scenes if one.get("@Index") == str(view.scene)), "")
    scene = "" if view.scene is None else named or f"scene {view.scene}"
    return scene, channel or f"channel {view.channel}"


def zoomed(view: View, axes: list[dict[str, Any]]) -> Frame:
    """The middle plane of a mosaic at a size to look at, which the file's own smaller copies make cheap."""
    height, width = view.rectangle.h, view.rectangle.w
    zoom = SEEN / max(height, width)
    middle = tuple(size // 2 for _, size in view.walked.values())
    data = view.plane(middle, slice(0, height), slice(0, width), zoom)
    shown = tuple(
        Axis(one["name"], size, one["scale"] * one["size"] / size, one["offset"], one["units"])
        for one, size in zip(axes[-2:], data.shape, strict=True)
    )
    if data.dtype.names:
        data = np.stack([data[name] for name in data.dtype.names], axis=-1)
    return Frame(data, shown, "at a smaller scale")
