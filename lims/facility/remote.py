"""The facility behind a service: the same methods over HTTP, by network address or local socket."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote

import httpx

from lims import errors
from lims.facility import columns
from lims.facility.facility import Facility
from lims.facility.jsonable import from_text, to_json
from lims.facility.routes import ROUTES
from lims.facility.views import Content

if TYPE_CHECKING:
    from lims.importing import Readable

T = TypeVar("T")
TRIES = 4
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
NO_LIMIT = httpx.Timeout(None, connect=5.0)
LONG = frozenset({
    "harvest", "search_table", "sql", "save_derived", "import_derived", "look_import", "begin_import", "import_file",
    "finish_import", "catalog_status", "verify_index", "rebuild_index",
})  # fmt: skip
GIVES_BYTES = frozenset({"preview", "thumbnails", "content", "replay_picture", "search_table", "sql"})


class RemoteFacility(Facility):
    """Speaks to the service at `url`, through `socket` where one is given; `token` says who asks."""

    def __init__(self, url: str, *, token: str | None = None, socket: Path | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.is_here = socket is not None
        transport = httpx.HTTPTransport(uds=str(socket)) if socket else None
        with explained(self.url):
            self.client = httpx.Client(
                base_url=f"{self.url}/api", headers=headers, transport=transport, timeout=TIMEOUT, trust_env=False
            )

    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        response = self.request(operation, dict(arguments))
        if operation in GIVES_BYTES:
            return content_of(response)
        return response.json()

    def call(self, operation: str, kind: type[T], /, **arguments: Any) -> T:
        response = self.request(operation, dict(arguments), accept=f"{columns.MEDIA_TYPE}, application/json")
        if operation in GIVES_BYTES:
            return cast(T, content_of(response))
        return from_text(response.content, kind)

    def request(self, operation: str, arguments: dict[str, Any], accept: str = "*/*") -> httpx.Response:
        """Sends it again, under the same key, when the answer was lost on the way."""
        with explained(self.url):
            return checked(self.send(self.request_for(operation, arguments, accept)))

    def request_for(self, operation: str, arguments: dict[str, Any], accept: str) -> httpx.Request:
        verb, path = ROUTES[operation]
        key = arguments.pop("request_key", None) or uuid.uuid4().hex
        for name in [one for one in arguments if f"{{{one}}}" in path]:
            path = path.replace(f"{{{name}}}", quote(str(arguments.pop(name)), safe=""))
        content: dict[str, Any] = (
            {"params": query_of(arguments)} if verb in ("GET", "DELETE") else {"json": to_json(arguments)}
        )
        return self.client.build_request(
            verb,
            path,
            headers={"Idempotency-Key": key, "Accept": accept},
            timeout=NO_LIMIT if operation in LONG else TIMEOUT,
            **content,
        )

    def send(self, request: httpx.Request) -> httpx.Response:
        for tried in range(TRIES):
            try:
                return self.client.send(request)
            except httpx.TransportError:
                if tried == TRIES - 1:
                    raise
                time.sleep(0.1 * 3**tried)
        raise AssertionError("unreachable")

    def upload_stream(self, stream: "Readable", size: int | None) -> str:
        told = {} if size is None else {"Content-Length": str(size)}
        with explained(self.url):
            sent = self.client.put("/uploads", content=chunks_of(stream), headers=told, timeout=NO_LIMIT)
            return str(checked(sent).json()["upload"])

    def fetch(self, dataset: str, key: str, target: Path) -> None:
        address = ROUTES["content"][1].replace("{dataset}", quote(dataset, safe=""))
        part = target.with_name(f".{uuid.uuid4().hex}.part")  # the name itself may be as long as a name can be
        asked = self.client.stream("GET", address, params={"key": key}, timeout=NO_LIMIT)
        with explained(self.url), asked as response:
            if response.is_error:
                response.read()
            checked(response)
            with part.open("wb") as copy:
                for chunk in response.iter_bytes(1 << 20):
                    copy.write(chunk)
        part.replace(target)

    def close(self) -> None:
        self.client.close()


def chunks_of(stream: "Readable") -> Iterator[bytes]:
    while chunk := stream.read(1 << 20):
        yield chunk


@contextmanager
def explained(url: str) -> Iterator[None]:
    """What fails on the way to the service, in a sentence. Raises Unavailable, or Invalid for what cannot be sent."""
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise errors.Invalid(
            f"The service at {url} cannot be asked: {error}.",
            hint="Its address looks like https://hub.example/services/lims.",
        ) from error
    except httpx.TransportError as error:
        raise errors.Unavailable(
            f"The service at {url} does not answer: {error}.", hint="Start it with: lims up (or lims serve)."
        ) from error
    except UnicodeEncodeError as error:
        raise errors.Invalid(f"{error.object!r} cannot be sent to the service: it is no UTF-8.") from error


def query_of(arguments: dict[str, Any]) -> dict[str, str]:
    return {name: text_of(value) for name, value in arguments.items() if value is not None}


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def content_of(response: httpx.Response) -> Content:
    media_type = response.headers.get("content-type", "application/octet-stream")
    return Content(media_type, name_of(response.headers.get("content-disposition", "")), data=response.content)


def name_of(disposition: str) -> str:
    """The file name in a Content-Disposition header. Of its two forms the one with all letters (RFC 6266) is last."""
    header = Message()
    header["Content-Disposition"] = disposition
    given = [value for name, value in header.get_params([], "content-disposition") if name == "filename"]
    return collapse_rfc2231_value(given[-1]) if given else "content"


def checked(response: httpx.Response) -> httpx.Response:
    """Raises the error that the service named; it has the same class there and here."""
    if response.is_success:
        return response
    try:
        told = response.json()["error"]
        kind, message, hint = told["kind"], told["message"], told.get("hint", "")
    except (ValueError, KeyError, TypeError):
        raise errors.Unavailable(f"The service answered {response.status_code}.") from None
    raise made_again(kind, message, hint)


def made_again(kind: str, message: str, hint: str) -> errors.LimsError:
    known = {one.__name__: one for one in (errors.Invalid, errors.NotFound, errors.Conflict, errors.Forbidden)}
    return known.get(kind, errors.Unavailable)(message, hint=hint)
