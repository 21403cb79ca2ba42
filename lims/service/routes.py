"""A route for each operation: its arguments and its answer are those of the function."""

import asyncio
import inspect
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated, Any, get_type_hints

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, create_model
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from lims.facility.operations import OPERATIONS, Operation
from lims.facility.routes import ENDS_WITH_ITS_ASKER, ROUTES
from lims.facility.views import Content
from lims.facility.waiting import ASKER_IS_GONE
from lims.model import Principal
from lims.service.answers import content_response, json_response

KEY = "request_key"
Run = Callable[[Principal, str, dict[str, Any]], Any]


class Told(BaseModel):
    """kind: Invalid, NotFound, Conflict, Forbidden, PluginFailed or Unavailable."""

    kind: str
    message: str
    hint: str


class ErrorAnswer(BaseModel):
    """What every failure answers with."""

    error: Told


async def who_asks(request: Request) -> Principal:
    """Told by the door through which the request came in."""
    principal: Principal = await request.scope["lims.door"](request)
    return principal


def operation_routes(run: Run) -> APIRouter:
    router = APIRouter(redirect_slashes=False)
    for operation in OPERATIONS.values():
        add_route(router, operation, run)
    return router


def add_route(router: APIRouter, operation: Operation, run: Run) -> None:
    returns = get_type_hints(operation.function)["return"]
    gives_bytes = returns is Content
    router.add_api_route(
        address_of(operation),
        endpoint(operation, run, returns),
        methods=[operation.verb],
        operation_id=operation.name,
        summary=operation.summary,
        description=inspect.getdoc(operation.function),
        response_model=None if gives_bytes else returns,
        response_class=BytesResponse if gives_bytes else JsonResponse,
        responses={"default": {"model": ErrorAnswer, "description": "What went wrong, and what to do next"}},
    )


class JsonResponse(JSONResponse):
    """FastAPI describes the answer's shape only where it knows that JSON comes."""


class BytesResponse(Response):
    media_type = "application/octet-stream"


def address_of(operation: Operation) -> str:
    """The last argument of an address may hold slashes, where no other address goes on from it."""
    path = operation.path
    goes_on = any(shape(other).startswith(shape(path) + "/") for _, other in ROUTES.values())
    return path if goes_on or not path.endswith("}") else f"{path[:-1]}:path}}"


def shape(path: str) -> str:
    """An address without the names of its arguments: `/lineage/{thing}` is the beginning of `/lineage/{first}/path`."""
    return re.sub(r"\{\w+\}", "{}", path)


def endpoint(operation: Operation, run: Run, returns: Any) -> Callable[..., Awaitable[Response]]:
    """A coroutine whose signature FastAPI reads: path arguments, the rest as query or body, the idempotency key."""

    async def answer(request: Request, principal: Principal, **given: Any) -> Response:
        with noticing_its_end(request) if operation.name in ENDS_WITH_ITS_ASKER else nullcontext():
            return await run_in_threadpool(answer_now, request, principal, given)

    def answer_now(request: Request, principal: Principal, given: dict[str, Any]) -> Response:
        rest = given.pop("arguments", None)
        asked = {**given, **({name: getattr(rest, name) for name in rest.model_fields_set} if rest else {})}
        found = run(principal, operation.name, {name: one for name, one in asked.items() if one is not None})
        return content_response(found, request) if returns is Content else json_response(found, request)

    answer.__signature__ = signature_of(operation)  # type: ignore[attr-defined]
    answer.__name__ = operation.name
    return answer


@contextmanager
def noticing_its_end(request: Request) -> Iterator[None]:
    """What runs meanwhile can ask `ASKER_IS_GONE`. For requests whose body has been read."""
    gone = threading.Event()

    async def listen() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    listening = asyncio.create_task(listen())
    was = ASKER_IS_GONE.set(gone.is_set)
    try:
        yield
    finally:
        ASKER_IS_GONE.reset(was)
        listening.cancel()


def signature_of(operation: Operation) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    listed = [
        inspect.Parameter("request", keyword, annotation=Request),
        inspect.Parameter("principal", keyword, annotation=Annotated[Principal, Depends(who_asks)]),
    ]
    rest: dict[str, Any] = {}
    for name, parameter in operation.signature.parameters.items():
        if name == KEY:
            key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]
            listed.append(inspect.Parameter(KEY, keyword, annotation=key, default=None))
        elif f"{{{name}}}" in operation.path:
            listed.append(inspect.Parameter(name, keyword, annotation=Annotated[parameter.annotation, Path()]))
        else:
            needed = parameter.default is inspect.Parameter.empty
            rest[name] = (parameter.annotation, ... if needed else parameter.default)
    if rest:
        listed.append(arguments_parameter(operation, rest))
    return inspect.Signature(listed)


def arguments_parameter(operation: Operation, fields: dict[str, Any]) -> inspect.Parameter:
    """The arguments that are not in the address; one that the operation does not know is an error."""
    title = re.sub(r"(?:^|_)(.)", lambda found: found.group(1).upper(), operation.name) + "Arguments"
    model: Any = create_model(title, __config__=ConfigDict(extra="forbid"), **fields)
    if operation.verb in ("GET", "DELETE"):
        annotation, default = Annotated[model, Query()], inspect.Parameter.empty
    else:
        optional = all(default is not ... for _, default in fields.values())
        annotation, default = Annotated[model, Body()], model() if optional else inspect.Parameter.empty
    return inspect.Parameter("arguments", inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
