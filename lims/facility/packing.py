"""A folder on its way to the facility: as a tar that is made while it is sent."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from lims.errors import Invalid
from lims.provenance.observing.inside.scope import TREES


class Packed:
    """The tar of a folder's files, in the order of their names. Reading raises OSError where one shrinks meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Raises Invalid for a folder that is not one object, before it is sent."""
        if folder.suffix.lower() not in TREES:
            raise Invalid(f"{folder.name} is a folder.", hint=f"Folders that can be kept end in {', '.join(TREES)}.")
        self.pieces, self.piece = pieces(folder), io.BytesIO()

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""
        while not (found := self.piece.read(size)) and (piece := next(self.pieces, None)) is not None:
            self.piece = io.BytesIO(piece)
        return found


def pieces(folder: Path) -> Iterator[bytes]:
    """A piece for each file, so that one of them is in memory at a time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            tar.add(path.resolve(), arcname=path.relative_to(folder).as_posix(), recursive=False)
            yield drained(buffer)
    yield drained(buffer)


def drained(buffer: io.BytesIO) -> bytes:
    found = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return found
