"""The one place where typed things become JSON and JSON becomes typed things again."""

import functools
import json
import math
from collections.abc import Hashable
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json as serialise
from pydantic_core import to_jsonable_python

from lims.model import Rows

T = TypeVar("T")
NO_NUMBERS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


@functools.lru_cache(maxsize=256)
def adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))


def to_json(thing: Any, *, in_columns: bool = False) -> Any:
    """Plain lists, dicts, text and numbers; NaN and infinities, which JSON lacks, become text.

    in_columns: `Rows` as they are held, {name: values}, else as a list of things.
    """
    return without_nan(to_jsonable_python(thing, fallback=columns_of if in_columns else things_of))


def things_of(rows: Any) -> Any:
    if isinstance(rows, Rows):
        return [*rows]
    raise TypeError(f"{type(rows).__name__} is no JSON.")


def columns_of(rows: Any) -> Any:
    return rows.columns if isinstance(rows, Rows) else things_of(rows)


def to_bytes(thing: Any, *, in_columns: bool = False) -> bytes:
    """The same, written out in UTF-8."""
    try:
        return serialise(thing, inf_nan_mode="strings", fallback=columns_of if in_columns else things_of)
    except ValueError:  # its writer knows no half characters, which names of files may have
        return json.dumps(to_json(thing, in_columns=in_columns), separators=(",", ":")).encode()


def from_text(text: str | bytes, kind: type[T]) -> T:
    """Inverse of `to_bytes`."""
    its = adapter(cast(Hashable, kind))
    try:
        result: T = its.validate_json(text)
    except ValidationError:  # half characters again
        result = its.validate_python(json.loads(text))
    return result


def without_nan(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: without_nan(value) for key, value in document.items()}
    if isinstance(document, list):
        return [without_nan(value) for value in document]
    if isinstance(document, float) and not math.isfinite(document):
        return NO_NUMBERS[str(document)]
    return document
