"""A folder of this machine, or one mounted on it, as a store."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from lims.errors import NotFound, StoreUnavailable
from lims.stores.durability import sync
from lims.stores.keys import checked_key, key_of_name, name_of_key
from lims.stores.store import Entry, Listing, PrefixMissing, Store

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class FolderStore(Store):
    """Links are never followed: what one inside the store leads to is listed anyway, what lies outside is not ours.

    The root itself may be a link: the administrator wrote it.
    """

    keeps_times = True

    def __init__(
        self, name: str, url: str, root: Path, *, writable: bool = False, mount: Path | None = None
    ) -> None:
        super().__init__(name, url, writable=writable, mount=mount)
        self.root = root
        self._synced: set[Path] = set()

    def look(self, prefix: str = "") -> Listing:
        root = self._root()
        top = self._inside(root, prefix.rstrip("/")) if prefix else root
        unreadable: list[tuple[str, str]] = []
        try:
            if not top.is_dir():
                raise PrefixMissing(self.name, self.url, f"there is no folder {prefix!r} in it")
            entries = tuple(walk(top, prefix.strip("/"), unreadable))
        except OSError as error:
            raise StoreUnavailable(self.name, self.url, reason_of(error)) from error
        self._root()
        return Listing(entries, tuple(unreadable))

    def entry(self, key: str) -> Entry:
        path = self._existing(key)
        return entry_of(key, path.stat())

    def open(self, key: str) -> BinaryIO:
        return self._existing(key).open("rb")

    def local_path(self, key: str) -> Path | None:
        return self._existing(key)

    def key_of(self, path: Path) -> str | None:
        for root in filter(None, (self.root, self.mount)):
            inner = os.path.relpath(path.resolve(), root.resolve())
            if inner == ".":
                return ""
            if inner != ".." and not inner.startswith("../"):
                return key_of_name(inner)
        return None

    def _root(self) -> Path:
        try:
            os.scandir(self.root).close()
        except OSError as error:
            raise StoreUnavailable(self.name, self.url, reason_of(error)) from error
        return self.root.resolve()

    def _inside(self, root: Path, key: str) -> Path:
        """Raises StoreUnavailable where a link on the way leads out of the store."""
        path = root / name_of_key(checked_key(key))
        if not path.resolve().is_relative_to(root):
            raise StoreUnavailable(self.name, self.url, f"{key!r} leads out of it by a link")
        return path

    def _existing(self, key: str) -> Path:
        path = self._inside(self._root(), key)
        if not os.path.lexists(path):
            raise NotFound(f"{key} is not in the store {self.name!r}.", hint="It may have been moved: lims harvest")
        return path

    def free_bytes(self) -> int | None:
        return shutil.disk_usage(self._root()).free

    def _put(self, key: str, source: BinaryIO, *, replace: bool, modified: datetime | None) -> None:
        path = self._place(key)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        try:
            with os.fdopen(descriptor, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                target.flush()
                set_time(temporary, modified)
                os.fsync(target.fileno())
            if replace:
                Path(temporary).replace(path)
            else:
                os.link(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
        self._sync_folders(path)

    def _take(self, key: str, source: Path, *, modified: datetime | None) -> bool:
        path = self._place(key)
        source.chmod(0o600)  # as what is copied has
        set_time(source, modified)
        sync(source)
        try:
            os.link(source, path)
        except FileExistsError:
            raise
        except OSError:
            return False  # it lies on another disk, or this one knows no hard links
        self._sync_folders(path)
        return True

    def _place(self, key: str) -> Path:
        path = self._inside(self._root(), key)
        if not path.parent.is_dir():
            self._synced.clear()
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _sync_folders(self, path: Path) -> None:
        """The folders above need it once: they hold the names of folders only."""
        root = self.root.resolve()
        sync(path.parent)
        if path.parent in self._synced:
            return
        for folder in path.parent.parents:
            if not folder.is_relative_to(root):
                break
            sync(folder)
        self._synced.add(path.parent)


def walk(top: Path, key: str, unreadable: list[tuple[str, str]]) -> Iterator[Entry]:
    """Every regular file below `top`; pipes, devices and links are left alone.

    Raises OSError for `top` itself only; what is deeper and cannot be read is noted and passed over.
    """
    waiting = [(os.fspath(top), key)]
    while waiting:
        folder, folder_key = waiting.pop()
        try:
            with os.scandir(folder) as found:
                inside = list(found)
        except OSError as error:
            if folder_key == key:
                raise
            pass_over(folder_key, error, unreadable)
            continue
        for one in inside:
            name = key_of_name(one.name)
            inner = f"{folder_key}/{name}" if folder_key else name
            try:
                if one.is_dir(follow_symlinks=False):
                    waiting.append((one.path, inner))
                elif one.is_file(follow_symlinks=False):
                    yield entry_of(inner, one.stat(follow_symlinks=False))
            except OSError as error:
                pass_over(inner, error, unreadable)


def pass_over(key: str, error: OSError, unreadable: list[tuple[str, str]]) -> None:
    """What has gone between two looks is no trouble: the next pass will know."""
    if not isinstance(error, FileNotFoundError):
        unreadable.append((key, reason_of(error)))


def entry_of(key: str, found: os.stat_result) -> Entry:
    size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return Entry(key, size, time_of(found.st_mtime_ns))


def time_of(nanoseconds: int) -> datetime:
    """A file system may say what no calendar knows; such a time counts as the nearest that one does."""
    try:
        return max(EARLIEST, min(LATEST, EPOCH + timedelta(microseconds=nanoseconds // 1000)))
    except OverflowError:
        return LATEST if nanoseconds > 0 else EARLIEST


def set_time(path: str | Path, moment: datetime | None) -> None:
    if moment is not None:
        nanoseconds = (moment - EPOCH) // timedelta(microseconds=1) * 1000
        os.utime(path, ns=(nanoseconds, nanoseconds))


def reason_of(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
