"""The folders of a project as collections: a tree that is the same however often it is made."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from lims.model.ids import ALPHABET, PREFIXES


@dataclass(frozen=True)
class Folder:
    """path: below the import, "" for its top. things: the keys or ids that lie in it itself."""

    path: str
    things: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str | None:
        return self.path.rpartition("/")[0] if self.path else None


def folders_of(things: Iterable[tuple[str, str]]) -> list[Folder]:
    """Folders with all that are above them, from the top down. things: (path below the import, what lies there)."""
    inside: dict[str, list[str]] = defaultdict(list)
    for path, thing in things:
        folder = path.rpartition("/")[0]
        inside[folder].append(thing)
        while folder:
            folder = folder.rpartition("/")[0]
            inside[folder] += []
    inside[""] += []
    return [Folder(path, tuple(found)) for path, found in sorted(inside.items())]


def collection_id(store: str, prefix: str) -> str:
    """The collection of one folder: who imports again finds it by its place."""
    number = int.from_bytes(hashlib.sha256(f"{store}\0{prefix}".encode()).digest()[:7])
    letters = "".join(ALPHABET[number >> 5 * place & 31] for place in range(10))
    return f"{PREFIXES['collection']}-{letters}"
