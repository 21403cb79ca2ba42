"""The extractor of clouds of points, and the cloud seen from above."""

import importlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lims.extractors.arrays import ArrayExtractor, Reading
from lims.extractors.frames import computed
from lims.extractors.pointcloud.header import Field, Header, read_header
from lims.extractors.raw import Raw
from lims.model import Axis
from lims.plugins import Frame

MOST_POINTS, BLOCKS = 1_000_000, 64
"""Points that are looked at; of a larger cloud they are taken in blocks, for every n-th would touch the whole file."""
MOST_BINS, FEWEST_BINS = 256, 16
COLOURS = ("rgb", "rgba")
FILLING = "_"
LISTS = ("FIELDS", "SIZE", "TYPE", "COUNT", "VIEWPOINT")


class PointClouds(ArrayExtractor):
    """Reads PCD: ascii, binary and compressed, organised or not."""

    name = "pointcloud"
    version = f"1+lzf-{version('python-neo-lzf')}"
    formats = ("pcd",)
    rare_modules: ClassVar = {".pcd": ("lims.extractors.pointcloud.points",)}

    def sniff(self, head: bytes, name: str) -> bool:
        lines = head[:512].splitlines()
        first = next((line for line in lines if line.strip() and not line.startswith(b"#")), b"")
        return head.startswith((b"# .PCD", b"#.PCD")) or (first.startswith(b"VERSION") and b"FIELDS" in head[:512])

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        header = read_header(path)
        tree = {word: words if word in LISTS else plain(words) for word, words in header.said.items()}
        if not header.points:
            return Reading("pcd", (), tree, ["The cloud has no points."])
        points = importlib.import_module("lims.extractors.pointcloud.points")  # costs half a second, for clouds only
        points.ensure_there(path, header)
        values = points.arrays(path, header)
        pairs = [pair for pair in zip(header.fields, values, strict=True) if pair[0].name != FILLING]
        return Reading("pcd", [signal(field, data, header, tree, path.stem) for field, data in pairs], tree)

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        """An organised cloud's image; any other from above: how dense it is, or another field's mean at each place."""
        raw = self.opened(path, companions).signals[signal]
        seen = {one.metadata["General"]["field"]: one.data for one in self.opened(path, companions).signals}
        if raw.data.ndim != 1 or not {"x", "y"} <= set(seen):
            return super().preview(path, companions, signal)
        x, y, value = (some(one).astype(float) for one in (seen["x"], seen["y"], raw.data))
        name = raw.metadata["General"]["field"]
        return from_above(x, y, None if name in ("x", "y") else value, name)


def some(data: Any) -> NDArray[Any]:
    """All points, or some from everywhere in the file."""
    count = data.shape[0]
    if count <= MOST_POINTS:
        return computed(data)
    starts = np.linspace(0, count - MOST_POINTS // BLOCKS, BLOCKS).astype(int)
    return np.concatenate([computed(data[start : start + MOST_POINTS // BLOCKS]) for start in starts])


def plain(words: Any) -> Any:
    return words[0] if isinstance(words, list) and len(words) == 1 else words


def signal(field: Field, data: Any, header: Header, tree: dict[str, Any], stem: str) -> Raw:
    """One field; several numbers of a point, such as a descriptor, are a profile at each."""
    metadata = {"General": {"title": f"{stem} {field.name}", "field": field.name}, "Signal": {"signal_type": ""}}
    if field.name in COLOURS and header.height > 1 and field.count == 1 and field.dtype.itemsize == 4:
        data = data.map_blocks(as_colours, dtype=RGB, meta=np.empty(0, RGB))
    is_organised = header.height > 1
    if is_organised:
        data = data.reshape((header.height, header.width, *data.shape[1:]))
    names = ["row", "column"] if is_organised else ["point"]
    if field.count > 1:
        names.append("component")
    axes = [
        {"name": name, "size": size, "scale": 1.0, "offset": 0.0, "units": "",
         "navigate": field.count > 1 and name != "component"}
        for name, size in zip(names, data.shape, strict=True)
    ]  # fmt: skip
    return Raw(data, axes, metadata, tree)


RGB = np.dtype([(name, np.uint8) for name in "RGB"])


def as_colours(packed: NDArray[Any]) -> NDArray[Any]:
    """Four bytes hold blue, green, red and nothing, whatever the type of number they are declared as."""
    parts = np.ascontiguousarray(packed).view(np.uint8).reshape(*packed.shape, 4)
    found = np.empty(packed.shape, RGB)
    for name, place in (("R", 2), ("G", 1), ("B", 0)):
        found[name] = parts[..., place]
    return found


def from_above(x: NDArray[Any], y: NDArray[Any], value: NDArray[Any] | None, name: str) -> Frame:
    """Points counted, or a field averaged, on a grid of the plane x, y; y points upwards."""
    known = np.isfinite(x) & np.isfinite(y) & (True if value is None else np.isfinite(value))
    if not known.any():
        raise ValueError("none of its points has a place")
    x, y = x[known], y[known]
    bins = int(np.clip(2 * np.sqrt(len(x)), FEWEST_BINS, MOST_BINS))
    count, edges_y, edges_x = np.histogram2d(y, x, bins)
    if value is None:
        data, words = count, "points seen from above"
    else:
        total = np.histogram2d(y, x, bins, weights=value[known])[0]
        data = np.divide(total, count, out=np.full_like(total, float(value[known].min())), where=count > 0)
        words = f"mean {name} seen from above"
    axes = tuple(
        Axis(letter, bins, float(edges[1] - edges[0]), float(edges[0]), "")
        for letter, edges in (("y", edges_y), ("x", edges_x))
    )
    return Frame(data[::-1], axes, words)
