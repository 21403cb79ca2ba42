"""The one place where typed things become JSON and JSON becomes typed things again."""

import functools
import json
import math
from collections.abc import Hashable
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


@functools.lru_cache(maxsize=256)
def adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))


def to_json(thing: Any) -> Any:
    """Plain lists, dicts, text and numbers; NaN and infinities, which JSON lacks, become text."""
    return without_nan(_dumped(thing))


def to_text(thing: Any) -> str:
    """The same, written out."""
    document = _dumped(thing)
    try:
        return json.dumps(document, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(without_nan(document), separators=(",", ":"))


def from_text(text: str | bytes, kind: type[T]) -> T:
    """Inverse of `to_text`."""
    its = adapter(cast(Hashable, kind))
    try:
        result: T = its.validate_json(text)
    except ValidationError:  # its parser knows no half characters, which names of files may have
        result = its.validate_python(json.loads(text))
    return result


def _dumped(thing: Any) -> Any:
    return adapter(cast(Hashable, type(thing))).dump_python(thing, mode="json")


def without_nan(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: without_nan(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [without_nan(value) for value in document]
    if isinstance(document, float) and not math.isfinite(document):
        return str(document)
    return document
