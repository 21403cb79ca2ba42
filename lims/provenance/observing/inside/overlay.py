"""For replays: what is written below one folder is written below another instead, and read back from there.

The folder that is asked for shows through where the replay wrote nothing, and is never changed. What a replay removes
is hidden from it; so is what `hide` names, such as the results of the run that is replayed.
"""
# Path goes through the functions that are replaced with these
# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH118, PTH119, PTH120

from __future__ import annotations

import os
import shutil
from typing import Any


class Overlay:
    """redirect and hide of the configuration, see observer.py."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.pairs = [(absolute(source), absolute(target)) for source, target in config.get("redirect", ())]
        self.pairs.sort(key=lambda pair: -len(pair[0]))
        self.real = [(os.path.realpath(source), target) for source, target in self.pairs]
        self.hidden: set[str] = {absolute(path) for path in config.get("hide", ())}

    def enter(self, path: Any, reads: bool, writes: bool) -> Any:
        """The path to open: a bytes path stays bytes, and one that is not redirected is given back as it is."""
        if not self.pairs:
            return path
        if not writes:
            return self.to_read(path)
        return self.to_change(path) if reads else self.to_write(path)

    def target(self, path: Any) -> str | None:
        """Where a path is redirected to, or None."""
        asked = absolute(path)
        for pairs, one in ((self.pairs, asked), (self.real, None)):
            if one is None:
                one = os.path.join(os.path.realpath(os.path.dirname(asked)), os.path.basename(asked))  # noqa: PLW2901
            for source, target in pairs:
                if one == source or one.startswith(source + "/"):
                    return target + one[len(source) :]
        return None

    def to_read(self, path: Any) -> Any:
        target = self.target(path)
        if target is None or not (os.path.lexists(target) or self.is_hidden(path)):
            return path
        return like(path, target)

    def to_write(self, path: Any) -> Any:
        """With the folder for it, which the one that is asked for may have had."""
        target = self.target(path)
        if target is None:
            return path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        return like(path, target)

    def to_change(self, path: Any) -> Any:
        """With a copy of what is there, to be changed in place."""
        target = self.target(path)
        if target is None:
            return path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target) and not self.is_hidden(path):
            if os.path.isdir(path):
                shutil.copytree(path, target, symlinks=True)
            elif os.path.exists(path):
                shutil.copy2(path, target)
        return like(path, target)

    def hide(self, path: Any) -> None:
        self.hidden.add(absolute(path))

    def is_hidden(self, path: Any) -> bool:
        asked = absolute(path)
        return any(asked == one or asked.startswith(one + "/") for one in self.hidden)


def absolute(path: Any) -> str:
    return os.path.abspath(os.fsdecode(path))


def like(path: Any, target: str) -> Any:
    """A path of the same type: a library that was given bytes expects bytes."""
    if isinstance(path, bytes):
        return os.fsencode(target)
    kind: Any = type(path)
    return kind(target) if isinstance(path, os.PathLike) else target
