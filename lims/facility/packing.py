"""A folder on its way to the facility: as a tar that is made while it is sent."""

import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lims.errors import Invalid
from lims.provenance.observing.inside.scope import TREES

MOST_FILES = 100_000


class Packed:
    """The tar of a folder's files, in the order of their names. Reading raises OSError where one shrinks meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Raises Invalid for a folder that cannot be kept, before it is sent."""
        check_suffix(folder.name)
        files = sorted(one for one in folder.rglob("*") if one.is_file())
        check_number(len(files))
        self.pieces, self.piece = pieces(folder, files), io.BytesIO()

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""
        while not (found := self.piece.read(size)) and (piece := next(self.pieces, None)) is not None:
            self.piece = io.BytesIO(piece)
        return found


def is_tree_at(path: Path) -> bool:
    """Whether a folder that is one object lies there."""
    return path.is_dir() and path.suffix.lower() in TREES


def check_suffix(name: str) -> None:
    """Raises Invalid unless it is the name of a folder that is one object."""
    if not name.lower().endswith(TREES):
        raise Invalid(f"{name} is a folder.", hint=f"Folders that can be kept end in {', '.join(TREES)}.")


def check_number(files: int) -> None:
    if not files:
        raise Invalid("The folder is empty.")
    if files > MOST_FILES:
        raise Invalid(f"The folder has more than {MOST_FILES:,} files.", hint="Save it with larger chunks.")


def pieces(folder: Path, files: Sequence[Path]) -> Iterator[bytes]:
    """A piece for each file, so that one of them is in memory at a time. Links count as what they lead to."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w|", format=tarfile.PAX_FORMAT, dereference=True) as tar:
        for path in files:
            tar.add(path, arcname=path.relative_to(folder).as_posix(), recursive=False)
            yield drained(buffer)
    yield drained(buffer)


def drained(buffer: io.BytesIO) -> bytes:
    found = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return found
