"""The service as one ASGI application; a doorway in front of it says where the requests come from."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lims import __version__
from lims.service.errors import TooLarge, answer_errors, error_response
from lims.service.identity import Door
from lims.service.routes import Run, operation_routes
from lims.service.uploads import upload_routes

MOST_BYTES = 4 << 20


def create_app(run: Run, uploads: Path) -> FastAPI:
    """`run` performs an operation for a principal; `uploads` is where files wait."""
    app = FastAPI(
        title="jupyter-lims",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,  # they would load from a CDN
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.include_router(operation_routes(run), prefix="/api")
    app.include_router(upload_routes(uploads), prefix="/api")
    app.add_api_route("/", alive, include_in_schema=False)
    answer_errors(app)
    return app


async def alive() -> dict[str, str]:
    """The Hub probes here; nobody is asked who they are, so nothing is told."""
    return {"service": "lims", "api": "api/openapi.json"}


@dataclass(frozen=True)
class Doorway:
    """The application as seen through one door, below `prefix`, with small bodies only (uploads aside)."""

    app: ASGIApp
    door: Door
    prefix: str = "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        root = self.prefix.rstrip("/")
        path = scope["path"]
        inside = {**scope, "root_path": root, "path": root + "/" if path == root else path, "lims.door": self.door}
        if path.endswith("/api/uploads"):
            await self.answer(inside, receive, send)
            return
        try:
            body = await small_body(receive)
        except TooLarge as error:
            await error_response(error)(inside, receive, send)
        except ClientDisconnect:
            return  # half a write is none, and nobody waits for an answer
        else:
            await self.answer(inside, replayed(body, receive), send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(Exception):  # it has been answered and logged by errors.unforeseen
            await self.app(scope, receive, send)


async def small_body(receive: Receive) -> bytes:
    """The request's whole body.

    Raises TooLarge, whether the request says its length beforehand or not; ClientDisconnect where it breaks off.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise TooLarge(f"The request is larger than {MOST_BYTES >> 20} MiB.", hint="Send files to api/uploads.")
    return bytes(body)


def replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
