"""What every source can do: say what is in it, and give the bytes of each file."""

import hashlib
import lzma
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from lims.errors import Invalid
from lims.extractors.companions import is_junk, tree_of
from lims.importing.limits import ImportLimits
from lims.importing.names import Taken

DAMAGE = (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error,
          lzma.LZMAError, tarfile.TarError)  # fmt: skip
"""What the readers of archives raise for a damaged one, or one packed in a way that they do not know."""


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Unreadable(Invalid):
    """One file of the source cannot be read, or is another than its source says."""


@dataclass(frozen=True)
class Member:
    """One file. path: below the source, as a part of a key. modified: UTC."""

    path: str
    bytes: int
    modified: datetime


@dataclass(frozen=True)
class Refused:
    """A file that does not come in, and why."""

    path: str
    reason: str


@dataclass
class Contents:
    """junk: how many files are some system's leftovers. refused: also folders that cannot be looked into."""

    members: list[Member] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    junk: int = 0

    def refuse(self, path: str, reason: str) -> None:
        self.refused.append(Refused(path, reason))


class Source(ABC):
    """name: what the project's folder in the store is called after it. kind: in words. Close it after use."""

    kind = ""

    def __init__(self, path: Path, stem: str) -> None:
        self.path = path
        # A .zspy tree is one dataset: what is called so must stay a folder inside the import.
        self.base = f"{stem}/" if tree_of(f"{stem}/") else ""
        self.name = stem.rpartition(".")[0] if self.base else stem

    @abstractmethod
    def look(self, limits: ImportLimits) -> Contents:
        """Everything in it, in the order in which it is best read. Raises Invalid where the limits are passed."""

    @abstractmethod
    def open(self, member: Member) -> Readable:
        """The bytes of a member of the last look; may raise any DAMAGE."""

    def close(self) -> None:
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def reading(self, member: Member, heard: Callable[[int], None] = lambda size: None) -> Iterator["Reading"]:
        """heard: hears of the bytes as they are read. Raises Unreadable."""
        try:
            opened = self.open(member)
        except DAMAGE as error:
            raise Unreadable(reason_of(error)) from error
        try:
            yield Reading(opened, member, heard)
        finally:
            close = getattr(opened, "close", None)
            if close is not None:
                close()


class Reading:
    """A member's bytes while they are read, and what they were: their number and their checksum.

    Raises Unreadable for whatever is wrong with them, so that it is told apart from what is wrong where they go to.
    """

    def __init__(self, opened: Readable, member: Member, heard: Callable[[int], None]) -> None:
        self.opened = opened
        self.member = member
        self.heard = heard
        self.bytes = 0
        self._hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        try:
            chunk = self.opened.read(size)
        except DAMAGE as error:
            raise Unreadable(reason_of(error)) from error
        self.bytes += len(chunk)
        self._hash.update(chunk)
        self.heard(len(chunk))
        if self.bytes > self.member.bytes or (not chunk and size != 0 and self.bytes < self.member.bytes):
            raise Unreadable(f"it has not the {self.member.bytes:,} bytes that it should have")
        return chunk

    def check_end(self) -> None:
        """Whoever knew how much to expect may not have asked for the end, where a zip's checksum is looked at."""
        self.read(1)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Sorting:
    """Sorts what a source finds into its contents, as every kind of source does."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.contents = Contents()
        self.taken = Taken()

    def is_junk(self, path: str) -> bool:
        """Where it is, it is counted."""
        found = is_junk(self.base + path)
        self.contents.junk += found
        return found

    def refusal(self, path: str) -> str | None:
        """Why a path cannot come in ("" where it can), None for junk."""
        return None if self.is_junk(path) else self.taken.refusal(self.base + path)

    def add(self, path: str, size: int, modified: datetime) -> Member:
        member = Member(self.base + path, size, modified)
        self.contents.members.append(member)
        return member

    def keep_last(self) -> None:
        """Of several members of one path the last, where it lies."""
        last = {one.path: one for one in self.contents.members}
        self.contents.members = [one for one in self.contents.members if last[one.path] is one]


def reason_of(error: BaseException) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"it cannot be read: {(said or type(error).__name__).lower()}"
