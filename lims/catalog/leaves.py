"""A vendor's tree as it is kept: whole as JSON, as rows that can be searched, one per leaf, and as its words.

Each tree is walked once, as this is most of the work of a large import.
"""

import math
import re
import unicodedata
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from types import NoneType
from typing import Any, NamedTuple

from lims.catalog import codec
from lims.catalog.sequences import Coded, Lexicon, Numbers
from lims.catalog.units import amount_of, unit_in_name
from lims.catalog.words import kept_of
from lims.model import Dataset

TEXT_LIMIT = 2_000
MOST_WORDS = 5_000
"""Of one tree."""
Leaf = tuple[str, str, float | None]


class Said(NamedTuple):
    """What is kept of a value: its text, its number or NaN, the number's unit, the text's words by their codes."""

    text: str
    number: float
    unit: str
    words: tuple[int, ...]


_OF_JSON = frozenset({str, int, float, bool, NoneType})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_UNKNOWN = math.nan
Place = tuple[str, str]
"""A dotted path in trees, and the unit of the numbers there: as its name or the value tells it, else ""."""


class Path(dict[str, "Path"]):
    """One path. What lies below it is put together once: thousands of files share their paths."""

    __slots__ = ("_in_units", "code", "places", "text")

    def __init__(self, places: list[Place], text: str = "", name: str = "") -> None:
        """places: of all paths; code: one's own there."""
        super().__init__()
        self.text, self.places, self.code = text, places, len(places)
        self._in_units: dict[str, int] = {}
        places.append((text, unit_in_name(name)))

    def __missing__(self, key: str) -> "Path":
        below = self[key] = Path(self.places, codec.to_text(f"{self.text}.{key}" if self.text else key), key)
        return below

    def in_unit(self, unit: str) -> int:
        """The code of this path with numbers in another unit than its name says."""
        if unit not in self._in_units:
            self._in_units[unit] = len(self.places)
            self.places.append((self.text, unit))
        return self._in_units[unit]


class Vocabulary(Lexicon):
    """The words of a batch, each with its code."""

    def codes_of(self, text: str) -> tuple[int, ...]:
        return tuple([self[word] for word in kept_of(text)])


class _Texts(dict[str, tuple[int, ...]]):
    """The codes of texts that were met: files of one day lie in the same folders."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, text: str) -> tuple[int, ...]:
        found = self[text] = self._vocabulary.codes_of(text)
        return found


class Known(dict[Any, Said]):
    """What is kept of values of one type, found out once: files of one microscope say much the same."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, value: Any) -> Said:
        found = self[value] = said_of(value, self._vocabulary)
        return found


