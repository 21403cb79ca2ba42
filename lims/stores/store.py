"""What every store can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from lims.errors import Conflict, Forbidden, StoreUnavailable
from lims.stores.keys import checked_key, name_of_key


@dataclass(frozen=True)
class Entry:
    """One file. key: its path below the store, `/` between its parts. modified: UTC, to the microsecond."""

    key: str
    bytes: int
    modified: datetime


@dataclass(frozen=True)
class Listing:
    """All files below a prefix. unreadable: (key, reason) of folders and files that could not be looked at.

    vanished: keys of what went while it was listed: it may have been renamed, so nobody knows whether it is lost.
    """

    entries: tuple[Entry, ...]
    unreadable: tuple[tuple[str, str], ...] = field(default=())
    vanished: tuple[str, ...] = field(default=())


class PrefixMissing(StoreUnavailable):
    """The store is there, the folder in it is not: nothing was written yet, or a mount below the root is missing."""


class Store(ABC):
    """A place for files. mount: where user servers see the same files, or None.

    keeps_times: whether a file that is written can keep the time it was made at.
    """

    keeps_times = False

    def __init__(self, name: str, url: str, *, writable: bool = False, mount: Path | None = None) -> None:
        self.name = name
        self.url = url
        self.writable = writable
        self.mount = mount

    @abstractmethod
    def look(self, prefix: str = "") -> Listing:
        """List every file below `prefix`, which is a folder's key or "".

        Raises StoreUnavailable where the root or the prefix cannot be listed: a missing mount must not look like
        an empty folder.
        """

    @abstractmethod
    def entry(self, key: str) -> Entry:
        """Raises NotFound where there is no such file."""

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """Open a file for reading. Raises NotFound."""

    @abstractmethod
    def local_path(self, key: str) -> Path | None:
        """The file (or tree) on this machine, or None where there is none: then `open` it."""

    def root_for_users(self) -> Path | None:
        """The folder under which user servers see all files, or None where there is none."""
        return self.mount

    def path_for_users(self, key: str) -> Path | None:
        """Where user servers see the file; whether it is there, only they can tell."""
        return self.mount / name_of_key(checked_key(key)) if self.mount else self.local_path(key)

    @abstractmethod
    def key_of(self, path: Path) -> str | None:
        """The key of a local path inside this store ("" for its root), or None."""

    def free_bytes(self) -> int | None:
        """How much more it can take; None where nobody knows."""
        return None

    @abstractmethod
    def _put(self, key: str, source: BinaryIO, *, replace: bool, modified: datetime | None) -> None:
        """Write atomically. Raises FileExistsError unless `replace`."""

    @abstractmethod
    def take_back(self, key: str) -> None:
        """Remove what we have just written, before anybody knows of it. Nothing where it is gone."""

    def _take(self, key: str, source: Path, *, modified: datetime | None) -> bool:
        """Write without a copy, where that can be. Raises FileExistsError."""
        return False

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """As `look`, without what could not be read."""
        return iter(self.look(prefix).entries)

    def size(self, key: str) -> int:
        return self.entry(key).bytes

    def write(
        self, key: str, source: BinaryIO | Path, *, replace: bool = False, modified: datetime | None = None,
        is_ours: bool = False,
    ) -> Entry:
        """Write a file, whole or not at all.

        modified: the time it is to have, where the store `keeps_times`; else it is new.
        is_ours: nobody will write to the source again, so that the store may have the very same file.
        Raises Forbidden where the store is read-only, Conflict where the key is taken and `replace` is False.
        """
        if not self.writable:
            raise Forbidden(
                f"The store {self.name!r} is read-only.", hint="Write to the derived store, or ask the administrator."
            )
        checked_key(key)
        try:
            if not isinstance(source, Path):
                self._put(key, source, replace=replace, modified=modified)
            elif not (is_ours and not replace and self._take(key, source, modified=modified)):
                with source.open("rb") as stream:
                    self._put(key, stream, replace=replace, modified=modified)
        except FileExistsError as error:
            raise Conflict(f"{key} is already in the store {self.name!r}.", hint="Choose another name.") from error
        return self.entry(key)
