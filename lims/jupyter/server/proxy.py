"""{base}/lims/api/…: the service's API for the pages of this server, as the person whose server it is."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import httpx
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.iostream import StreamClosedError

from lims.errors import LimsError, Unavailable
from lims.jupyter.server.upstream import Upstream

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MOST_BYTES = 1 << 42
# Never the person's cookies or tokens: the service is told who asks by this server's own token.
TO_SERVICE = (
    "Accept", "Accept-Encoding", "Content-Type", "Content-Length", "Idempotency-Key", "If-Match", "If-Modified-Since",
    "If-None-Match", "If-Range", "Range",
)
FROM_SERVICE = (
    "Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range",
    "Content-Type", "ETag", "Last-Modified", "Retry-After", "Vary",
)
OURS = ("token", "_xsrf")


class Body:
    """A request's body on its way through, a few pieces at a time."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=8)
        self._is_unwanted = False

    async def put(self, piece: bytes | None) -> None:
        if not self._is_unwanted:
            await self._pieces.put(piece)

    def refuse(self) -> None:
        """Nobody reads it any more: whoever still writes must not wait for ever."""
        self._is_unwanted = True
        while not self._pieces.empty():
            self._pieces.get_nowait()

    async def read(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece


@web.stream_request_body
class ApiProxy(APIHandler):
    """One request to the service and its answer, both as streams, status and headers kept."""

    SUPPORTED_METHODS = METHODS
    auth_resource = "lims"

    def initialize(self, upstream: Upstream, root: str) -> None:
        self.upstream, self.root = upstream, root
        self.body = Body()
        self.answering: asyncio.Task[httpx.Response] | None = None
        self.refusal: web.HTTPError | None = None

    async def prepare(self) -> None:  # type: ignore[override]
        """Who asks is settled, and a write's XSRF token checked, before anything reaches the service.

        A refusal waits until the body has been read: an answer before that closes the connection, which the Hub's
        proxy shares with other requests and would answer with 503.
        """
        try:
            await super().prepare()
            await self._check_allowed()
        except web.HTTPError as refusal:
            self.refusal = refusal
        else:
            self.request.connection.set_max_body_size(MOST_BYTES)  # type: ignore[union-attr]
            self.answering = asyncio.create_task(self._ask(self._address()))
            self.answering.add_done_callback(lambda _: self.body.refuse())

    async def _check_allowed(self) -> None:
        """Raises HTTPError 403, or 404 for an address outside of the API."""
        if self.current_user is None:
            raise web.HTTPError(403, "Sign in first.")
        action = "read" if self.request.method in ("GET", "HEAD") else "write"
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)):
            raise web.HTTPError(403, f"You may not {action} the LIMS on this server.")
        self._address()

    async def data_received(self, chunk: bytes) -> None:
        if self.answering is not None:
            await self.body.put(chunk)

    async def forward(self, _path: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        assert self.answering is not None
        await self.body.put(None)
        response = await self.answering
        try:
            await self._pass_on(response)
        except (StreamClosedError, asyncio.CancelledError):
            return
        except httpx.HTTPError as error:
            # The status has been sent: only a broken connection can still say that the rest is missing.
            self.log.warning("The service broke off its answer: %s", error)
            self.request.connection.detach().close()  # type: ignore[union-attr]
        finally:
            await response.aclose()

    get = head = post = put = patch = delete = forward

    def _address(self) -> str:
        """Below the API's root, still percent-encoded. Raises 404 for one that climbs out of it."""
        path = self.request.path[len(self.root) :]
        if {".", ".."} & set(unquote(path).split("/")):
            raise web.HTTPError(404)
        asked = [(name, value) for name, value in parse_qsl(self.request.query, True) if name not in OURS]
        return f"{path}?{urlencode(asked)}" if asked else path

    async def _ask(self, address: str) -> httpx.Response:
        """Raises Unavailable. A service that has gone is looked for once more: it has not seen the request yet."""
        client = await self.upstream.client()
        try:
            return await self._send(client, address)
        except httpx.ConnectError:
            await self.upstream.forget(client)
        except httpx.HTTPError as error:
            raise away(error) from error
        client = await self.upstream.client()
        try:
            return await self._send(client, address)
        except httpx.HTTPError as error:
            await self.upstream.forget(client)
            raise away(error) from error

    async def _send(self, client: httpx.AsyncClient, address: str) -> httpx.Response:
        has_body = "Content-Length" in self.request.headers or "Transfer-Encoding" in self.request.headers
        headers = {name: self.request.headers[name] for name in TO_SERVICE if name in self.request.headers}
        headers.setdefault("Accept-Encoding", "identity")
        request = client.build_request(
            str(self.request.method), address, headers=headers, content=self.body.read() if has_body else None
        )
        return await client.send(request, stream=True)

    async def _pass_on(self, response: httpx.Response) -> None:
        self.set_status(response.status_code, response.reason_phrase)
        for name in FROM_SERVICE:
            if name in response.headers:
                self.set_header(name, response.headers[name])
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "sandbox; default-src 'none'")
        if self.request.method != "HEAD" and response.status_code not in (204, 304):
            async for piece in response.aiter_raw():
                self.write(piece)
                await self.flush()
        self.finish(set_content_type=response.headers.get("Content-Type", "application/json"))

    def on_connection_close(self) -> None:
        if self.answering is not None:
            self.answering.cancel()
        super().on_connection_close()

    def write_error(self, status_code: int, **about: Any) -> None:
        """In the same words as the service's own errors."""
        error = about.get("exc_info", (None, None))[1]
        told = {"kind": "Forbidden" if status_code == 403 else "NotFound" if status_code == 404 else "Unavailable",
                "message": "The LIMS could not be asked.", "hint": "Reload the page and try again."}
        if isinstance(error, web.HTTPError) and error.log_message:
            told["message"] = error.log_message
        elif isinstance(error, LimsError):
            self.set_status(503)
            told |= {"kind": "Unavailable", "message": error.message, "hint": error.hint}
        self.finish(json.dumps({"error": told}))


def away(error: httpx.HTTPError) -> Unavailable:
    return Unavailable(
        f"The LIMS's service does not answer: {error or type(error).__name__}.",
        hint="What you typed is kept; it is tried again. If it stays, tell the administrator.",
    )
