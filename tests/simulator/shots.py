"""Files as instruments write them, small and no two alike."""

import struct
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lims.demo.formats.gatan import document, group
from lims.demo.formats.helios import write_fei_tiff
from lims.demo.formats.serialem import write_mrc
from lims.demo.shot import Shot

SIDE = 24
RIPPLE = """key\tvalue
width\t1
height\t1
depth\t{channels}
offset\t0
data-length\t1
data-type\tunsigned
byte-order\tdont-care
record-by\tvector
"""


def picture(at: datetime, seed: int) -> bytes:
    """DigitalMicrograph with the camera's own clock, which is in UTC."""
    tags = document(shot(at, seed, np.uint16))
    clock = {"Acquisition Start Time (epoch)": at.timestamp() * 1000}
    tags["ImageList"]["#0"]["ImageTags"]["Acquisition"] = {"Frame": {"Sequence": clock}}
    root = group(tags)
    return struct.pack(">3I", 3, len(root) + 8, 1) + root + bytes(8)


def picture_without_zone(at: datetime, seed: int) -> bytes:
    """FEI's TIFF; the time inside is what a clock on the wall shows. at: in the instrument's zone."""
    (content,) = written(write_fei_tiff, "a.tif", shot(at, seed, np.uint8))
    return content


def tilt(name: str, at: datetime, seed: int) -> tuple[bytes, bytes]:
    """SerialEM's MRC, which it calls `name`, and the .mdoc that it writes afterwards."""
    image, sheet = written(write_mrc, name, shot(at, seed, np.uint16))
    return image, sheet


def spectrum(seed: int) -> tuple[bytes, bytes]:
    """Ripple's .raw, and the .rpl that describes it; no time in either. The number of channels is its own."""
    channels = 64 + seed % 1000
    counts = np.random.default_rng(seed).integers(0, 256, channels, dtype=np.uint8)
    return counts.tobytes(), RIPPLE.format(channels=channels).encode()


def note(seed: int) -> bytes:
    return f"Note {seed}: beam current checked.\n".encode()


def shot(at: datetime, seed: int, dtype: type[np.unsignedinteger]) -> Shot:
    most = min(4096, np.iinfo(dtype).max + 1)
    data = np.random.default_rng(seed).integers(0, most, (SIDE, SIDE), dtype=dtype)
    return Shot(
        at, "somebody", "17-4-500C", "ADF", 200e3, data, "noise", seed, magnification=8e4, pixel_m=1.2e-9
    )


def written(write: Callable[[Path, Shot], None], name: str, one: Shot) -> list[bytes]:
    """What a writer of the demo writes: the file, then what it leaves beside it."""
    with TemporaryDirectory() as folder:
        write(Path(folder) / name, one)
        return [path.read_bytes() for path in sorted(Path(folder).iterdir(), key=lambda path: len(path.name))]
