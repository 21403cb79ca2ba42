"""Dataclasses to JSON text and back, guided by their annotations; and text to what a table can hold.

Where the annotation says the type (`datetime`, `tuple[Signal, ...]`) plain JSON is enough. Where it says `Any`
(vendors' trees, parameters, stored answers) whatever JSON has no word for is wrapped: {"$datetime": "2018-…"}.
"""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic_core import to_json as serialise

from lims import model

T = TypeVar("T")

# A file name that is not UTF-8 reaches Python with lone surrogates, which no table can hold: they are parked in a
# private plane and brought back on the way out.
PARKED = 0x100000
_SURROGATE = re.compile("[\ud800-\udfff]")
_PARKED_SURROGATE = re.compile("[\U0010d800-\U0010dfff]")


def to_text(text: str) -> str:
    """Make any Python string storable. Inverse of `from_text`."""
    return text if text.isascii() else _SURROGATE.sub(lambda c: chr(ord(c[0]) + PARKED), text)


def from_text(text: str) -> str:
    return text if text.isascii() else _PARKED_SURROGATE.sub(lambda c: chr(ord(c[0]) - PARKED), text)


def to_utc(moment: datetime) -> datetime:
    """A datetime without a zone is taken to be UTC: the catalog knows no other."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def dumps(value: Any) -> str:
    """JSON of what `encode` or `to_json` made, storable as it is."""
    try:
        return serialise(value).decode()
    except ValueError:  # lone surrogates, or deeper than pydantic goes
        return to_text(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


# --- guided by annotations --------------------------------------------------------------------------------------


def to_json(annotation: Any, value: Any) -> Any:
    """A JSON-able form of `value`, readable again by `from_json` with the same annotation."""
    return _codec(annotation)[0](value)


def encoder(annotation: Any) -> Callable[[Any], Any]:
    """`to_json` for many values of one annotation."""
    return _codec(annotation)[0]


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
        lambda v: dict(zip(map(str, v), map(into, v.values()), strict=True)),
        lambda d: {from_text(k): back(i) for k, i in (d or {}).items()},
    )


def _dataclass(kind: Any) -> Codec:
    """Fields that are seldom given (metadata `seldom`) are left out where none is, for a catalog has millions."""
    hints = get_type_hints(kind)
    parts = {f.name: _codec(hints[f.name]) for f in fields(kind)}
    seldom = {f.name: f.default for f in fields(kind) if f.metadata.get("seldom")}
    whole = _encoder_of(parts, lambda value: dict(vars(value)))
    into = _unless_given(seldom, parts, whole) if seldom else whole

    def back(data: Mapping[str, Any]) -> Any:
        return kind(**{name: parts[name][1](v) for name, v in data.items() if name in parts})

    return into, back


Encoder = Callable[[Any], dict[str, Any]]


def _unless_given(seldom: Mapping[str, Any], parts: Mapping[str, Codec], whole: Encoder) -> Encoder:
    """seldom: the defaults of those fields, two or more."""
    usual = {name: part for name, part in parts.items() if name not in seldom}
    usual_of, rest_of, defaults = getter(*usual), getter(*seldom), tuple(seldom.values())
    short = _encoder_of(usual, lambda value: dict(zip(usual, usual_of(value), strict=True)))
    return lambda value: short(value) if rest_of(value) == defaults else whole(value)


def _encoder_of(parts: Mapping[str, Codec], as_dict: Encoder) -> Encoder:
    texts = [name for name, part in parts.items() if part is SCALARS[str]]
    others = [(name, part[0]) for name, part in parts.items() if part is not SCALARS[str]]
    texts_of = getter(*texts)

    def into(value: Any) -> dict[str, Any]:
        made = as_dict(value)
        "".join(texts_of(value))  # refuses what is no text
        for name, part in others:
            made[name] = part(made[name])
        return made

    return into


def getter(*names: str) -> Callable[[Any], Sequence[Any]]:
    """Gives the values of these attributes, however many; of several it does so without a line of Python."""
    return attrgetter(*names) if len(names) > 1 else lambda thing: [getattr(thing, name) for name in names]


def _encode_float(value: float) -> Any:
    return float(value) if math.isfinite(value) else {"$float": repr(float(value))}


def _decode_float(data: Any) -> float:
    return float(data["$float"] if isinstance(data, dict) else data)


SCALARS: dict[Any, Codec] = {
    str: (str.__str__, from_text),  # refuses what is no text
    int: (int, int),
    bool: (bool, bool),
    float: (_encode_float, _decode_float),
    datetime: (lambda v: to_utc(v).isoformat(), lambda d: to_utc(datetime.fromisoformat(d))),
}

# --- not guided: every value says itself what it is ---------------------------------------------------------------


def encode(value: Any) -> Any:
    """JSON-able form of anything made of JSON, datetimes, tuples, bytes, sets, NumPy scalars and model dataclasses."""
    if value is None or isinstance(value, (str, int)):  # a union of them is made anew each time
        return value
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, Mapping):
        return _encode_mapping({str(k): v for k, v in value.items()})
    if isinstance(value, list):
        return [encode(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f"${type(value).__name__}": to_json(type(value), value)}
    return _encode_rare(value)


def _encode_mapping(value: dict[str, Any]) -> Any:
    body = {k: encode(v) for k, v in value.items()}
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
    return str(value)


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
