"""The header of a PCD file: lines of a word and its values, up to DATA.

Source: The PCD (Point Cloud Data) file format, Point Cloud Library.
"""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

LONGEST = 1 << 16
"""Bytes of a header; those of thousands of fields are shorter."""
NEEDED = ("FIELDS", "SIZE", "TYPE", "WIDTH", "HEIGHT")
KINDS = {"F": "f", "U": "u", "I": "i"}
ENCODINGS = ("ascii", "binary", "binary_compressed")


@dataclass(frozen=True)
class Field:
    """count: how many numbers of it a point has. "_" is a filling that says nothing."""

    name: str
    dtype: np.dtype[Any]
    count: int


@dataclass(frozen=True)
class Header:
    """said: every line as it stands, by its word. start: where the data begin in the file."""

    fields: tuple[Field, ...]
    width: int
    height: int
    encoding: str
    start: int
    said: dict[str, Any]

    @property
    def points(self) -> int:
        return self.width * self.height

    @property
    def point_type(self) -> np.dtype[Any]:
        """One point in the file; fields by number, since their names may repeat."""
        return np.dtype([(str(n), one.dtype, (one.count,)) for n, one in enumerate(self.fields)])


def read_header(path: Path) -> Header:
    """Raises ValueError for a header that makes no sense, and says what is wrong with it."""
    with path.open("rb") as file:
        raw = file.read(LONGEST)
    said: dict[str, Any] = {}
    comments = []
    start = 0
    for line in raw.splitlines(keepends=True):
        start += len(line)
        words = line.decode("utf-8", "replace").split()
        if words and words[0].startswith("#"):
            comments.append(line.decode("utf-8", "replace").strip())
        elif words:
            said[words[0].upper()] = words[1:]
        if words and words[0].upper() == "DATA":
            return checked(said | {"comments": comments}, start)
    raise ValueError("the header has no line DATA: the file is cut off, or no PCD")


def checked(said: dict[str, Any], start: int) -> Header:
    missing = [word for word in NEEDED if not said.get(word)]
    if missing:
        raise ValueError(f"the header has no {' and no '.join(missing)}")
    names, counts = said["FIELDS"], said.get("COUNT") or ["1"] * len(said["FIELDS"])
    if not len(names) == len(said["SIZE"]) == len(said["TYPE"]) == len(counts):
        raise ValueError("the header has not as many sizes, types and counts as fields")
    encoding = (said["DATA"] or [""])[0].lower()
    if encoding not in ENCODINGS:
        raise ValueError(f"its points are encoded as {encoding!r}, which is not read")
    try:
        fields = tuple(
            Field(name, np.dtype(f"<{KINDS[kind]}{int(size)}"), int(count))
            for name, size, kind, count in zip(names, said["SIZE"], said["TYPE"], counts, strict=True)
        )
        width, height = int(said["WIDTH"][0]), int(said["HEIGHT"][0])
        points = int((said.get("POINTS") or [width * height])[0])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"the header has a size, a type or a count that makes no sense ({error})") from error
    if width < 0 or height < 0 or points != width * height or any(one.count < 1 for one in fields):
        raise ValueError(f"the header says {points} points, and {width} × {height}")
    return Header(fields, width, height, encoding, start, said)


def numbers_in(header: Header) -> int:
    """How many numbers all points have."""
    return prod((header.points, sum(one.count for one in header.fields)))
