"""A vendor's metadata tree as JSON: same content, same order, nothing guessed."""

import base64
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

import numpy as np

DEEPEST = 64
LONGEST = 65_536
"""Numbers an array may have before only its description is kept (a display table has 256, a frame millions)."""


def as_json(thing: Any, depth: int = 0) -> Any:  # noqa: PLR0911 (one return per kind of thing)
    """Turn whatever a reader gives into what JSON can hold.

    NaN and the infinities become the texts "NaN", "Infinity", "-Infinity"; bytes become text where they are text
    (see text_of_bytes); complex numbers {"real", "imag"}; too long arrays {"array": {"shape", "dtype"}}.
    """
    if depth > DEEPEST:
        raise RecursionError("the metadata tree is deeper than any vendor writes")
    match thing:
        case None | bool():
            return thing
        case Enum():
            return as_json(thing.value, depth + 1)
        case _ if hasattr(thing, "dtype") and hasattr(thing, "shape"):  # numpy's and dask's alike
            return array_as_json(thing, depth)
        case int():
            return thing
        case float():
            return thing if math.isfinite(thing) else words_of(thing)
        case str():
            return clean_text(thing)
        case bytes() | bytearray():
            return text_of_bytes(bytes(thing))
        case Mapping():
            return {key_of(key): as_json(value, depth + 1) for key, value in thing.items()}
        case complex():
            return {"real": as_json(thing.real), "imag": as_json(thing.imag)}
        case datetime() | date() | time():
            return thing.isoformat()
        case Iterable():
            return [as_json(item, depth + 1) for item in thing]
    return clean_text(str(thing))


def array_as_json(array: Any, depth: int) -> Any:
    """Only numbers that are kept are ever read from a lazy array."""
    if array.size > LONGEST:
        return {"array": {"shape": list(array.shape), "dtype": str(array.dtype)}}
    values = array if isinstance(array, np.generic) else np.asarray(array)
    if values.dtype.names and values.size == 1:
        only = values.reshape(-1)[0]
        return {name: as_json(only[name], depth + 1) for name in values.dtype.names}
    return as_json(values.tolist(), depth + 1)


def words_of(number: float) -> str:
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def key_of(key: Any) -> str:
    return str(text_of_bytes(key)) if isinstance(key, bytes) else clean_text(str(key))


def text_of_bytes(raw: bytes) -> str | dict[str, str]:
    """Text where the bytes are text (UTF-8, else Windows-1252 without control characters), else {"base64": ...}.

    The zeros that pad a C string are dropped.
    """
    padded = raw.rstrip(b"\0")
    for encoding in ("utf-8", "cp1252"):
        try:
            text = padded.decode(encoding)
        except UnicodeDecodeError:
            continue
        if is_text(text):
            return text
    return {"base64": base64.b64encode(raw).decode()}


def is_text(text: str) -> bool:
    return all(letter >= " " or letter in "\t\r\n\f" for letter in text)


def clean_text(text: str) -> str:
    """Lone surrogates, which no encoding can write, become their escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
