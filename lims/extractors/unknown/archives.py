"""What is packed in an archive: names and sizes, as far as they can be told without unpacking it."""

import tarfile
import zipfile
import zlib
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from lims.extractors.properties import beginning_of
from lims.extractors.unknown.magic import OFFICE, OPEN_DOCUMENTS

MOST_NAMES = 500
UNPACKED = 4 << 20
"""What is unpacked of a .gz, to see whether a tar begins in it."""
PACKED = 8 << 20
WITH_NAME, WITH_EXTRA = 8, 4


def zip_tree(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        members, comment = archive.infolist(), archive.comment
    listed = [{"name": one.filename, "bytes": one.file_size} for one in members if not one.is_dir()]
    tree: dict[str, Any] = {"files": len(listed), "bytes": sum(one.file_size for one in members)}
    return tree | ({"comment": comment.decode("utf-8", "replace")} if comment else {}) | {"names": listed[:MOST_NAMES]}


def kind_of_zip(path: Path) -> str:
    """An office document by the folder that is packed in it, else "zip". Raises ValueError for a damaged one."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = beginning_of(archive, archive.getinfo("mimetype")).rpartition(b".")[2].partition(b"-")[0]
                return OPEN_DOCUMENTS.get(kind, "zip")
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from error
    if "[Content_Types].xml" not in names:
        return "zip"
    return next((kind for folder, kind in OFFICE if any(name.startswith(folder) for name in names)), "zip")


def tar_tree(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return members_of(file)


def members_of(file: Any) -> dict[str, Any]:
    """Those whose headers are there; the rest of a cut archive is not counted."""
    names: list[dict[str, Any]] = []
    is_whole = True
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in islice(archive, MOST_NAMES + 1):
                names.append({"name": member.name, "bytes": member.size})
    except (tarfile.TarError, EOFError, ValueError, OSError):
        is_whole = False
    return {"names": names[:MOST_NAMES]} | ({} if is_whole and len(names) <= MOST_NAMES else {"more": True})


def gzip_tree(path: Path) -> dict[str, Any]:
    """The name and time that it was packed with, its size unpacked, and what of a tar begins early in it."""
    with path.open("rb") as file:
        raw = file.read(PACKED)
        file.seek(-4, 2)
        size = int.from_bytes(file.read(4), "little")
    tree: dict[str, Any] = {}
    flags, stamp = raw[3], int.from_bytes(raw[4:8], "little")
    if flags & WITH_NAME and not flags & WITH_EXTRA:
        tree["name"] = raw[10:].partition(b"\0")[0].decode("latin-1")
    if stamp:
        tree["time"] = datetime.fromtimestamp(stamp, UTC).isoformat()
    try:
        begins = zlib.decompressobj(31).decompress(raw, UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    tree["bytes"] = size
    if begins[257:262] == b"ustar":
        tree |= members_of(BytesIO(begins))
    return tree
