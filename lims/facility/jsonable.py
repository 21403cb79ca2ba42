"""The one place where typed things become JSON and JSON becomes typed things again."""

import functools
import math
from collections.abc import Hashable
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

T = TypeVar("T")


@functools.lru_cache(maxsize=256)
def adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))


def to_json(thing: Any) -> Any:
    """Plain lists, dicts, text and numbers; NaN and infinities, which JSON lacks, become text."""
    return without_nan(adapter(cast(Hashable, type(thing))).dump_python(thing, mode="json"))


def from_json(document: Any, kind: type[T]) -> T:
    result: T = adapter(cast(Hashable, kind)).validate_python(document)
    return result


def without_nan(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: without_nan(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [without_nan(value) for value in document]
    if isinstance(document, float) and not math.isfinite(document):
        return str(document)
    return document
