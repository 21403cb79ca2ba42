"""A vendor's tree as it is kept: whole as JSON, as rows that can be searched, one per leaf, and as one text.

Each tree is walked once, as this is most of the work of a large import.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from types import NoneType
from typing import Any

from lims.catalog import codec
from lims.model import Dataset

TEXT_LIMIT = 2_000
HAYSTACK_LIMIT = 100_000
Leaf = tuple[str, str, float | None]

_OF_JSON = frozenset({str, int, float, bool, NoneType})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


class Path(dict[Any, "Path"]):
    """A dotted path in trees. What lies below it is put together once: thousands of files share their paths."""

    __slots__ = ("text",)

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.text = text

    def __missing__(self, key: str) -> "Path":
        below = self[key] = Path(codec.to_text(f"{self.text}.{key}" if self.text else key))
        return below


class Texts(dict[str, tuple[str, float | None]]):
    """What is kept of a text, found out once: files of one microscope say much the same."""

    def __missing__(self, text: str) -> tuple[str, float | None]:
        found = self[text] = text_of(text), number_of(text)
        return found


class Trees:
    """Many trees' leaves as columns. A list of scalars is one leaf; in a list of trees, position names."""

    def __init__(self) -> None:
        self.datasets: list[str] = []
        self.keys: list[str] = []
        self.texts: list[str] = []
        self.numbers: list[float | None] = []
        self._root, self._known = Path(), Texts()
        self._words: list[str] = []
        self._is_json = True

    def add(self, dataset_id: str, tree: Mapping[str, Any]) -> tuple[str, str]:
        """Returns the tree as JSON, and the text in which free text is looked for."""
        self._words, self._is_json = [], True
        self._walk_tree(tree, self._root)
        self.datasets.extend(repeat(dataset_id, len(self.keys) - len(self.datasets)))
        return codec.dumps(tree if self._is_json else codec.encode(tree)), haystack_of(self._words)

    def _walk_tree(self, tree: Mapping[str, Any], path: Path) -> None:
        """What most leaves are is done right here, as a call for each takes longer than all the rest."""
        if len(tree) == 1 or type(tree) is not dict:
            self._is_json &= type(tree) is dict and not str(next(iter(tree))).startswith("$")
        for key, value in tree.items():
            kind = type(value)
            if type(key) is not str:
                key, self._is_json = str(key), False  # noqa: PLW2901
            below = path[key]
            if kind is dict:
                self._walk_tree(value, below)
            elif kind is float and math.isfinite(value):
                self.keys.append(below.text)
                self.texts.append(repr(value))
                self.numbers.append(value)
            elif kind is str:
                text, number = self._known[value]
                self.keys.append(below.text)
                self.texts.append(text)
                self.numbers.append(number)
                if number is None and text:
                    self._words.append(text)
            else:
                self._walk(value, below)

    def _walk(self, value: Any, path: Path) -> None:
        if isinstance(value, Mapping):
            self._walk_tree(value, path)
        elif isinstance(value, list | tuple):
            self._walk_list(value, path)
        else:
            self._is_json &= _is_json(value)
            self._leaf(path, text_of(value), number_of(value))

    def _walk_list(self, values: Sequence[Any], path: Path) -> None:
        kinds = set(map(type, values))
        self._is_json &= type(values) is list
        if any(issubclass(kind, Mapping | list | tuple) for kind in kinds):
            for position, item in enumerate(values):
                self._walk(item, path[str(position)])
        else:
            self._is_json &= kinds <= _OF_JSON and (float not in kinds or all(map(_is_json, values)))
            self._leaf(path, _joined(values), number_of(values[0]) if len(values) == 1 else None)

    def _leaf(self, path: Path, text: str, number: float | None) -> None:
        self.keys.append(path.text)
        self.texts.append(text)
        self.numbers.append(number)
        if number is None and text:
            self._words.append(text)


def leaves_of(tree: Mapping[str, Any]) -> list[Leaf]:
    """(path, text, number or None) for each leaf."""
    trees = Trees()
    trees.add("", tree)
    return list(zip(trees.keys, trees.texts, trees.numbers, strict=True))


def _is_json(value: Any) -> bool:
    """Whether JSON has a word for this scalar."""
    return type(value) in _OF_JSON and (type(value) is not float or math.isfinite(value))


def _joined(values: Sequence[Any]) -> str:
    """A calibration curve of a million numbers is not what anybody searches by text."""
    return " ".join(text_of(value) for value in values[:100])[:TEXT_LIMIT]


def text_of(value: Any) -> str:
    if type(value) is str and value.isascii() and len(value) <= TEXT_LIMIT and "\x00" not in value:
        return value
    return "" if value is None else codec.to_text(str(value))[:TEXT_LIMIT].replace("\x00", "")


def number_of(value: Any) -> float | None:
    """Vendors write numbers as texts too ("200000.0"): both can be compared. None for what is not a finite number."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str) and value[:1] > "9" and value.isascii():
        return None  # a word or "inf": sooner than by the error below
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
    return unicodedata.normalize("NFC", _NOT_ASCII.sub(_without_marks, parts))


def _without_marks(letters: re.Match[str]) -> str:
    return "".join(letter for letter in letters[0] if unicodedata.category(letter) != "Mn")


def haystack_of(texts: Iterable[str]) -> str:
    """All different texts, folded: what free text is looked for in."""
    return fold(" ".join(dict.fromkeys(texts)))[:HAYSTACK_LIMIT]


def normalised_columns(datasets: Iterable[Dataset]) -> tuple[list[Any], ...]:
    """The normalised values of all, in the columns of their table."""
    columns: tuple[list[Any], ...] = ([], [], [], [], [])
    ids, fields, texts, numbers, units = columns
    for one in datasets:
        ids.extend(repeat(one.id, len(one.normalised)))
        fields.extend(one.normalised)
        for value in one.normalised.values():
            texts.append(text_of(value.value))
            numbers.append(number_of(value.value))
            units.append(value.unit)
    return columns
