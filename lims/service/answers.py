"""Answers: things as JSON, bytes as a file with ranges and a tag that spares sending them twice."""

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from lims.errors import Unavailable
from lims.facility import columns
from lims.facility.jsonable import to_bytes
from lims.facility.views import Content

# What a microscope wrote is shown as bytes only: no browser may guess that it is a page and run it.
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
}


def json_response(answer: Any, request: Request) -> Response:
    accepted = {one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "").split(",")}
    in_columns = columns.MEDIA_TYPE in accepted
    media_type = columns.MEDIA_TYPE if in_columns else "application/json"
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    return Response(to_bytes(answer, in_columns=in_columns), media_type=media_type, headers=headers)


def content_response(content: Content, request: Request) -> Response:
    """Raises Unavailable where the file has gone."""
    tag = tag_of(content)
    headers = {**HARMLESS, "ETag": tag, "Content-Disposition": attachment(content.name)}
    if tag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    if content.path is not None:
        return FileResponse(content.path, media_type=content.media_type, headers=headers)
    return Response(content.data or b"", media_type=content.media_type, headers=headers)


def tag_of(content: Content) -> str:
    if content.path is None:
        return f'"{hashlib.sha256(content.data or b"").hexdigest()[:32]}"'
    about = stat_of(content.path)
    return f'"{about.st_mtime_ns:x}-{about.st_size:x}-{about.st_ino:x}"'


def stat_of(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise Unavailable(
            f"{path.name} cannot be read now: {error.strerror}.", hint="Is its store mounted? Nothing is lost."
        ) from error


def attachment(name: str) -> str:
    """A header that no file name can break: whatever is not plain ASCII travels percent-encoded (RFC 6266)."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in name)
    whole = quote(name.encode("utf-8", "surrogateescape"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"
