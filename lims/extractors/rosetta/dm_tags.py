"""DigitalMicrograph's tags, read whole: keys with dots, texts that are empty, keys that come twice.

RosettaSciIO takes dots out of keys, makes empty texts empty lists and keeps the last of several. Its layout stays: each
signal has its own image as ImageList.TagGroup0; of thumbnails, which are pictures of the pictures, no tags are kept.
"""

import mmap
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lims.extractors.raw import Raw
from lims.extractors.settings import put

GROUP, DATA = 20, 21
ARRAY = 20
CODES = dict(zip(range(2, 13), ("i2", "i4", "u2", "u4", "f4", "f8", "?", "i1", "u1", "i8", "u8"), strict=True))
UTF_16 = 4
DEEPEST = 64
LONGEST_TEXT = 65_536
MOST_TAGS = 1_000_000
NOT_AS_DESCRIBED = (ValueError, TypeError, AttributeError, OverflowError, MemoryError, RecursionError, struct.error)


class TagReader:
    """Walks through the tags of one file. Raises ValueError or struct.error where it is not as expected."""

    def __init__(self, raw: mmap.mmap | bytes) -> None:
        self.raw = raw
        self.place = 0
        self.count = 0
        self.is_long = self.number(">I") == 4
        self.length()
        self.order = "<" if self.number(">I") == 1 else ">"

    def number(self, form: str) -> int:
        value: int = struct.unpack_from(form, self.raw, self.place)[0]
        self.place += struct.calcsize(form)
        return value

    def length(self) -> int:
        return self.number(">Q" if self.is_long else ">I")

    def group(self, name: str = "", depth: int = 0) -> dict[str, Any]:
        """Unnamed groups and data are numbered, each kind by itself."""
        if depth > DEEPEST:
            raise ValueError("its tags are nested deeper than DigitalMicrograph nests them")
        self.place += 2
        tree: dict[str, Any] = {}
        unnamed = {GROUP: 0, DATA: 0}
        for _ in range(self.length()):
            kind, key = self.header()
            if kind not in unnamed:
                raise ValueError(f"a tag of kind {kind}")
            if not key:
                key = f"{'TagGroup' if kind == GROUP else 'Data'}{unnamed[kind]}"
                unnamed[kind] += 1
            if kind == GROUP:
                put(tree, key, self.group(key, depth + 1))
            else:
                put(tree, key, self.data(is_picture=(name, key) == ("ImageData", "Data")))
        return tree

    def header(self) -> tuple[int, str]:
        self.count += 1
        if self.count > MOST_TAGS:
            raise ValueError(f"more than {MOST_TAGS} tags")
        kind, size = self.number(">B"), self.number(">H")
        key = self.raw[self.place : self.place + size].decode("latin-1")
        self.place += size + (8 if self.is_long else 0)
        return kind, key

    def data(self, is_picture: bool) -> Any:
        if self.raw[self.place : self.place + 4] != b"%%%%":
            raise ValueError(f"no tag at byte {self.place}")
        self.place += 4
        words = self.length()
        if not 0 < words < LONGEST_TEXT:
            raise ValueError(f"a tag described by {words} words")
        kind = [self.length() for _ in range(words)]
        if kind[0] != ARRAY:
            return self.take(type_of(kind, self.order), 1).tolist()[0]
        element, count = kind[1:-1], kind[-1]
        dtype = type_of(element, self.order)
        if is_picture:
            return self.passed_over(count, count * dtype.itemsize)
        if element == [UTF_16] and count <= LONGEST_TEXT:
            return self.text(2 * count)
        found = self.take(dtype, count)
        return found if count > LONGEST_TEXT else found.tolist()

    def take(self, dtype: np.dtype[Any], count: int) -> np.ndarray[Any, Any]:
        """A view of the file, nothing is copied."""
        found = np.frombuffer(self.raw, dtype, count, self.place)
        self.place += count * dtype.itemsize
        return found

    def text(self, size: int) -> str:
        raw = self.raw[self.place : self.place + size]
        self.place += size
        return raw.decode("utf-16-le" if self.order == "<" else "utf-16-be", "surrogatepass")

    def passed_over(self, count: int, size: int) -> dict[str, Any]:
        """Where the picture is, in RosettaSciIO's words."""
        endian = "little" if self.order == "<" else "big"
        found = {"size": count, "endian": endian, "size_bytes": size, "offset": self.place}
        self.place += size
        return found


def type_of(kind: Sequence[int], order: str) -> np.dtype[Any]:
    """numpy's type of a number, of a struct, and of an array in an array. Raises ValueError for any other."""
    match kind:
        case [one] if one in CODES:
            return np.dtype(order + CODES[one])
        case [15, _, count, *fields] if len(fields) == 2 * count and set(fields[1::2]) <= set(CODES):
            return np.dtype([(f"f{n}", order + CODES[one]) for n, one in enumerate(fields[1::2])])
        case [20, *element, length] if element and length <= LONGEST_TEXT:
            return np.dtype((type_of(element, order), (length,)))
    raise ValueError(f"a tag of type {list(kind)[:4]}")


def retagged(path: Path, signals: Sequence[Raw]) -> list[Raw]:
    """The signals with whole trees; as they were where the file is not as described here."""
    try:
        whole = trees(path)
    except NOT_AS_DESCRIBED:
        return list(signals)
    if len(whole) != len(signals):
        return list(signals)
    return [replace(raw, original=tree) for raw, tree in zip(signals, whole, strict=True)]


def embedded(raw: bytes) -> dict[str, Any] | None:
    """The tags that DigitalMicrograph puts into a TIFF it saves; None where the bytes are something else."""
    if not raw.startswith((b"\0\0\0\3", b"\0\0\0\4")):
        return None
    try:
        return TagReader(raw).group() or None
    except NOT_AS_DESCRIBED:
        return None


def trees(path: Path) -> list[dict[str, Any]]:
    """One tree for each image that is no thumbnail: the file's own tags, with that image alone in its ImageList."""
    with path.open("rb") as file:
        whole = TagReader(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).group()  # as long as its arrays are
    images = whole.get("ImageList") or {}
    thumbnails = {tag.get("ImageIndex") for tag in (whole.get("Thumbnails") or {}).values()}
    kept = [image for key, image in images.items() if int(key.removeprefix("TagGroup")) not in thumbnails]
    return [whole | {"ImageList": {"TagGroup0": image}} for image in kept]
