"""What lies in a CZI file beside the image: its attachments by name, and the times of its frames.

A CZI file is a chain of segments, each with a header of 32 bytes; the first says where the list of attachments is.
Source: Zeiss' description of the format, CZI (DDS).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

DIRECTORY_AT = 32 + 72
SEGMENT, DIRECTORY, ENTRY, BEFORE_DATA = 32, 256, 128, 32 + 256
MOST_ENTRIES, MOST_TIMES = 10_000, 1_000_000


@dataclass(frozen=True)
class Attachment:
    name: str
    kind: str
    position: int
    """Of its segment in the file."""


def attachments(path: Path) -> list[Attachment]:
    """Those in the list; none where it is damaged, for the image may be whole."""
    with path.open("rb") as file:
        return list(listed(file))


def listed(file: BinaryIO) -> Iterator[Attachment]:
    file.seek(DIRECTORY_AT)
    position = read(file, "<q")
    if position <= 0:
        return
    file.seek(position)
    if not file.read(SEGMENT).startswith(b"ZISRAWATTDIR"):
        return
    count = min(read(file, "<i"), MOST_ENTRIES)
    file.seek(position + SEGMENT + DIRECTORY)
    for _ in range(count):
        entry = file.read(ENTRY)
        if len(entry) < ENTRY:
            return
        yield Attachment(word(entry[48:128]), word(entry[40:48]), struct.unpack_from("<q", entry, 12)[0])


def times_s(path: Path, found: list[Attachment]) -> list[float]:
    """Seconds of each frame, as the attachment "TimeStamps" has them; none where there is no such."""
    stamps = next((one for one in found if one.name == "TimeStamps"), None)
    if stamps is None:
        return []
    with path.open("rb") as file:
        file.seek(stamps.position + BEFORE_DATA + 4)
        count = read(file, "<i")
        if not 0 < count <= MOST_TIMES:
            return []
        raw = file.read(8 * count)
    return list(struct.unpack(f"<{count}d", raw)) if len(raw) == 8 * count else []


def read(file: BinaryIO, form: str) -> int:
    raw = file.read(struct.calcsize(form))
    return int(struct.unpack(form, raw)[0]) if len(raw) == struct.calcsize(form) else 0


def word(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")
