"""Files on their way in: streamed to the facility's disk, then taken by the operation that names their token."""

import shutil
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from lims.errors import Invalid, Unavailable
from lims.model import Principal
from lims.service.routes import ErrorAnswer, who_asks

RESERVE_BYTES = 1 << 30
CHECK_BYTES = 16 << 20
FORGOTTEN_S = 24 * 3600.0
TIDY_S = 3600.0


class Uploaded(BaseModel):
    """upload: the token by which `save_derived` takes the file."""

    upload: str


def upload_routes(folder: Path) -> APIRouter:
    router = APIRouter(redirect_slashes=False)
    failures = {"default": {"model": ErrorAnswer, "description": "What went wrong, and what to do next"}}

    @router.put("/uploads", operation_id="upload", responses=failures)  # type: ignore[arg-type]
    async def upload(request: Request, principal: Annotated[Principal, Depends(who_asks)]) -> Uploaded:
        """Bring a file: its bytes are the body."""
        check_room(folder, int(request.headers.get("content-length", 0)))
        token = uuid.uuid4().hex
        await receive(request, folder / token)
        return Uploaded(upload=token)

    return router


def check_room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free - size < RESERVE_BYTES:
        raise Unavailable("There is no room on the facility's disk for this file.", hint="Tell the staff.")


async def receive(request: Request, target: Path) -> None:
    """The whole body or nothing: `target` appears when the last byte is there."""
    part = target.with_name(target.name + ".part")
    promised = request.headers.get("content-length")
    size = 0
    try:
        with part.open("wb") as file:
            async for chunk in request.stream():
                if size // CHECK_BYTES != (size + len(chunk)) // CHECK_BYTES:
                    check_room(target.parent, 0)  # not every client says beforehand how much it brings
                size += len(chunk)
                await run_in_threadpool(file.write, chunk)
        if promised is not None and size != int(promised):
            raise Invalid("The upload ended early.", hint="Upload the file again.")
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def clear_forgotten(folder: Path) -> None:
    """Uploads that no operation took within a day."""
    for path in folder.iterdir():
        with suppress(OSError):  # one that was just taken
            if time.time() - path.stat().st_mtime > FORGOTTEN_S:
                path.unlink()
