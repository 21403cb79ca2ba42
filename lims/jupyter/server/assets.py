"""The pages' static files: read once, compressed once, at addresses that change with their content."""

import asyncio
import gzip
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

A_YEAR = "private, max-age=31536000, immutable"
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
LEFT_OUT = (".map", ".LICENSE.txt", "third-party-licenses.json")


@dataclass(frozen=True)
class Asset:
    media_type: str
    data: bytes
    gzipped: bytes | None


class Assets:
    """All files below some roots, by address: `voila/index.css`. Nothing that is not in this index can be asked for.

    roots: first part of the address -> folders, the earlier ones winning.
    made: files that exist only in memory, by address.
    """

    def __init__(self, roots: Mapping[str, Sequence[Path]]) -> None:
        self.files: dict[str, Path] = {}
        self.made: dict[str, bytes] = {}
        for first, folders in roots.items():
            for folder in folders:
                for file in sorted(folder.rglob("*")):
                    address = f"{first}/{file.relative_to(folder).as_posix()}"
                    if file.is_file() and not address.endswith(LEFT_OUT):
                        self.files.setdefault(address, file)
        self.read = lru_cache(maxsize=None)(self._read)

    @cached_property
    def version(self) -> str:
        """Of all the content; asked for when everything has been put in."""
        whole = hashlib.sha256()
        for address in sorted({*self.files, *self.made}):
            data = self._data(address)
            whole.update(f"{address}\0{len(data)}\0".encode())
            whole.update(data)
        return whole.hexdigest()[:16]

    def _data(self, address: str) -> bytes:
        return self.made[address] if address in self.made else self.files[address].read_bytes()

    def _read(self, address: str) -> Asset:
        """Raises KeyError where there is no such file."""
        data = self._data(address)
        media_type = media_type_of(address)
        return Asset(media_type, data, gzip.compress(data, 6) if media_type.startswith(COMPRESSIBLE) else None)


def media_type_of(address: str) -> str:
    if address.endswith(".js"):
        return "application/javascript"  # the system's table may say text/plain
    return mimetypes.guess_type(address)[0] or "application/octet-stream"


class HasAssets(Protocol):
    @property
    def assets(self) -> Assets: ...


class AssetHandler(JupyterHandler):
    """Static files, for who is signed in."""

    def initialize(self, site: "Future[HasAssets]") -> None:
        self.site = site

    def get_login_url(self) -> str:
        """A script cannot sign in, so it is not sent to where one does."""
        raise web.HTTPError(403)

    @web.authenticated
    async def get(self, version: str, address: str) -> None:
        assets = (await asyncio.wrap_future(self.site)).assets
        try:
            asset = assets.read(address)
        except KeyError:
            raise web.HTTPError(404) from None
        # A page from before an update may still ask for the old version: it gets the file, but not for ever.
        self.set_header("Cache-Control", A_YEAR if version == assets.version else "no-cache")
        self.set_header("Content-Type", asset.media_type)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Vary", "Accept-Encoding")
        if asset.gzipped is not None and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(asset.gzipped)
        else:
            self.finish(asset.data)
