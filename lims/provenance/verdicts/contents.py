"""What two files are compared by, whatever their format."""

import csv
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lims.errors import Invalid
from lims.provenance.content.slabs import Array

UNREADABLE = (
    OSError, ValueError, LookupError, RuntimeError, TypeError, AttributeError, ArithmeticError, EOFError, SyntaxError,
    MemoryError, Invalid, struct.error, zlib.error, zipfile.BadZipFile, csv.Error, Image.DecompressionBombError,
)  # fmt: skip
"""What the libraries raise for damaged files of the formats that are compared."""


class Unreadable(Invalid):
    """One of the two files cannot be read, or not to its end."""

    def __init__(self, path: Path, error: BaseException) -> None:
        said = error.message if isinstance(error, Invalid) else f"{path.name} cannot be read: {error}"
        super().__init__(said)
        self.path = path


def index_words(index: tuple[int, ...]) -> str:
    if not index:
        return ""
    return f"index {index[0]}" if len(index) == 1 else f"index ({', '.join(map(str, index))})"


@dataclass(frozen=True)
class Source:
    """An array of a file, which says what file it is of when it cannot be read. chunks: of the file, if it has any."""

    path: Path
    array: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    @property
    def chunks(self) -> tuple[int, ...] | None:
        return getattr(self.array, "chunks", None)

    def __getitem__(self, index: Any) -> Any:
        try:
            return np.asarray(self.array[index])
        except UNREADABLE as error:
            raise Unreadable(self.path, error) from error


@dataclass(frozen=True)
class Contents:
    """An opened file.

    arrays: by the name a person knows them by, "" where there is one. metadata: as words.
    place: an element's index in words. rows: what the elements of its arrays are called, if they have a name.
    is_written: its numbers are written as text, where 1 and 1.0 are the same.
    """

    arrays: Mapping[str, Array]
    metadata: Mapping[str, str] = field(default_factory=dict)
    place: Callable[[tuple[int, ...]], str] = index_words
    rows: str = ""
    is_written: bool = False

    def of(self, path: Path) -> "Contents":
        return replace(self, arrays={name: Source(path, array) for name, array in self.arrays.items()})
