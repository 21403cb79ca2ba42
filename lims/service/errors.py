"""Errors as HTTP: the only place that knows its numbers."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from lims.errors import Conflict, Forbidden, Invalid, LimsError, NotFound, PluginFailed, Unavailable

log = logging.getLogger(__name__)


class NotSignedIn(Forbidden):
    """Nobody is named in the request, so there is nobody to forbid anything to."""

    def __init__(self) -> None:
        super().__init__(
            "Who asks? The request carries no token.",
            hint="Send the Hub's token in the header: Authorization: Bearer …",
        )


class TooLarge(Invalid):
    """The request is bigger than the service takes."""


STATUS: tuple[tuple[type[LimsError], int], ...] = (
    # the first that fits
    (NotSignedIn, 401),
    (TooLarge, 413),
    (Invalid, 400),
    (NotFound, 404),
    (Conflict, 409),
    (Forbidden, 403),
    (PluginFailed, 422),
    (Unavailable, 503),
)
KINDS = (Invalid, NotFound, Conflict, Forbidden, PluginFailed, Unavailable)


def answer_errors(app: FastAPI) -> None:
    """Every failure of `app` answers {"error": {kind, message, hint}}."""
    app.add_exception_handler(LimsError, lims_error)
    app.add_exception_handler(RequestValidationError, not_valid)
    app.add_exception_handler(HTTPException, not_routed)
    app.add_exception_handler(Exception, unforeseen)


def error_response(error: LimsError) -> Response:
    status = next((number for kind, number in STATUS if isinstance(error, kind)), 500)
    kind = next((kind.__name__ for kind in KINDS if isinstance(error, kind)), "LimsError")
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    told = {"kind": kind, "message": error.message, "hint": error.hint}
    return JSONResponse({"error": told}, status, headers)


async def lims_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, LimsError)
    return error_response(error)


async def not_valid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"] if part not in ("body", "query", "path"))
    return error_response(Invalid(f"{where}: {problem['msg']}." if where else f"{problem['msg']}."))


async def not_routed(_: Request, error: Exception) -> Response:
    """No such address, or not with this verb."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_response(NotFound("There is nothing at this address.", hint="See api/openapi.json."))
    response = error_response(Invalid(f"{error.detail}."))
    response.status_code = error.status_code
    return response


async def unforeseen(request: Request, error: Exception) -> Response:
    """Says nothing of the inside; the log has it."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return error_response(LimsError("The service failed in a way nobody foresaw.", hint="Its log says more."))
