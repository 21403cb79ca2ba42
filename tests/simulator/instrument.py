"""The PCs of an instrument: each deed is done in the store and entered in the book."""

import os
import time
from datetime import datetime
from pathlib import Path

from lims.stores.keys import name_of_key
from tests.simulator.book import Book, Fate

PIECES = 3
PAUSE_S = 0.15


class Instrument:
    """store: the folder of the store. settle_s: after so long without a change the harvest takes a file for whole."""

    def __init__(self, store: Path, book: Book, settle_s: float) -> None:
        self.store = store
        self.book = book
        self.settle_s = settle_s

    def write(
        self, key: str, content: bytes, at: datetime, session: str | None, *, fate: Fate | None = None
    ) -> None:
        """A file that is there at once, with its time. session: to which it belongs, None for none."""
        self.put(key, content, at)
        self.book.wrote(key, content, session, fate)

    def write_slowly(self, key: str, content: bytes, at: datetime, session: str) -> None:
        """A file that grows; while it does, its time is now, as a real one's."""
        path = self.path(key)
        size = len(content) // PIECES
        longest = 0.0
        with path.open("wb", buffering=0) as file:
            for piece in range(PIECES - 1):
                file.write(content[piece * size : (piece + 1) * size])
                begin = time.monotonic()
                time.sleep(PAUSE_S)
                longest = max(longest, time.monotonic() - begin)
                if longest > self.settle_s / 2:
                    self.book.half(content[: (piece + 1) * size])
            file.write(content[(PIECES - 1) * size :])
        set_time(path, at)
        self.book.wrote(key, content, session)

    def clutter(self, key: str, content: bytes, at: datetime) -> None:
        """What is nobody's data."""
        self.write(key, content, at, None, fate="junk")

    def replace(self, key: str, content: bytes, at: datetime) -> None:
        """Another acquisition under the same name."""
        self.put(key, content, at)
        self.book.replaced(key, content)

    def rename(self, key: str, new: str) -> None:
        self.path(key).rename(self.path(new))
        self.book.renamed(key, new)

    def copy(self, key: str, new: str, at: datetime) -> None:
        """at: the time that the copy gets."""
        self.put(new, self.path(key).read_bytes(), at)
        self.book.copied(key, new)

    def touch(self, key: str, at: datetime) -> None:
        set_time(self.path(key), at)

    def delete(self, key: str) -> None:
        self.path(key).unlink()
        self.book.deleted(key)

    def put(self, key: str, content: bytes, at: datetime) -> None:
        """Whole and with its time from the first moment on: it has another name until then."""
        path = self.path(key)
        part = path.with_name(".coming")
        part.write_bytes(content)
        set_time(part, at)
        part.replace(path)

    def path(self, key: str) -> Path:
        path = self.store / name_of_key(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def set_time(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))
