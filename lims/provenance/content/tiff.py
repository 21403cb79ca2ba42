"""tif-1: the pixels of every page and the tags that mean something.

How the pixels are stored (compression, strips, tiles, order of bytes) and what each save writes anew (dates, the
program and its version, also in the descriptions of ImageJ and OME) do not matter.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from lims.errors import Invalid
from lims.provenance.content.digests import add, add_array
from lims.provenance.content.volatile import TIFF_LAYOUT, TIFF_VOLATILE, without_dates

UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, TypeError, IndexError, AttributeError, ZeroDivisionError)
"""What tifffile and its codecs raise for a file that is damaged."""
XMP = 700


@dataclass(frozen=True)
class Page:
    """A page's pixels, read whole each time they are asked for: a compressed page has no rows to read alone."""

    page: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.page.shape)

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.shape

    @property
    def dtype(self) -> Any:
        return self.page.dtype

    def __getitem__(self, index: Any) -> Any:
        return np.asarray(self.page.asarray())[index]


def tiff_hash(path: Path) -> str:
    """Memory is bounded by the largest compressed page. Raises Invalid for a file that cannot be read."""
    digest = hashlib.sha256()
    try:
        with tifffile.TiffFile(path) as file:
            for name, pixels, tags in pages(file, path):
                add(digest, "page", name)
                add_array(digest, pixels)
                for tag, words in sorted(tags.items()):
                    add(digest, tag, words)
    except UNREADABLE as error:
        raise Invalid(f"{path.name} cannot be read as TIFF: {error}.") from error
    return f"tif-1:{digest.hexdigest()}"


def pages(file: Any, path: Path) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """(name, pixels, tags) of each page and each page within one. Raises ValueError where pixels are missing."""
    stack = stack_of(file, path)
    for number, page in enumerate(file.pages):
        yield f"page {number}", pixels_of(page, path) if stack is None else stack, tags_of(page)
        for inner, below in enumerate(page.pages or ()):
            yield f"page {number}.{inner}", pixels_of(below, path), tags_of(below)


def stack_of(file: Any, path: Path) -> Any:
    """All planes of a file of one page that has more behind it, as ImageJ writes them; None for others."""
    series = file.series[0] if len(file.pages) == 1 and file.series else None
    if series is None or series.dataoffset is None or series.size <= file.pages[0].size:
        return None
    return mapped(path, series.dtype, file.byteorder, series.dataoffset, series.shape)


def pixels_of(page: Any, path: Path) -> Any:
    check_complete(page, path)
    if not page.is_memmappable or not page.size:
        return Page(page)
    return mapped(path, page.dtype, page.parent.byteorder, page.dataoffsets[0], page.shape)


def check_complete(page: Any, path: Path) -> None:
    """tifffile reads what is beyond the end as zeros."""
    ends = [start + size for start, size in zip(page.dataoffsets, page.databytecounts, strict=False)]
    if max(ends, default=0) > path.stat().st_size:
        raise ValueError("it ends before its pixels do")


def mapped(path: Path, dtype: Any, byteorder: str, offset: int, shape: tuple[int, ...]) -> Any:
    return np.memmap(path, np.dtype(dtype).newbyteorder(byteorder), "r", offset, shape)


def tags_of(page: Any) -> dict[str, str]:
    """The tags that mean something, as words by their names."""
    kept = [tag for tag in page.tags if tag.code not in TIFF_LAYOUT and tag.code not in TIFF_VOLATILE]
    return {f"{tag.name}": worded(tag) for tag in kept}


def worded(tag: Any) -> str:
    value = tag.value
    if isinstance(value, bytes) and tag.code == XMP:
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return without_dates(value)
    if tag.dtype in (tifffile.DATATYPE.RATIONAL, tifffile.DATATYPE.SRATIONAL):
        return fractions(value)
    return plain(value)


def fractions(value: tuple[int, ...]) -> str:
    """Two numbers each, of which only the quotient means something."""
    pairs = zip(value[::2], value[1::2], strict=True)
    return ", ".join(str(Fraction(over, under)) if under else f"{over}/0" for over, under in pairs)


def plain(value: Any) -> str:
    """Numbers, not the names that one version of tifffile has for them; bytes and arrays whole."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {plain(value[key])}" for key in sorted(value, key=str)) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(plain, value)) + "]"
    return str(int(value)) if isinstance(value, int) else str(value)
