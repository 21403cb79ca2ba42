"""A vendor's tree as rows that can be searched: one per leaf, named by its dotted path."""

import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lims.catalog import codec
from lims.model import Value

TEXT_LIMIT = 2_000
HAYSTACK_LIMIT = 100_000
Leaf = tuple[str, str, float | None]


def leaves_of(tree: Mapping[str, Any]) -> Iterator[Leaf]:
    """(path, text, number or None) for each leaf. A list of scalars is one leaf; in a list of trees, position names."""
    yield from _walk("", tree)


def _walk(path: str, value: Any) -> Iterator[Leaf]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in value):
        for position, item in enumerate(value):
            yield from _walk(f"{path}.{position}", item)
    elif isinstance(value, list | tuple):
        yield codec.to_text(path), _joined(value), _only_number(value)
    else:
        yield codec.to_text(path), text_of(value), number_of(value)


def _joined(values: list[Any] | tuple[Any, ...]) -> str:
    """A calibration curve of a million numbers is not what anybody searches by text."""
    return " ".join(text_of(value) for value in values[:100])[:TEXT_LIMIT]


def _only_number(values: list[Any] | tuple[Any, ...]) -> float | None:
    return number_of(values[0]) if len(values) == 1 else None


def text_of(value: Any) -> str:
    return "" if value is None else codec.to_text(str(value))[:TEXT_LIMIT].replace("\x00", "")


def number_of(value: Any) -> float | None:
    """Vendors write numbers as texts too ("200000.0"): both can be compared. None for what is not a finite number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def fold(text: str) -> str:
    """Text as it is compared: lower case, without accents. The same as strip_accents(lower(…)) in SQL."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(part for part in parts if unicodedata.category(part) != "Mn"))


def haystack_of(leaves: Iterable[Leaf]) -> str:
    """All different texts among the leaves, folded: what free text is looked for in."""
    texts = dict.fromkeys(text for _, text, number in leaves if text and number is None)
    return fold(" ".join(texts))[:HAYSTACK_LIMIT]


def normalised_rows(dataset_id: str, normalised: Mapping[str, Value]) -> list[tuple[Any, ...]]:
    return [
        (dataset_id, name, text_of(value.value), number_of(value.value), value.unit)
        for name, value in normalised.items()
    ]
