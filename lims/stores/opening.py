"""From what facility.toml says to stores."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from lims.errors import Invalid
from lims.stores.folder import FolderStore
from lims.stores.remote import RemoteStore
from lims.stores.store import Store


class Declaration(Protocol):
    """One [stores.NAME] table. url: any fsspec URL, or a path (relative ones start at the facility's folder)."""

    @property
    def url(self) -> str: ...
    @property
    def writable(self) -> bool: ...
    @property
    def mount(self) -> Path | None: ...


class Declarations(Protocol):
    """What settings say of stores. folder: the facility's."""

    @property
    def folder(self) -> Path: ...
    @property
    def stores(self) -> Mapping[str, Declaration]: ...


def open_stores(settings: Declarations) -> dict[str, Store]:
    """One store per table; nothing is read yet, so a store that is not mounted is no error here."""
    return {name: open_store(name, table, settings.folder) for name, table in settings.stores.items()}


def open_store(name: str, table: Declaration, folder: Path) -> Store:
    """folder: the facility's. Raises Invalid for a url that nothing installed here can open."""
    scheme = urlsplit(table.url).scheme
    if scheme not in ("", "file"):
        return open_remote(name, table)
    path = Path(unquote(urlsplit(table.url).path) if scheme else table.url)
    root = path.expanduser() if path.is_absolute() or str(path).startswith("~") else folder / path
    return FolderStore(name, table.url, root, writable=table.writable, mount=table.mount)


def open_remote(name: str, table: Declaration) -> Store:
    try:
        return RemoteStore(name, table.url, writable=table.writable, mount=table.mount)
    except (ImportError, ValueError) as error:
        raise Invalid(
            f"The store {name!r} at {table.url} cannot be opened: {error}.",
            hint="Install what its protocol needs beside the service, or correct its url in facility.toml.",
        ) from error
