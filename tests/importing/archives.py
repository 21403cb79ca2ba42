"""Small archives of any kind, also such as nobody should make."""

import io
import os
import tarfile
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

THEN = datetime(2009, 3, 17, 21, 4, 6, tzinfo=UTC)


def write_folder(folder: Path, files: Iterable[str], at: datetime = THEN) -> Path:
    """A folder with these files; each says its own name."""
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
        os.utime(path, (at.timestamp(), at.timestamp()))
    return folder


def write_tar(path: Path, members: Iterable[tarfile.TarInfo | str], mode: str = "w") -> Path:
    """Files for names, and whatever a TarInfo says."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            info = member if isinstance(member, tarfile.TarInfo) else file_info(member)
            archive.addfile(info, io.BytesIO(info.name.encode()) if info.isreg() else None)
    return path


def file_info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mtime = kind, link, int(THEN.timestamp())
    info.size = len(name.encode()) if kind == tarfile.REGTYPE else 0
    return info


def write_zip(path: Path, members: Iterable[zipfile.ZipInfo | str], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for member in members:
            name = member if isinstance(member, str) else member.filename
            archive.writestr(member, name.encode())
    return path


def unix_info(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def patched(path: Path, *changes: tuple[bytes, bytes]) -> Path:
    """The archive with some bytes replaced by as many others, wherever they stand."""
    raw = path.read_bytes()
    for old, new in changes:
        assert len(old) == len(new)
        assert old in raw
        raw = raw.replace(old, new)
    path.write_bytes(raw)
    return path
