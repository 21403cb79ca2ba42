"""Quantum Detectors' Merlin in raw mode (.mib): the counters' bits as the chips sent them.

Each frame has a header in text, then its pixels in words of 64 bits, the last pixel of a word first: 64 pixels of
1 bit, 8 of 6 bits, 4 of 12 bits; 24 bits are two frames of 12, the upper half first. Of four chips (2x2) each row holds
one row of each: bottom right and bottom left, both upside down, then top right and top left.
Source: LiberTEM's description of the format; the layout was checked against processed frames of the same noise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.extractors.arrays import ArrayExtractor, Reading
from lims.extractors.lazy import Scanned, as_lazy
from lims.extractors.raw import Raw
from lims.extractors.tree import text_of_bytes

MAGIC = b"MQ1,"
FIELDS = ("ID", "sequence number", "header size", "number of chips", "width", "height", "pixel type", "layout", "chips",
          "time", "exposure", "counter", "colour mode", "gain")  # fmt: skip
"""The first fields of a header; then follow eight thresholds, what each chip was set to, and the newer fields."""
NEWER = b"MQ1A,"
BITS = {1: (np.dtype("u1"), 1), 6: (np.dtype("u1"), 8), 12: (np.dtype("u2"), 16), 24: (np.dtype("u4"), 32)}
"""Depth of the counters: (type of a pixel, bits that one takes in the file)."""
LARGEST_SIDE = 1 << 14
HEADERS = range(64, 1 << 16)


class Merlin(ArrayExtractor):
    """Reads raw .mib; the processed ones are RosettaSciIO's."""

    name = "merlin"
    version = "1"
    formats = ("mib-raw",)
    modules = ("dask.array",)

    def sniff(self, head: bytes, name: str) -> bool:
        fields = head[:128].split(b",")
        return head.startswith(MAGIC) and len(fields) > 7 and fields[6].strip().startswith(b"R")

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        sheet = next((one for one in companions if one.suffix.lower() == ".hdr"), None)
        settings = read_settings(sheet) if sheet else {}
        frames = opened(path, settings)
        places = scan_of(len(frames.data), settings)
        axes: list[dict[str, Any]] = [{"name": name, "navigate": True} for name in "yx"[-places.ndim :]]
        axes += [{"name": name, "units": "px", "navigate": False} for name in ("dy", "dx")]
        tree = {"mib_properties": properties(path)} | ({"hdr_file": settings} if settings else {})
        metadata = {"Signal": {"signal_type": "electron_diffraction"}}
        signal = Raw(as_lazy(Scanned(frames, places)), axes, metadata, tree, squeeze=places.size == 1)
        return Reading("mib-raw", [signal], tree, frames.warnings)