class Words:
    """Rows of the table `word`: under which numbers a word stands."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self.words = Coded(self.vocabulary.texts)
        self.docs = array("q")
        self._known = _Texts(self.vocabulary)

    @property
    def columns(self) -> tuple[Sequence[Any], ...]:
        return self.words, self.docs

    def codes_of(self, texts: Iterable[str]) -> set[int]:
        return {code for text in texts if text for code in self._known[text]}

    def add(self, doc: int, codes: set[int]) -> None:
        kept = sorted(codes)[:MOST_WORDS] if len(codes) > MOST_WORDS else codes
        self.words.codes.extend(kept)
        self.docs.extend(repeat(doc, len(kept)))


class Trees:
    """Many trees' leaves as columns. A list of scalars is one leaf; in a list of trees, position names.

    Of a number with a fraction no text is kept: what `relations.py` makes of the number is the same.
    """

    def __init__(self, words: Words | None = None) -> None:
        self.places: list[Place] = []
        self.codes, self.docs = array("i"), array("q")
        self.texts: list[str | None] = []
        self.numbers = Numbers()
        self.words = words or Words()
        self._root = Path(self.places)
        self._texts, self._wholes = Known(self.words.vocabulary), Known(self.words.vocabulary)

    @property
    def used(self) -> list[Place]:
        """The places at which there is a leaf."""
        return [self.places[code] for code in set(self.codes)]

    def columns(self, codes: Mapping[Place, int]) -> tuple[Sequence[Any], ...]:
        """Of the table `leaf`. codes: the number each place is stored under."""
        stored = [codes.get(place, 0) for place in self.places]
        return array("q", map(stored.__getitem__, self.codes)), self.docs, self.texts, self.numbers

    def _begin(self) -> None:
        """What is found in one tree: fractions, and all else; the codes of their paths; whether it is plain JSON."""
        self._floats: list[float] = []
        self._float_keys: list[int] = []
        self._said: list[Said] = []
        self._said_keys: list[int] = []
        self._streams = self._float_keys, self._floats, self._said_keys, self._said, self._texts, self._wholes
        self._is_json = True

    def add(self, doc: int, tree: Mapping[str, Any]) -> str:
        """Returns the tree as JSON."""
        self._begin()
        self._walk_tree(tree, self._root)
        if not math.isfinite(sum(self._floats)):
            self._set_apart_what_is_not_finite()
        texts, numbers, _, words = zip(*self._said, strict=True) if self._said else ((), (), (), ())
        self.docs.extend(repeat(doc, len(self._said) + len(self._floats)))
        self.codes.extend(self._said_keys)
        self.codes.extend(self._float_keys)
        self.texts.extend(texts)
        self.texts.extend(repeat(None, len(self._floats)))
        self.numbers.values.extend(numbers)
        self.numbers.values.extend(self._floats)
        self.words.add(doc, set().union(*words))
        return codec.dumps(tree if self._is_json else codec.encode(tree))

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
                self._say(key, self._said_of(value))

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
                found = texts[value]
                said_keys.append(below.in_unit(found.unit) if found.unit else below.code)
                said.append(found)
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
            self._say(path.code, self._said_of(value))

    def _walk_list(self, values: Sequence[Any], path: Path) -> None:
        kinds = set(map(type, values))
        self._is_json &= type(values) is list
        if any(issubclass(kind, Mapping | list | tuple) for kind in kinds):
            for position, item in enumerate(values):
                self._walk(item, path[str(position)])
        else:
            self._is_json &= kinds <= _OF_JSON and (float not in kinds or all(map(_is_json, values)))
            said = self._said_of(values[0]) if len(values) == 1 else self._word_of(_joined(values))
            self._say(path.code, said)

    def _say(self, key: int, said: Said) -> None:
        self._said_keys.append(key)
        self._said.append(said)

    def _word_of(self, text: str) -> Said:
        return Said(text, _UNKNOWN, "", self.words.vocabulary.codes_of(text))

    def _said_of(self, value: Any) -> Said:
        return said_of(value, self.words.vocabulary)


def leaves_of(tree: Mapping[str, Any]) -> list[Leaf]:
    """(path, text, number or None) for each leaf."""
    trees = Trees()
    trees.add(0, tree)
    leaves = zip(trees.codes, trees.texts, trees.numbers, strict=True)
    return [(trees.places[code][0], repr(number) if text is None else text, number) for code, text, number in leaves]


def _is_json(value: Any) -> bool:
    """Whether JSON has a word for this scalar."""
    return type(value) in _OF_JSON and (type(value) is not float or math.isfinite(value))


def said_of(value: Any, vocabulary: Vocabulary) -> Said:
    text, number = text_of(value), number_of(value)
    if number is not None:
        return Said(text, number, "", ())
    amount = amount_of(text) if isinstance(value, str) else None
    return Said(text, *(amount or (_UNKNOWN, "")), vocabulary.codes_of(text))


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


def texts_of(one: Dataset) -> list[str]:
    """What is looked for as words of a dataset itself: its names, its format, its normalised texts."""
    said = [value.value for value in one.normalised.values() if isinstance(value.value, str)]
    return [part for key in (one.key, *one.companions) for part in key.split("/")] + [one.format, *said]


def says_the_same(one: Dataset, other: Dataset) -> bool:
    """Whether both are found by the same words and values."""
    return one.normalised == other.normalised and texts_of(one) == texts_of(other)


def normalised_columns(docs: Sequence[int], datasets: Iterable[Dataset]) -> tuple[list[Any], ...]:
    """The normalised values of all, in the columns of their table. docs: the number of each one's names."""
    columns: tuple[list[Any], ...] = ([], [], [], [], [])
    fields, numbers_of_docs, texts, numbers, units = columns
    for doc, one in zip(docs, datasets, strict=True):
        fields.extend(one.normalised)
        numbers_of_docs.extend(repeat(doc, len(one.normalised)))
        for value in one.normalised.values():
            texts.append(text_of(value.value))
            numbers.append(number_of(value.value))
            units.append(value.unit)
    return columns
