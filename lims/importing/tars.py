"""A tar as a source, packed or not. Its members are read in its own order: a packed one has no other."""

import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

from lims.errors import Invalid
from lims.importing.limits import Budget, ImportLimits
from lims.importing.names import path_of, refusal_of
from lims.importing.source import DAMAGE, Contents, Member, Readable, Sorting, Source, reason_of
from lims.stores.folder import time_of

LONGEST_HEADER = 1 << 20
REST = "(the rest of the archive)"
LONG_HEADERS = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE,
                tarfile.SOLARIS_XHDTYPE)  # fmt: skip


class Careful(tarfile.TarInfo):
    """A long name is read into memory before anybody sees it."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        if self.type in LONG_HEADERS and self.size > LONGEST_HEADER:
            raise tarfile.ReadError(f"a name of {self.size:,} bytes")
        return super()._proc_member(archive)  # type: ignore[misc]


class TarSource(Source):
    """Raises Invalid for a file that is no tar after all."""

    kind = "tar"

    def __init__(self, path: Path, stem: str) -> None:
        super().__init__(path, stem)
        self.tar = self._opened()
        self._infos: dict[str, tarfile.TarInfo] = {}

    def _opened(self) -> tarfile.TarFile:
        try:
            return tarfile.open(self.path, tarinfo=Careful, encoding="utf-8", errors="surrogateescape")
        except DAMAGE as error:
            raise Invalid(f"{self.path} is no tar that can be read: {reason_of(error)}.") from error

    def look(self, limits: ImportLimits) -> Contents:
        sorting = Sorting(self.base)
        budget = Budget(self.path.name, limits, self.path.stat().st_size)
        try:
            while (info := self.tar.next()) is not None:
                budget.count()
                if not self._sort(info, sorting, budget):
                    break
            else:
                self._check_end(sorting.contents)
        except DAMAGE as error:
            sorting.contents.refuse(REST, reason_of(error))
        self.close()
        self.tar = self._opened()  # at its beginning again
        sorting.keep_last()
        return sorting.contents

    def _sort(self, info: tarfile.TarInfo, sorting: Sorting, budget: Budget) -> bool:
        """False where the archive must not be read further: what follows lies behind a bomb."""
        if info.isdir():
            return True  # nothing follows it, whatever size it says
        bomb = budget.refusal(info.size)
        reason: str | None = bomb or refusal_of(info.name) or refusal_of_kind(info)
        path = info.name if reason else path_of(info.name)
        is_newer = not reason and sorting.base + path in self._infos  # appended; as tar has it, the last one counts
        reason = reason or ("" if is_newer else sorting.refusal(path))
        if reason:
            sorting.contents.refuse(path, reason)
        elif reason is not None:
            self._infos[sorting.add(path, info.size, modified_of(info)).path] = info
        if bomb:
            sorting.contents.refuse(REST, "what comes after a bomb is not looked at")
        return not bomb

    def _check_end(self, contents: Contents) -> None:
        """tarfile takes a damaged header for the end, and none at all, too; the end is a block of zeros."""
        self.tar.fileobj.seek(self.tar.offset)
        block = self.tar.fileobj.read(tarfile.BLOCKSIZE)
        if any(block):
            contents.refuse(REST, "a damaged header: what comes after it cannot be found")
        elif not block:
            contents.refuse(REST, "there is no end mark: it may have been cut off")

    def open(self, member: Member) -> Readable:
        opened = self.tar.extractfile(self._infos[member.path])
        if opened is None:
            raise OSError("it is no file")
        return opened

    def close(self) -> None:
        self.tar.close()


def refusal_of_kind(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "a link"
    return "" if info.isreg() else "a pipe, a socket or a device"


def modified_of(info: tarfile.TarInfo) -> datetime:
    try:
        return time_of(round(info.mtime * 1_000_000) * 1000)
    except (ValueError, OverflowError):  # not a number
        return time_of(0)
