"""One message from the browser = one operation; its answer is JSON, or bytes beside a name."""

import logging
from dataclasses import dataclass, field
from typing import Any

from lims.errors import Conflict, Forbidden, Invalid, LimsError, NotFound, PluginFailed, Unavailable
from lims.facility.routes import ROUTES
from lims.facility.views import Content
from lims.jupyter.widgets.connection import Answers

log = logging.getLogger(__name__)

KINDS = (Invalid, NotFound, Conflict, Forbidden, PluginFailed, Unavailable)
MOST_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Request:
    """id: chosen by the browser, comes back as `re`."""

    id: str
    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    message: dict[str, Any]
    buffers: list[bytes] = field(default_factory=list)


def request_of(message: Any) -> Request | None:
    """None for what is no request at all, such as another library's message on the same comm."""
    if not isinstance(message, dict) or not isinstance(message.get("id"), str):
        return None
    operation, arguments = message.get("operation"), message.get("arguments") or {}
    if not isinstance(operation, str) or not isinstance(arguments, dict):
        return None
    return Request(message["id"], operation, arguments)


def reply_to(request: Request, facility: Answers) -> Reply:
    """Raises LimsError as the facility does, and Invalid for what no notebook's connection can carry."""
    if request.operation not in ROUTES:
        raise Invalid(f"The LIMS has no operation {request.operation!r}.", hint="Is this page older than the LIMS?")
    if request.operation == "content":
        check_size(request.arguments, facility)
    result = facility.ask(request.operation, request.arguments)
    if not isinstance(result, Content):
        return Reply({"re": request.id, "result": result})
    described = {"media_type": result.media_type, "name": result.name}
    return Reply({"re": request.id, "result": described}, [bytes_of(result)])


def check_size(arguments: dict[str, Any], facility: Answers) -> None:
    """Before a large file is brought into the kernel, only to be refused there."""
    located = facility.ask("location", {"dataset": arguments.get("dataset", "")})
    wanted = arguments.get("key") or located["files"][0]["key"]
    for file in located["files"]:
        if file["key"] == wanted and file["bytes"] > MOST_BYTES:
            raise Invalid(
                f"{file['name']} is {file['bytes'] / 2**20:.0f} MiB; through a notebook's connection a file may have "
                f"{MOST_BYTES / 2**20:.0f} MiB at most.",
                hint=f"Fetch it with: lims get {located['id']} --to DIR",
            )


def bytes_of(content: Content) -> bytes:
    if content.data is not None:
        return content.data
    return content.path.read_bytes() if content.path else b""


def refusal_of(request: Request, error: Exception) -> Reply:
    """The error as a person may read it; what nobody foresaw is logged in full and named in short."""
    if isinstance(error, LimsError):
        kind = next((known.__name__ for known in KINDS if isinstance(error, known)), "LimsError")
        told = {"kind": kind, "message": error.message, "hint": error.hint}
    else:
        log.error("%s failed in the kernel", request.operation, exc_info=error)
        told = {
            "kind": "Unexpected",
            "message": f"{request.operation} failed: {type(error).__name__}: {error}.",
            "hint": "Try again; if it stays, show the log of this kernel to the administrator.",
        }
    return Reply({"re": request.id, "error": told})
