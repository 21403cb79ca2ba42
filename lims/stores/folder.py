"""A folder of this machine, or one mounted on it, as a store."""

import errno
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
LINK_ON_THE_WAY = (errno.ELOOP, errno.ENOTDIR)
FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", os.O_RDONLY)
"""How a folder is opened to go through it; where the system can, without asking for the right to list it."""
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
        walked = Walk()
        try:
            if not top.is_dir():
                raise PrefixMissing(self.name, self.url, f"there is no folder {prefix!r} in it")
            entries = tuple(walked.entries(top, prefix.strip("/")))
        except OSError as error:
            raise StoreUnavailable(self.name, self.url, reason_of(error)) from error
        self._root()
        return Listing(entries, tuple(walked.unreadable), tuple(walked.vanished))

    def entry(self, key: str) -> Entry:
        path = self._existing(key)
        return entry_of(key, path.stat())

    def open(self, key: str) -> BinaryIO:
        self._existing(key)
        try:
            return os.fdopen(opened_beneath(self._root(), name_of_key(key)), "rb")
        except OSError as error:
            if error.errno in LINK_ON_THE_WAY:
                raise StoreUnavailable(self.name, self.url, f"{key!r} leads elsewhere by a link") from error
            raise

    def local_path(self, key: str) -> Path:
        return self._existing(key)

    def root_for_users(self) -> Path:
        return self.mount or self.root

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

    def take_back(self, key: str) -> None:
        self._inside(self._root(), key).unlink(missing_ok=True)

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


class Walk:
    """Every regular file below a folder; pipes, devices and links are left alone.

    What is deeper and cannot be read is noted and passed over.
    """

    def __init__(self) -> None:
        self.unreadable: list[tuple[str, str]] = []
        self.vanished: list[str] = []

    def entries(self, top: Path, key: str) -> Iterator[Entry]:
        """key: of `top`. Raises OSError where `top` itself cannot be listed."""
        waiting = [(os.fspath(top), key)]
        while waiting:
            folder, folder_key = waiting.pop()
            try:
                with os.scandir(folder) as found:
                    inside = list(found)
            except OSError as error:
                if folder_key == key:
                    raise
                self.pass_over(folder_key, error)
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
                    self.pass_over(inner, error)

    def pass_over(self, key: str, error: OSError) -> None:
        if isinstance(error, FileNotFoundError):
            self.vanished.append(key)
        else:
            self.unreadable.append((key, reason_of(error)))


def opened_beneath(root: Path, name: str) -> int:
    """Open a file for reading, one part of its path after the other, so that no link put there meanwhile is followed.

    A pipe put in its place does not keep us waiting.
    """
    folder = os.open(root, FOLDER)
    try:
        *folders, file = name.split("/")
        for part in folders:
            inner = os.open(part, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)


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