@dataclass(frozen=True)
class Frames:
    """Frames of a raw file, decoded when they are asked for. data: (n, header and pixels) as bytes."""

    data: NDArray[np.uint8]
    header: int
    bits: int
    chips: tuple[int, int]
    size: tuple[int, int]
    warnings: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        rows, columns = self.size
        return len(self.data), *((rows * 2, columns // 2) if self.chips == (2, 2) else self.size)

    @property
    def dtype(self) -> Any:
        return BITS[self.bits][0]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        chosen, *inside = key if isinstance(key, tuple) else (key,)
        found: NDArray[Any] = np.empty((len(self.data[chosen]), *self.shape[1:]), dtype=self.dtype)
        for number, frame in enumerate(self.data[chosen]):
            found[number] = self.decoded(frame[self.header :])
        part: NDArray[Any] = found[(slice(None), *inside)]
        return part

    def decoded(self, packed: NDArray[np.uint8]) -> NDArray[Any]:
        """One frame. The first row of the file is the lowest, as in processed files."""
        pixels = unpacked(packed, self.bits).reshape(self.size)
        mounted = four_chips(pixels) if self.chips == (2, 2) else pixels
        return mounted[::-1]


def unpacked(packed: NDArray[np.uint8], bits: int) -> NDArray[Any]:
    """The pixels of a frame, in the order in which the chips are read."""
    if bits == 24:
        halves = [unpacked(half, 12).astype("u4") for half in np.split(packed, 2)]
        joined: NDArray[np.uint32] = (halves[0] << 12) + halves[1]
        return joined
    if bits == 12:
        return packed.view(">u2").reshape(-1, 4)[:, ::-1].reshape(-1)
    values = np.unpackbits(packed).reshape(-1, 64) if bits == 1 else packed.reshape(-1, 8)
    return np.fliplr(values).reshape(-1)


def four_chips(rows: NDArray[Any]) -> NDArray[Any]:
    """(rows, four chips side by side) as the square in which they are mounted."""
    chips = rows.reshape(rows.shape[0], 4, -1)
    upper = np.concatenate([chips[:, 3], chips[:, 2]], axis=1)
    lower = np.concatenate([chips[::-1, 1, ::-1], chips[::-1, 0, ::-1]], axis=1)
    return np.concatenate([upper, lower])


def opened(path: Path, settings: dict[str, str]) -> Frames:
    """Raises ValueError for a layout of chips or a depth that is not known, EOFError for a file without a frame."""
    said = properties(path)
    header, rows, columns = (whole_number(said[name]) for name in ("header size", "height", "width"))
    bits, layout = depth_of(said, settings), str(said["layout"]).strip()
    if layout not in ("1x1", "2x2") or bits not in BITS:
        raise ValueError(f"raw frames of {layout} chips and {bits} bits are not among those that can be unpacked")
    sizes_fit = 0 < rows <= LARGEST_SIDE and 0 < columns <= LARGEST_SIDE and columns % 64 == 0 and header in HEADERS
    if not sizes_fit or (layout == "2x2" and columns % 256):
        raise ValueError(f"a frame of {columns} × {rows} pixels behind {header} bytes is not a raw one")
    stride, size = header + rows * columns * BITS[bits][1] // 8, path.stat().st_size
    if size < stride:
        raise EOFError(f"{size} of {stride} bytes of the first frame")
    data = np.memmap(path, np.uint8, "r", shape=(size // stride, stride))
    cut = (f"The last of {size // stride + 1} frames is cut off and left out.",) if size % stride else ()
    return Frames(data, header, bits, (2, 2) if layout == "2x2" else (1, 1), (rows, columns), cut)


def depth_of(said: dict[str, Any], settings: dict[str, str]) -> int:
    """Bits of a counter: behind the exposure in newer headers, or in the settings beside the file."""
    for text in (str(said.get("counter depth", "")), settings.get("Counter Depth (number)", "")):
        if text.strip().isdigit():
            return int(text)
    return 0


def properties(path: Path) -> dict[str, Any]:
    """The first header, by name; all of it as text. exposure: in ms; timestamp: of the first frame."""
    with path.open("rb") as file:
        head = file.read(4096)
    fields = [str(text_of_bytes(field)) for field in head.split(b",")[: len(FIELDS)]]
    if len(fields) < len(FIELDS):
        raise EOFError("the file ends within its first header")
    said: dict[str, Any] = dict(zip(FIELDS, fields, strict=True))
    length = whole_number(said["header size"])
    said["header"] = text_of_bytes(head[:length].rstrip(b"\0 "))
    exposure_ms = float(said["exposure"]) * 1e3 if re.fullmatch(r"[\d.]+", said["exposure"]) else None
    said |= {"exposure": exposure_ms, "timestamp": said["time"]}
    newer = head[:length].partition(NEWER)[2].split(b",")
    if len(newer) > 2:
        said |= {"timestamp": newer[0].decode("ascii", "replace"), "counter depth": newer[2].decode("ascii", "replace")}
    return said


def whole_number(text: str) -> int:
    if not text.strip().isdigit():
        raise ValueError(f"its header is damaged: it has {text!r} where a number belongs")
    return int(text)


def read_settings(path: Path) -> dict[str, str]:
    """The .hdr beside the file: "name:<tab>value" per line."""
    text = path.read_bytes()[: 1 << 16].decode("latin-1")
    pairs = (line.partition("\t") for line in text.splitlines() if "\t" in line and not re.match(r"HDR,|End\s", line))
    return {name.strip().rstrip(":"): value for name, _, value in pairs}


def scan_of(count: int, settings: dict[str, str]) -> NDArray[np.int64]:
    """Rows and columns of a scan where the settings say them: as such, or as the frames of each trigger."""
    numbers = {name: int(text) for name, text in settings.items() if text.strip().isdigit()}
    rows, columns = numbers.get("ScanY", 0), numbers.get("ScanX", 0) or numbers.get("Frames per Trigger (Number)", 0)
    if not rows and 1 < columns < count and count % columns == 0:
        rows = count // columns
    fits = rows > 0 and rows * columns == count and rows > 1
    return np.arange(count, dtype=np.int64).reshape((rows, columns) if fits else (count,))


extractor = Merlin()
