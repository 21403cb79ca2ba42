"""Buckets and whatever else fsspec can read, as a store."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec

from lims.errors import NotFound, StoreUnavailable
from lims.stores.keys import checked_key
from lims.stores.store import Entry, Listing, PrefixMissing, Store

TIME_FIELDS = ("mtime", "updated", "LastModified", "last_modified", "created")


class RemoteStore(Store):
    """Objects are written whole by their services; what fsspec raises as OSError is taken as out of reach."""

    def __init__(self, name: str, url: str, *, writable: bool = False, mount: Path | None = None) -> None:
        super().__init__(name, url, writable=writable, mount=mount)
        self.files, root = fsspec.core.url_to_fs(url)
        self.root = str(root).rstrip("/")

    def look(self, prefix: str = "") -> Listing:
        top = self._path(prefix) if prefix.strip("/") else self.root
        try:
            self.files.invalidate_cache()
            found = self.files.find(top, detail=True)
            if not found and not self.files.exists(self.root):
                raise FileNotFoundError(f"there is nothing at {self.root}")
        except OSError as error:
            raise StoreUnavailable(self.name, self.url, str(error)) from error
        if not found and top != self.root:
            raise PrefixMissing(self.name, self.url, f"there is no folder {prefix!r} in it")
        return Listing(tuple(self._entry(path, info) for path, info in found.items()))

    def entry(self, key: str) -> Entry:
        try:
            return self._entry(self._path(key), self.files.info(self._path(key)))
        except FileNotFoundError as error:
            raise self._absent(key) from error

    def open(self, key: str) -> BinaryIO:
        try:
            return cast(BinaryIO, self.files.open(self._path(key), "rb"))
        except FileNotFoundError as error:
            raise self._absent(key) from error

    def local_path(self, key: str) -> Path | None:
        path = self.mount / checked_key(key) if self.mount else None
        return path if path is not None and path.exists() else None

    def key_of(self, path: Path) -> str | None:
        if self.mount is None or not path.resolve().is_relative_to(self.mount.resolve()):
            return None
        inner = path.resolve().relative_to(self.mount.resolve()).as_posix()
        return "" if inner == "." else inner

    def _path(self, key: str) -> str:
        return f"{self.root}/{checked_key(key)}"

    def _entry(self, path: str, info: Mapping[str, Any]) -> Entry:
        key = path.removeprefix(self.root).lstrip("/")
        return Entry(key, int(info.get("size") or 0), time_of(info))

    def _absent(self, key: str) -> NotFound:
        return NotFound(f"{key} is not in the store {self.name!r}.", hint="It may have been moved: lims harvest")

    def _put(self, key: str, source: BinaryIO, *, replace: bool, modified: datetime | None) -> None:
        path = self._path(key)
        if not replace and self.files.exists(path):
            raise FileExistsError(path)
        self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            with self.files.open(path, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        except BaseException:  # what is closed early is kept as it is
            self.take_back(key)
            raise

    def take_back(self, key: str) -> None:
        with suppress(FileNotFoundError):
            self.files.rm_file(self._path(key))


def time_of(info: Mapping[str, Any]) -> datetime:
    """Every file system names the time differently; one that says none gives 1970."""
    found = next((info[name] for name in TIME_FIELDS if info.get(name)), 0)
    if isinstance(found, str):
        found = datetime.fromisoformat(found)
    if isinstance(found, datetime):
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(found), UTC)
