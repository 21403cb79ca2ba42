"""Which of Pillow's formats a file is, by the functions with which Pillow itself tells them apart."""

import struct
from collections.abc import Iterator

from PIL import Image

OTHERS = frozenset({"TIFF", "HDF5", "GRIB", "BUFR", "EPS", "WMF", "MPEG", "MIC", "FPX"})
"""Formats that another extractor reads, or nobody: their plug-ins have no decoder, or start a program."""
WEAK = frozenset(
    {"PCX", "DCX", "FLI", "GBR", "SUN", "PIXAR", "MSP", "FTEX", "XBM", "CUR", "ICO", "MCIDAS", "DIB", "SGI", "BMP"}
)
"""Formats that begin in a way in which other files also begin; a file that cannot be opened as one is no such file."""
BY_NAME = {".tga": "TGA", ".im": "IM", ".spi": "SPIDER"}
"""Formats that begin in no way at all."""
NETPBM = {b"P1": "pbm", b"P4": "pbm", b"P2": "pgm", b"P5": "pgm", b"P3": "ppm", b"P6": "ppm"}


def known() -> Iterator[str]:
    """Names of the formats that may come out."""
    Image.init()
    yield from sorted({name.lower() for name in Image.OPEN if name not in OTHERS} | set(NETPBM.values()))


def identify(head: bytes, name: str) -> str:
    """Pillow's name of the format, "" where it is none that is read here."""
    Image.init()
    asked = ((other, accept) for other, (_, accept) in Image.OPEN.items() if other not in OTHERS)
    found = next((other for other, accept in asked if said_yes(accept, head[:64])), "")
    by_name = BY_NAME.get(f".{name.lower().rpartition('.')[2]}", "") if head else ""
    return by_name if by_name and found in ("", *WEAK) else found


def said_yes(accept: object, head: bytes) -> bool:
    """Pillow's functions answer with a text where they know a format and cannot read it; some trip over nothing."""
    if not callable(accept):
        return False
    try:
        answer = accept(head)
    except (IndexError, ValueError, SyntaxError, TypeError, OSError, struct.error):
        return False
    return bool(answer) and not isinstance(answer, str)


def named(format_name: str, head: bytes) -> str:
    """The name by which the catalog knows it."""
    return NETPBM.get(head[:2], "ppm") if format_name == "PPM" else format_name.lower()
