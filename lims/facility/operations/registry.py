"""How a function becomes an operation: its name stands in ROUTES."""

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from lims.errors import Invalid
from lims.facility.desk import Desk
from lims.facility.routes import ROUTES, Verb
from lims.model import Principal, RequestKey

MOST = 2**63 - 1
"""No table holds a larger whole number; and nothing that is counted here is negative."""
KEY = "request_key"
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """path: below the API's root; {names} in it are arguments of the function."""

    name: str
    verb: Verb
    path: str
    function: Callable[..., Any]

    @cached_property
    def signature(self) -> inspect.Signature:
        """The arguments a caller gives: all but the desk and the principal."""
        whole = inspect.signature(self.function)
        return whole.replace(parameters=list(whole.parameters.values())[2:])

    @property
    def summary(self) -> str:
        return (self.function.__doc__ or "").strip().partition("\n")[0]

    @cached_property
    def kinds(self) -> dict[str, TypeAdapter[Any]]:
        hints = get_type_hints(self.function, include_extras=True)
        return {name: TypeAdapter(hints[name]) for name in self.signature.parameters}

    def run(self, desk: Desk, principal: Principal, arguments: dict[str, Any]) -> Any:
        """Whoever asks, the arguments have the types of the function. None is as good as not given."""
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            self.signature.bind(**given)
        except TypeError as error:
            raise Invalid(f"{self.name}: {error}.") from error
        checked = {name: self.checked(name, value) for name, value in given.items()}
        if KEY in checked:
            checked[KEY] = RequestKey(checked[KEY], self.about(given))
        with desk.catalog.at_one_moment() if self.verb == "GET" else nullcontext():
            return self.function(desk, principal, **checked)

    def about(self, given: Mapping[str, Any]) -> str:
        """What is asked, the same for the same request: a retry may have uploaded its file again."""
        asked = {name: value for name, value in given.items() if name not in (KEY, "upload")}
        told = json.dumps([self.name, asked], sort_keys=True, default=str)
        return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()

    def checked(self, name: str, value: Any) -> Any:
        """Raises Invalid, naming the argument."""
        try:
            found = self.kinds[name].validate_python(value)
        except ValidationError as error:
            raise Invalid(f"{name}: {error.errors()[0]['msg']}.") from error
        if isinstance(found, str) and "\0" in found:
            raise Invalid(f"{name}: a text cannot hold the character NUL.")
        if isinstance(found, int) and not 0 <= found <= MOST:
            raise Invalid(f"{name}: it must be 0 or more, and a number that a table can hold.")
        return in_utc(name, found) if isinstance(found, datetime) and found.tzinfo else found


def in_utc(name: str, moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Invalid(f"{name}: {moment.isoformat()} lies outside of the calendar.") from error


OPERATIONS: dict[str, Operation] = {}


def operation(function: Function) -> Function:
    name = function.__name__
    verb, path = ROUTES[name]
    OPERATIONS[name] = Operation(name, verb, path, function)
    return function
