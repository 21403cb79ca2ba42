"""A folder of this machine as a source."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from lims.importing.limits import Budget, ImportLimits
from lims.importing.source import Contents, Member, Sorting, Source, reason_of
from lims.stores.folder import time_of
from lims.stores.keys import key_of_name

FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


class FolderSource(Source):
    """Links are not followed: what they lead to is not part of the folder, or is in it anyway."""

    kind = "folder"

    def __init__(self, path: Path) -> None:
        super().__init__(path, key_of_name(path.name))
        self._paths: dict[str, str] = {}

    def look(self, limits: ImportLimits) -> Contents:
        """Two names that differ only in case are two files here: the disk that has them can tell them apart."""
        sorting, budget = Sorting(self.base), Budget(self.path.name, limits)
        waiting = [(os.fspath(self.path), "")]
        while waiting:
            folder, key = waiting.pop()
            try:
                with os.scandir(folder) as found:
                    inside = sorted(found, key=lambda one: one.name)
            except OSError as error:
                sorting.contents.refuse(key, reason_of(error))
                continue
            for one in inside:
                budget.count()
                inner = f"{key}/{key_of_name(one.name)}" if key else key_of_name(one.name)
                if one.is_dir(follow_symlinks=False):
                    waiting.append((one.path, inner))
                else:
                    self._sort(one, inner, sorting)
        return sorting.contents

    def _sort(self, one: "os.DirEntry[str]", path: str, sorting: Sorting) -> None:
        if sorting.is_junk(path):
            return
        try:
            found = one.stat(follow_symlinks=False)
        except OSError as error:
            sorting.contents.refuse(path, reason_of(error))
            return
        if stat.S_ISREG(found.st_mode):
            member = sorting.add(path, found.st_size, time_of(found.st_mtime_ns))
            self._paths[member.path] = one.path
        else:
            is_link = stat.S_ISLNK(found.st_mode)
            sorting.contents.refuse(path, "a link" if is_link else "a pipe, a socket or a device")

    def open(self, member: Member) -> BinaryIO:
        """Raises OSError, also for what has become a link or a pipe since."""
        handle = os.open(self._paths[member.path], FLAGS)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError("it is no longer a file")
        return os.fdopen(handle, "rb")
