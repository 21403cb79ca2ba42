"""Is the file all there? Readers take a file that is still being copied or was cut off for a whole one."""

import struct
from collections.abc import Callable
from pathlib import Path

SER_VALUE_BYTES = {1: 1, 2: 2, 3: 4, 4: 1, 5: 2, 6: 4, 7: 4, 8: 8, 9: 8, 10: 16}
SFS_HEADER = 0x118
MOST_PAGES = 10_000


def ensure_complete(path: Path, format_name: str) -> None:
    """Raises EOFError for a file that is shorter than its own header says. Formats without such a header pass."""
    expected = LENGTHS.get(format_name)
    if expected is None:
        return
    size = path.stat().st_size
    try:
        needed = expected(path)
    except struct.error as error:
        raise EOFError(f"only {size} bytes, less than its header") from error
    if size < needed:
        raise EOFError(f"{size} of {needed} bytes")


def ser_length(path: Path) -> int:
    """TIA: the end of the last valid element."""
    with path.open("rb") as file:
        version, kind, _, _, valid = struct.unpack("<HIIII", file.read(22)[4:])
        is_long = version > 0x210
        table = struct.unpack("<Q" if is_long else "<I", file.read(8 if is_long else 4))[0]
        if valid == 0:
            return int(table)
        width = 8 if is_long else 4
        file.seek(table + (valid - 1) * width)
        last = struct.unpack("<Q" if is_long else "<I", file.read(width))[0]
        is_image = kind == 0x4122
        file.seek(last + (40 if is_image else 20))
        value = SER_VALUE_BYTES.get(struct.unpack("<H", file.read(2))[0], 1)
        sizes = struct.unpack("<II" if is_image else "<I", file.read(8 if is_image else 4))
        count = sizes[0] * (sizes[1] if is_image else 1)
        return int(file.tell() + count * value)


def bcf_length(path: Path) -> int:
    """Bruker's container: whole chunks behind a header."""
    with path.open("rb") as file:
        head = file.read(0x14C)
    chunk = struct.unpack_from("<I", head, 0x128)[0]
    return int(SFS_HEADER + chunk * struct.unpack_from("<I", head, 0x148)[0])


def mib_length(path: Path) -> int:
    """Merlin: a whole number of frames, each with its header; at least as many as are begun."""
    with path.open("rb") as file:
        fields = file.read(384).split(b",")
    header, width, height = int(fields[2]), int(fields[4]), int(fields[5])
    value = {b"U08": 1, b"U16": 2, b"U32": 4, b"U64": 8}.get(fields[6].strip())
    if value is None:
        return 0
    frame = header + width * height * value
    return -(-path.stat().st_size // frame) * frame


MRC_VALUE_BYTES = {0: 1, 1: 2, 2: 4, 3: 4, 4: 8, 6: 2, 12: 2}


def mrc_length(path: Path) -> int:
    """MRC: header, extended header, sections."""
    with path.open("rb") as file:
        head = file.read(256)
    order = ">" if head[212:214] == b"\x11\x11" else "<"
    columns, rows, sections, mode = struct.unpack_from(f"{order}4i", head)
    extended = struct.unpack_from(f"{order}i", head, 92)[0]
    return int(1024 + max(0, extended) + columns * rows * sections * MRC_VALUE_BYTES.get(mode, 0))


def blo_length(path: Path) -> int:
    """Blockfile: (y, x) patterns of n × n bytes, each behind six bytes of its own."""
    with path.open("rb") as file:
        head = file.read(0x40)
    start, _, side, _, width, height = struct.unpack_from("<IIHHHH", head, 12)
    return int(start + width * height * (side * side + 6))


def tiff_length(path: Path) -> int:
    """TIFF: the end of the farthest directory; the pixels of each are checked when they are read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        order = {b"II": "<", b"MM": ">"}[file.read(2)]
        is_big = struct.unpack(f"{order}H", file.read(2))[0] == 43
        file.seek(8 if is_big else 4)
        pointer, counter, entry = ("Q", "Q", 20) if is_big else ("I", "H", 12)
        farthest = 0
        for _ in range(MOST_PAGES):
            here = struct.unpack(f"{order}{pointer}", file.read(struct.calcsize(f"{order}{pointer}")))[0]
            farthest = max(farthest, here)
            if here == 0 or here >= size:
                break
            file.seek(here)
            count = struct.unpack(f"{order}{counter}", file.read(struct.calcsize(f"{order}{counter}")))[0]
            file.seek(count * entry, 1)
    return int(farthest)


def wdf_length(path: Path) -> int:
    """Renishaw: blocks of a name, a number and their size one after the other. Raises ValueError for one of no size."""
    size, place = path.stat().st_size, 0
    with path.open("rb") as file:
        for _ in range(MOST_PAGES):
            if place >= size:
                break
            file.seek(place)
            length = struct.unpack("<4sIQ", file.read(16))[2]
            if length < 16:
                raise ValueError(f"a block at {place} claims {length} bytes; the file is damaged")
            place += length
    return place


def msa_length(path: Path) -> int:
    """EMSA/MAS: the last line says that it is the last."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        ended = b"#ENDOFDATA" in file.read().upper()
    return 0 if ended else path.stat().st_size + len("#ENDOFDATA")


LENGTHS: dict[str, Callable[[Path], int]] = {
    "ser": ser_length,
    "bcf": bcf_length,
    "mib": mib_length,
    "tiff": tiff_length,
    "mrc": mrc_length,
    "blo": blo_length,
    "wdf": wdf_length,
    "msa": msa_length,
}
