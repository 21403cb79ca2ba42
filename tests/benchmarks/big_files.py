"""Raw 4D recordings of any size that take no room on the disk: headers are written, frames are holes."""

import json
import struct
from pathlib import Path

import h5py
import numpy as np

SIDE = 256
"""Pixels of a pattern and points of a scan; with one byte a pixel that is 4 GiB."""


def sparse(path: Path, head: bytes, size: int) -> Path:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


def mrc(folder: Path, frames: int, side: int = SIDE) -> Path:
    head = bytearray(1024)
    struct.pack_into("<4i", head, 0, side, side, frames, 0)
    struct.pack_into("<3i3f", head, 28, side, side, frames, 10.0 * side, 10.0 * side, 10.0 * frames)
    head[208:216] = b"MAP DD\0\0"
    return sparse(folder / "big.mrc", bytes(head), 1024 + frames * side * side)


def mib(folder: Path, frames: int, side: int = SIDE) -> Path:
    """Merlin: each frame behind its own header of 384 letters."""
    path = sparse(folder / "big.mib", b"", frames * (384 + side * side))
    settings = "0.001000,0,0,0,2.0E+0,5.1E+2,0.0E+0,0.0E+0,0.0E+0,0.0E+0,0.0E+0,0.0E+0,3RX," + "000," * 27
    with path.open("r+b") as file:
        for number in range(frames):
            words = (
                f"MQ1,{number + 1:06d},00384,01,{side:04d},{side:04d},U08,   1x1,01,2021-04-15 14:43:02.396481,"
                f"{settings}MQ1A,2021-04-15T13:43:02.396481181Z,1000000ns,6,"
            )
            file.seek(number * (384 + side * side))
            file.write(words.encode().ljust(384, b" "))
    return path


def blo(folder: Path, scan: int, side: int = SIDE) -> Path:
    """Blockfile: an image of the scan, then the patterns, each behind six bytes of its own."""
    head = bytearray(0x1000)
    start = 0x1000 + scan * scan
    sizes = (side, 0, scan, scan, 0)
    struct.pack_into("<6sHIIIHHHHHddI", head, 0, b"IMGBLO", 258, 0x1000, start, 131141, *sizes, 2.0, 2.0, 200)
    return sparse(folder / "big.blo", bytes(head), start + scan * scan * (side * side + 6))


def attributes(size: int, name: str, navigate: bool) -> dict[str, object]:
    kind = {"_type": "UniformDataAxis", "is_binned": False}
    return {"name": name, "scale": 1.0, "offset": 0.0, "units": "nm", "size": size, "navigate": navigate, **kind}


def hspy(folder: Path, side: int = SIDE) -> Path:
    """The room of its chunks is taken when it is made, and never filled, so that the frames are holes here, too."""
    path = folder / "big.hspy"
    with h5py.File(path, "w") as file:
        file.attrs["file_format"], file.attrs["file_format_version"] = "HyperSpy", "3.3"
        signal = file.create_group("Experiments/big")
        signal.attrs["package"], signal.attrs["package_version"] = "hyperspy", "2.0"
        for number in range(4):
            axis = signal.create_group(f"axis-{number}")
            axis.attrs.update(attributes(side, "yx"[number % 2], number < 2))
        for name in ("metadata/General", "metadata/Signal", "original_metadata", "learning_results"):
            signal.create_group(name)
        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout.set_chunk((16, 16, side, side))
        layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((side, side, side, side))
        h5py.h5d.create(signal.id, b"data", h5py.h5t.NATIVE_UINT8, space, layout)
    return path


def zspy(folder: Path, side: int = SIDE, chunk: int = 64) -> Path:
    """Each chunk a file with a hole."""
    path = folder / "big.zspy"
    signal = path / "Experiments/big"
    for name in ("", "metadata", "metadata/General", "metadata/Signal", "original_metadata", "learning_results"):
        (signal / name).mkdir(parents=True, exist_ok=True)
        (signal / name / ".zgroup").write_text('{"zarr_format": 2}')
    for number in range(4):
        (signal / f"axis-{number}").mkdir()
        (signal / f"axis-{number}/.zgroup").write_text('{"zarr_format": 2}')
        (signal / f"axis-{number}/.zattrs").write_text(json.dumps(attributes(side, "yx"[number % 2], number < 2)))
    for group in (path, path / "Experiments"):
        (group / ".zgroup").write_text('{"zarr_format": 2}')
    (path / ".zattrs").write_text('{"file_format": "ZSpy", "file_format_version": "3.3"}')
    (signal / ".zattrs").write_text('{"package": "hyperspy", "package_version": "2.0"}')
    array = {"zarr_format": 2, "shape": [side] * 4, "chunks": [chunk] * 4, "dtype": "|u1", "order": "C"}
    (signal / "data").mkdir()
    (signal / "data/.zarray").write_text(json.dumps(array | {"compressor": None, "filters": None, "fill_value": 0}))
    for place in np.ndindex(*[side // chunk] * 4):
        part = signal / "data" / "/".join(map(str, place))
        part.parent.mkdir(parents=True, exist_ok=True)
        sparse(part, b"", chunk**4)
    return path
