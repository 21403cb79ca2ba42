"""The dashboards there are: notebooks in a few known folders, found by name and never by path."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from tornado import web

PACKAGE = Path(__file__).parents[2]
NAME = r"[a-z0-9][a-z0-9_-]{0,63}"


def installed_folder() -> Path:
    """The dashboards that came with the LIMS: in the wheel, or beside the package in a checkout."""
    packed = PACKAGE / "dashboards"
    return packed if packed.is_dir() else PACKAGE.parent / "dashboards"


class Notebooks:
    """The part of a contents manager that a renderer asks for; nothing exists but the listed notebooks.

    folders: a later one's notebook replaces an earlier one's of the same name.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)

    def find(self, name: str) -> Path | None:
        """Looked up at every request, so that a facility can edit its own dashboards."""
        if not re.fullmatch(NAME, name):
            return None
        files = (folder / f"{name}.ipynb" for folder in reversed(self.folders))
        return next((file for file in files if file.is_file()), None)

    def names(self) -> list[str]:
        stems = {file.stem for folder in self.folders for file in folder.glob("*.ipynb")}
        return sorted(stem for stem in stems if re.fullmatch(NAME, stem))

    def get(self, path: str, **_options: Any) -> dict[str, Any]:
        file = self.find(path.removesuffix(".ipynb"))
        if file is None:
            raise web.HTTPError(404, f"There is no dashboard {path}.")
        content = nbformat.reads(file.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        return {"type": "notebook", "path": path, "name": path, "content": content}

    def file_exists(self, _path: str) -> bool:
        """A renderer asks in order to inline an image; there are none."""
        return False
