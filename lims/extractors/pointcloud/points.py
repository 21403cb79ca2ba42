"""The points of a PCD file as arrays: mapped where they lie, or read when somebody looks."""

import struct
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import dask.array as da
import lzf
import numpy as np
import pandas as pd
from dask.delayed import delayed
from numpy.typing import NDArray

from lims.extractors.planes import mapped
from lims.extractors.pointcloud.header import Header, numbers_in

MOST_UNPACKED = 1 << 30
MOST_COUNTED = 64 << 20
"""Bytes of text in which lines are counted before anything is promised."""
CHUNK = 1 << 20

Take = Callable[[int], NDArray[Any]]


def ensure_there(path: Path, header: Header) -> None:
    """Raises EOFError where fewer points are there than the header says, ValueError for a bomb."""
    there = path.stat().st_size - header.start
    if header.encoding == "binary":
        needed = header.points * header.point_type.itemsize
    elif header.encoding == "ascii":
        needed = 2 * numbers_in(header) - 1
    else:
        needed = compressed_size(path, header) if header.points else 0
    if header.points and there < needed:
        raise EOFError(f"{header.points} points need {needed} bytes, and {max(there, 0)} are there")
    if header.encoding == "ascii" and header.points and there < MOST_COUNTED:
        with path.open("rb") as file:
            file.seek(header.start)
            found = sum(1 for line in file.read().splitlines() if line.strip())
        if found < header.points:
            raise EOFError(f"the header says {header.points} points, and {found} are there")


def compressed_size(path: Path, header: Header) -> int:
    """Bytes of the packed points with the two sizes before them. Raises ValueError where these make no sense."""
    packed, unpacked = sizes(path, header)
    expected = header.points * header.point_type.itemsize
    if unpacked != expected:
        raise ValueError(f"its points would be {unpacked} bytes unpacked, where the header says {expected}")
    if unpacked > MOST_UNPACKED:
        raise ValueError(f"its points are {unpacked >> 20} MiB unpacked, more than is read")
    return packed + 8


def sizes(path: Path, header: Header) -> tuple[int, int]:
    with path.open("rb") as file:
        file.seek(header.start)
        raw = file.read(8)
    if len(raw) < 8:
        raise EOFError("the file ends where its points should begin")
    packed, unpacked = struct.unpack("<II", raw)
    return packed, unpacked


def arrays(path: Path, header: Header) -> list[da.Array]:
    """Each field as (points,), or (points, count) where a point has several of it; nothing is read yet."""
    if header.encoding == "binary":
        raw = np.memmap(path, header.point_type, "r", header.start, (header.points,))
        parts = [raw[str(n)] for n in range(len(header.fields))]
        found = [mapped(part, (CHUNK, part.shape[1])) for part in parts]
    else:
        load = cache(partial(LOADERS[header.encoding], path, header))
        found = [
            da.from_delayed(delayed(taken, pure=False)(load, n), (header.points, one.count), one.dtype)
            for n, one in enumerate(header.fields)
        ]
    return [one[:, 0] if field.count == 1 else one for one, field in zip(found, header.fields, strict=True)]


def taken(load: Callable[[], list[NDArray[Any]]], number: int) -> NDArray[Any]:
    return load()[number]


def ascii_points(path: Path, header: Header) -> list[NDArray[Any]]:
    columns = [(n, k) for n, field in enumerate(header.fields) for k in range(field.count)]
    with path.open("rb") as file:
        file.seek(header.start)
        text = file.read()
    kinds = {at: header.fields[n].dtype.newbyteorder("=") for at, (n, _) in enumerate(columns)}
    try:
        frame = pd.read_csv(
            BytesIO(text), sep=r"\s+", header=None, nrows=header.points, names=range(len(columns)), dtype=kinds
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise ValueError(f"its points are not the numbers that the header says ({error})") from error
    if len(frame) < header.points:
        raise EOFError(f"the header says {header.points} points, and {len(frame)} are there")
    return [
        np.stack([frame[at].to_numpy() for at, (of, _) in enumerate(columns) if of == n], axis=1)
        for n in range(len(header.fields))
    ]


def unpacked_points(path: Path, header: Header) -> list[NDArray[Any]]:
    """Packed are all values of the first field, then all of the next."""
    packed, unpacked = sizes(path, header)
    with path.open("rb") as file:
        file.seek(header.start + 8)
        raw = lzf.decompress(file.read(packed), unpacked)
    if raw is None or len(raw) != unpacked:
        raise ValueError("its packed points are damaged")
    found, at = [], 0
    for field in header.fields:
        size = field.dtype.itemsize * field.count * header.points
        found.append(np.frombuffer(raw[at : at + size], field.dtype).reshape(header.points, field.count))
        at += size
    return found


LOADERS: dict[str, Callable[[Path, Header], list[NDArray[Any]]]] = {
    "ascii": ascii_points,
    "binary_compressed": unpacked_points,
}
