"""A zip as a source."""

import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from lims.errors import Invalid
from lims.importing.limits import Budget, ImportLimits
from lims.importing.names import path_of, refusal_of
from lims.importing.source import DAMAGE, Contents, Member, Sorting, Source, reason_of

UTF8, ENCRYPTED = 0x800, 0x1
UNIX = 3
EXTENDED_TIME = 0x5455
HEADER_BYTES = 30
"""Of a member's own header, without its name."""


class ZipSource(Source):
    """Raises Invalid for a file that is no zip after all."""

    kind = "zip"

    def __init__(self, path: Path, stem: str) -> None:
        super().__init__(path, stem)
        try:
            self.zip = zipfile.ZipFile(path)
        except DAMAGE as error:
            raise Invalid(f"{path} is no zip that can be read: {reason_of(error)}.") from error
        self._infos: dict[str, zipfile.ZipInfo] = {}

    def look(self, limits: ImportLimits) -> Contents:
        sorting = Sorting(self.base)
        budget = Budget(self.path.name, limits, self.path.stat().st_size)
        infos = self.zip.infolist()
        overlapping = set(overlaps(infos))
        for info in infos:
            budget.count()
            name = name_of(info)
            if name.endswith("/"):
                continue
            reason: str | None = refusal_of(name) or refusal_of_kind(info)
            if info.header_offset in overlapping:
                reason = "it shares its bytes with another file, as bombs do"
            path = name if reason else path_of(name)
            reason = reason or sorting.refusal(path)
            if reason == "":
                reason = budget.refusal(info.file_size, info.compress_size)
            if reason:
                sorting.contents.refuse(path, reason)
            elif reason is not None:
                self._infos[sorting.add(path, info.file_size, modified_of(info)).path] = info
        return sorting.contents

    def open(self, member: Member) -> IO[bytes]:
        return self.zip.open(self._infos[member.path])

    def close(self) -> None:
        self.zip.close()


def name_of(info: zipfile.ZipInfo) -> str:
    """The whole name, as zipfile cuts it at a NUL. One that is not marked as UTF-8 often is all the same."""
    name = info.orig_filename
    if info.flag_bits & UTF8:
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def refusal_of_kind(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16 if info.create_system == UNIX else 0
    if stat.S_ISLNK(mode):
        return "a link"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "a pipe, a socket or a device"
    return "it is encrypted" if info.flag_bits & ENCRYPTED else ""


def overlaps(infos: Sequence[zipfile.ZipInfo]) -> Iterator[int]:
    """Where members begin that begin before another has ended."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            yield info.header_offset
        end = max(end, info.header_offset + HEADER_BYTES + info.compress_size)


def modified_of(info: zipfile.ZipInfo) -> datetime:
    """In UTC where an extended time says it; else the wall clock of whoever packed it, taken as ours."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == EXTENDED_TIME and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return datetime.fromtimestamp(struct.unpack_from("<i", extra, 5)[0], UTC)
        extra = extra[4 + size :]
    try:
        return datetime(*info.date_time).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime(1980, 1, 1, tzinfo=UTC)
