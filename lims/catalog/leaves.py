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
from lims.catalog.sequences import Coded, Numbers
from lims.model import Dataset

TEXT_LIMIT = 2_000
HAYSTACK_LIMIT = 100_000
Leaf = tuple[str, str, float | None]
Said = tuple[str, float, str]
"""What is kept of a value: its text, its number or NaN, the text again where it is a word."""

_OF_JSON = frozenset({str, int, float, bool, NoneType})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_UNKNOWN = math.nan


class Path(dict[str, "Path"]):
    """A dotted path in trees. What lies below it is put together once: thousands of files share their paths."""

    __slots__ = ("code", "text", "texts")

    def __init__(self, texts: list[str], text: str = "") -> None:
        """texts: of all paths; code: one's place there."""
        super().__init__()
        self.text, self.texts, self.code = text, texts, len(texts)
        texts.append(text)

    def __missing__(self, key: str) -> "Path":
        below = self[key] = Path(self.texts, codec.to_text(f"{self.text}.{key}" if self.text else key))
        return below


class Known(dict[Any, Said]):
    """What is kept of values of one type, found out once: files of one microscope say much the same."""

    def __missing__(self, value: Any) -> Said:
        found = self[value] = said_of(value)
        return found


class Trees:
    """Many trees' leaves as columns. A list of scalars is one leaf; in a list of trees, position names.

    Of a number with a fraction no text is kept: what `relations.py` makes of the number is the same.
    """

    def __init__(self) -> None:
        self.datasets, self.keys = Coded([]), Coded([])
        self.texts: list[str | None] = []
        self.numbers = Numbers()
        self._root = Path(self.keys.words)
        self._texts, self._wholes = Known(), Known()

    @property
    def columns(self) -> tuple[Sequence[Any], ...]:
        return self.datasets, self.keys, self.texts, self.numbers

    def _begin(self) -> None:
        """What is found in one tree: fractions, and all else; the numbers of their paths; whether it is plain JSON."""
        self._floats: list[float] = []
        self._float_keys: list[int] = []
        self._said: list[Said] = []
        self._said_keys: list[int] = []
        self._streams = self._float_keys, self._floats, self._said_keys, self._said, self._texts, self._wholes
        self._is_json = True

    def add(self, dataset_id: str, tree: Mapping[str, Any]) -> tuple[str, str]:
        """Returns the tree as JSON, and the text in which free text is looked for."""
        self._begin()
        self._walk_tree(tree, self._root)
        if not math.isfinite(sum(self._floats)):
            self._set_apart_what_is_not_finite()
        texts, numbers, words = zip(*self._said, strict=True) if self._said else ((), (), ())
        self.datasets.add(dataset_id, len(self._said) + len(self._floats))
        self.keys.codes.extend([*self._said_keys, *self._float_keys])
        self.texts.extend([*texts, *repeat(None, len(self._floats))])
        self.numbers.values.extend([*numbers, *self._floats])
        return codec.dumps(tree if self._is_json else codec.encode(tree)), haystack_of(filter(None, words))

    def _set_apart_what_is_not_finite(self) -> None:
        """JSON has no word for it, and nobody compares with it; it is kept as a text."""
        found = [*zip(self._float_keys, self._floats, strict=True)]
        self._float_keys, self._floats = [], []
        for key, value in found:
            if math.isfinite(value):
                self._float_keys.append(key)
                self._floats.append(value)
            else:
                self._is_json = False
                self._say(key, said_of(value))

    def _walk_tree(self, tree: Mapping[Any, Any], path: Path) -> None:
        """What most leaves are is done right here, as a call for each takes longer than all the rest."""
        if len(tree) == 1 or type(tree) is not dict:
            self._is_json &= type(tree) is dict and not str(next(iter(tree), "")).startswith("$")
        float_keys, floats, said_keys, said, texts, wholes = self._streams
        for key, value in tree.items():
            kind = type(value)
            if type(key) is not str:
                key, self._is_json = str(key), False  # noqa: PLW2901
            below = path[key]
            if kind is float:
                float_keys.append(below.code)
                floats.append(value)
            elif kind is str:
                said_keys.append(below.code)
                said.append(texts[value])
            elif kind is dict:
                self._walk_tree(value, below)
            elif kind is int:
                said_keys.append(below.code)
                said.append(wholes[value])
            else:
                self._walk(value, below)

    def _walk(self, value: Any, path: Path) -> None:
        if isinstance(value, Mapping):
            self._walk_tree(value, path)
        elif isinstance(value, list | tuple):
            self._walk_list(value, path)
        else:
            self._is_json &= _is_json(value)
            self._say(path.code, said_of(value))

    def _walk_list(self, values: Sequence[Any], path: Path) -> None:
        kinds = set(map(type, values))
        self._is_json &= type(values) is list
        if any(issubclass(kind, Mapping | list | tuple) for kind in kinds):
            for position, item in enumerate(values):
                self._walk(item, path[str(position)])
        else:
            self._is_json &= kinds <= _OF_JSON and (float not in kinds or all(map(_is_json, values)))
            text = _joined(values)
            self._say(path.code, said_of(values[0]) if len(values) == 1 else (text, _UNKNOWN, text))

    def _say(self, key: int, said: Said) -> None:
        self._said_keys.append(key)
        self._said.append(said)


def leaves_of(tree: Mapping[str, Any]) -> list[Leaf]:
    """(path, text, number or None) for each leaf."""
    trees = Trees()
    trees.add("", tree)
    leaves = zip(trees.keys, trees.texts, trees.numbers, strict=True)
    return [(key, repr(number) if text is None else text, number) for key, text, number in leaves]


def _is_json(value: Any) -> bool:
    """Whether JSON has a word for this scalar."""
    return type(value) in _OF_JSON and (type(value) is not float or math.isfinite(value))


def said_of(value: Any) -> Said:
    text, number = text_of(value), number_of(value)
    return (text, _UNKNOWN, text) if number is None else (text, number, "")


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
