"""Which paths matter to a run, decided quickly: for every file that Python opens the question is asked."""
# Path is too slow for what is done at each opened file, and may not exist yet at start
# ruff: noqa: PTH109, PTH118, PTH120

from __future__ import annotations

import os
import stat
import sys
from typing import Any, NamedTuple

TREES = (".zspy", ".zarr", ".n5")
"""Folders that are one object."""
NEVER = frozenset({"__pycache__", "site-packages", "dist-packages", "node_modules"})
DEVICES = ("/proc", "/sys", "/dev")
CACHED = 20_000


class Base(NamedTuple):
    """A watched folder. real: where it is; path: as the configuration calls it; asked: what a replay calls it."""

    real: str
    path: str
    kind: str
    asked: str


class Place(NamedTuple):
    """Where a file lies. path: below its root, or of the tree it is part of; empty where it is not to be journalled.

    asked: the path that the program asked for, where a replay redirected it; forbidden: nothing may be written there.
    """

    path: str
    kind: str
    is_tree: bool
    asked: str
    forbidden: bool


OUTSIDE = Place("", "", False, "", False)


class Scope:
    """roots, refuse, redirect and leave_out of the configuration, see observer.py."""

    def __init__(self, config: dict[str, Any]) -> None:
        roots = [(str(root["path"]).rstrip("/") or "/", str(root["kind"])) for root in config.get("roots", ())]
        bases = [Base(os.path.realpath(path), path, kind, "") for path, kind in roots]
        for source, target in config.get("redirect", ()):
            kind = next((base.kind for base in deepest(bases) if is_below(str(source), base.path)), "derived")
            bases.append(Base(os.path.realpath(target), str(target), kind, str(source)))
        self.bases = deepest(bases)
        self.forbidden = tuple(os.path.realpath(path) for path in config.get("refuse", ()))
        watched = [base.real for base in self.bases] + list(self.forbidden)
        left_out = {os.path.realpath(path) for path in (*config.get("leave_out", ()), *of_python(), *DEVICES)}
        # A system's Python may live in /usr, and somebody's data in /usr/local/data.
        self.left_out = tuple(path for path in left_out if not any(is_below(one, path) for one in watched))
        inside = [path for path in self.left_out if any(is_below(path, one) for one in watched)]
        self.away = tuple(path + "/" for path in self.left_out if path not in inside)
        self.trees = tuple(config.get("trees", TREES))
        self.folders: dict[str, Place] = {}

    def locate(self, given: Any) -> Place | None:
        """Where a path lies, or None where nobody wants to know."""
        path = os.fsdecode(given) if type(given) is not str else given
        if path[:1] != "/":
            path = os.path.join(os.getcwd(), path)
        if path.startswith(self.away):
            return None
        found = self.beside(path)
        if is_link(path):
            target = self.beside(os.path.realpath(path))
            found = target if target is not None else found
        return found

    def beside(self, path: str) -> Place | None:
        folder, _, name = path.rpartition("/")
        place = self.folders.get(folder)
        if place is None:
            if len(self.folders) > CACHED:
                self.folders.clear()
            place = self.folders[folder] = self.folder(folder or "/")
        if place is OUTSIDE:
            return None
        if not place.path or place.is_tree:
            return place
        if name[-4:] == ".pyc":
            return place._replace(path="") if place.forbidden else None
        asked = f"{place.asked}/{name}" if place.asked else ""
        return Place(f"{place.path.rstrip('/')}/{name}", place.kind, name.endswith(self.trees), asked, place.forbidden)

    def folder(self, folder: str) -> Place:
        """Where the files of a folder lie: by its real path, or where that is outside by the path as it is written."""
        real = os.path.realpath(folder)
        for path in (real, os.path.normpath(folder)):
            place = self.placed(path)
            if place is not OUTSIDE:
                return place
        return OUTSIDE

    def placed(self, real: str) -> Place:
        forbidden = any(is_below(real, folder) for folder in self.forbidden)
        base = next((one for one in self.bases if is_below(real, one.real)), None)
        nowhere = OUTSIDE._replace(forbidden=True) if forbidden else OUTSIDE
        if base is None or any(is_below(real, folder) for folder in self.left_out):
            return nowhere
        parts = [part for part in real[len(base.real) :].split("/") if part]
        for index, part in enumerate(parts):
            if part.endswith(self.trees):
                parts = parts[: index + 1]
                break
            if part[0] == "." or part in NEVER:
                return nowhere
        is_tree = bool(parts) and parts[-1].endswith(self.trees)
        asked = "/".join([base.asked.rstrip("/"), *parts]) if base.asked else ""
        return Place("/".join([base.path.rstrip("/"), *parts]) or "/", base.kind, is_tree, asked, forbidden)


def deepest(bases: list[Base]) -> list[Base]:
    """The longest path first, so that the first that matches is the innermost."""
    return sorted(bases, key=lambda base: -len(base.real))


def is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except OSError:
        return False


def of_python() -> list[str]:
    """Where this Python and its packages live."""
    packages = [path for path in sys.path if path.rstrip("/").endswith(("site-packages", "dist-packages"))]
    return [*{sys.prefix, sys.exec_prefix, sys.base_prefix, os.path.dirname(os.__file__)}, *packages]
