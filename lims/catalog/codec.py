"""Dataclasses to JSON text and back, guided by their annotations; and text to what a table can hold.

Where the annotation says the type (`datetime`, `tuple[Signal, ...]`) plain JSON is enough. Where it says `Any`
(vendors' trees, parameters, stored answers) whatever JSON has no word for is wrapped: {"$datetime": "2018-…"}.
"""

import base64
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from lims import model

T = TypeVar("T")

# A file name that is not UTF-8 reaches Python with lone surrogates, which no table can hold: they are parked in a
# private plane and brought back on the way out.
PARKED = 0x100000
SURROGATES = range(0xD800, 0xE000)


def to_text(text: str) -> str:
    """Make any Python string storable. Inverse of `from_text`."""
    if text.isascii():
        return text
    return "".join(chr(ord(c) + PARKED) if ord(c) in SURROGATES else c for c in text)


def from_text(text: str) -> str:
    if text.isascii():
        return text
    return "".join(chr(ord(c) - PARKED) if ord(c) - PARKED in SURROGATES else c for c in text)


def to_utc(moment: datetime) -> datetime:
    """A datetime without a zone is taken to be UTC: the catalog knows no other."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


# --- guided by annotations --------------------------------------------------------------------------------------


def to_json(annotation: Any, value: Any) -> Any:
    """A JSON-able form of `value`, readable again by `from_json` with the same annotation."""
    return _codec(annotation)[0](value)


def from_json(annotation: Any, data: Any) -> Any:
    return _codec(annotation)[1](data)


Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]


@cache
def _codec(annotation: Any) -> Codec:
    """(encode, decode) for one annotation."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _optional(next(a for a in arguments if a is not NoneType))
    if origin is tuple:
        return _tuple(arguments)
    if origin is dict:
        return _dict(arguments[1])
    if is_dataclass(annotation):
        return _dataclass(annotation)
    return SCALARS.get(annotation, (encode, decode)) if origin is not Literal else SCALARS[str]


def _optional(annotation: Any) -> Codec:
    into, back = _codec(annotation)
    return (lambda v: None if v is None else into(v)), (lambda d: None if d is None else back(d))


def _tuple(arguments: tuple[Any, ...]) -> Codec:
    if arguments[-1] is Ellipsis:
        into, back = _codec(arguments[0])
        return (lambda v: [into(i) for i in v]), (lambda d: tuple(back(i) for i in d or ()))
    parts = [_codec(a) for a in arguments]
    return (
        lambda v: [part[0](i) for part, i in zip(parts, v, strict=True)],
        lambda d: tuple(part[1](i) for part, i in zip(parts, d, strict=True)),
    )


def _dict(annotation: Any) -> Codec:
    into, back = _codec(annotation)
    return (
        lambda v: {to_text(str(k)): into(i) for k, i in v.items()},
        lambda d: {from_text(k): back(i) for k, i in (d or {}).items()},
    )


def _dataclass(kind: Any) -> Codec:
    hints = get_type_hints(kind)
    parts = {f.name: _codec(hints[f.name]) for f in fields(kind)}

    def back(data: Mapping[str, Any]) -> Any:
        return kind(**{name: parts[name][1](v) for name, v in data.items() if name in parts})

    return (lambda value: {name: part[0](getattr(value, name)) for name, part in parts.items()}), back


def _encode_float(value: float) -> Any:
    return float(value) if math.isfinite(value) else {"$float": repr(float(value))}


def _decode_float(data: Any) -> float:
    return float(data["$float"] if isinstance(data, dict) else data)


SCALARS: dict[Any, Codec] = {
    str: (to_text, from_text),
    int: (int, int),
    bool: (bool, bool),
    float: (_encode_float, _decode_float),
    datetime: (lambda v: to_utc(v).isoformat(), lambda d: to_utc(datetime.fromisoformat(d))),
}

# --- not guided: every value says itself what it is ---------------------------------------------------------------


def encode(value: Any) -> Any:
    """JSON-able form of anything made of JSON, datetimes, tuples, bytes, sets, NumPy scalars and model dataclasses."""
    if value is None or isinstance(value, bool | int | str | float):
        return _encode_scalar(value)
    if isinstance(value, Mapping):
        return _encode_mapping({str(k): v for k, v in value.items()})
    if isinstance(value, list):
        return [encode(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f"${type(value).__name__}": to_json(type(value), value)}
    return _encode_rare(value)


def _encode_scalar(value: Any) -> Any:
    if isinstance(value, str):
        return to_text(str(value))
    return _encode_float(value) if isinstance(value, float) else value


def _encode_mapping(value: dict[str, Any]) -> Any:
    body = {to_text(k): encode(v) for k, v in value.items()}
    # A vendor's own {"$float": …} must come back as what it was.
    return {"$dict": body} if len(body) == 1 and next(iter(body)).startswith("$") else body


def _encode_rare(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$datetime": to_utc(value).isoformat()}
    if isinstance(value, tuple):
        return {"$tuple": [encode(item) for item in value]}
    if isinstance(value, set | frozenset):
        return {"$set": [encode(item) for item in sorted(value, key=repr)]}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return encode(value.tolist())
    return to_text(str(value))


def decode(data: Any) -> Any:
    """Inverse of `encode`, except that sets come back frozen and NumPy values as Python's own."""
    if isinstance(data, str):
        return from_text(data)
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    word, body = next(iter(data.items()), ("", None))
    if len(data) == 1 and word.startswith("$"):
        return _decode_wrapped(word[1:], body)
    return {from_text(k): decode(v) for k, v in data.items()}


def _decode_wrapped(word: str, body: Any) -> Any:
    if word in WRAPPED:
        return WRAPPED[word](body)
    return from_json(getattr(model, word), body)


WRAPPED: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "datetime": datetime.fromisoformat,
    "tuple": lambda body: tuple(decode(item) for item in body),
    "set": lambda body: frozenset(decode(item) for item in body),
    "bytes": base64.b64decode,
    "dict": lambda body: {from_text(k): decode(v) for k, v in body.items()},
}
