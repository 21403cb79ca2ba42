"""How long a film is, how large, and when it was taken, by the first boxes of MP4 and AVI.

Source: ISO/IEC 14496-12 (movie header box); AVI RIFF File Reference.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

MOST_BOXES = 1000
EPOCH = datetime(1904, 1, 1, tzinfo=UTC)


def mp4_tree(path: Path) -> dict[str, Any]:
    """Nothing where its movie header is missing: the recording was cut off."""
    with path.open("rb") as file:
        for name, end in boxes(file, path.stat().st_size):
            if name == b"moov":
                inside = next((True for inner, _ in boxes(file, end) if inner == b"mvhd"), False)
                return movie_header(file) if inside else {}
    return {}


def boxes(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int]]:
    """(name, where it ends) of each box up to `end`; the file stands at its content."""
    for _ in range(MOST_BOXES):
        start = file.tell()
        head = file.read(8)
        if len(head) < 8 or start >= end:
            return
        size, name = struct.unpack(">I4s", head)
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
        stop = end if size == 0 else start + size
        if stop <= start + 7:
            return
        yield name, stop
        file.seek(stop)


def movie_header(file: BinaryIO) -> dict[str, Any]:
    version = file.read(4)[:1]
    form = ">QQIQ" if version == b"\1" else ">IIII"
    raw = file.read(struct.calcsize(form))
    if len(raw) < struct.calcsize(form):
        return {}
    created, _, scale, duration = struct.unpack(form, raw)
    tree: dict[str, Any] = {"duration_s": duration / scale} if scale else {}
    if 0 < created < 1 << 33:
        tree["created"] = (EPOCH + timedelta(seconds=created)).isoformat()
    return tree


def avi_tree(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        head = file.read(4096)
    at = head.find(b"avih")
    if at < 0 or len(head) < at + 48:
        return {}
    values = struct.unpack_from("<10I", head, at + 8)
    step_us, frames, width, height = values[0], values[4], values[8], values[9]
    return {"width": width, "height": height, "frames": frames, "duration_s": frames * step_us / 1e6}
