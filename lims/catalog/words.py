"""Words: what free text is looked for by. A text is its words, in lower case, without accents and punctuation.

What is kept of a text are its words and its pairs of neighbours ("grain", "boundary", "grain boundary"), so a phrase is
found without looking at the text again: one of three words is found where its first two and its last two stand side by
side. Words of different values are no neighbours.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

TOKEN = re.compile(r"[^\W_]+")
LONGEST = 100
"""Of one word so many letters are kept; texts of a base64 thumbnail are not what anybody looks for."""
MOST = 300
"""Of one text so many words are kept."""
LAST = "\U0010ffff"
"""Sorts after whatever begins with the same letters."""


def words_of(text: str) -> list[str]:
    """`Fe-17_4PH_003.dm3`: fe, 17, 4ph, 003, dm3. `Å`, `µ`, `₄` are found as a, μ, 4."""
    return [word[:LONGEST] for word in TOKEN.findall(plain(text))[:MOST]]


def plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def kept_of(text: str) -> list[str]:
    """The words and the pairs of one text."""
    words = words_of(text)
    return words + _pairs(words)


def spoken(texts: Iterable[str]) -> str:
    """Texts in one, in which a word is found behind a blank, and a phrase between two; a bar keeps texts apart."""
    return "".join(f" {' '.join(words_of(text))} |" for text in texts if text)


def side_by_side(words: list[str], *, is_whole: bool) -> str:
    """As words must stand in what `spoken` made."""
    return f" {' '.join(words)}{' ' if is_whole else ''}"


def looked_for(text: str, *, is_whole: bool) -> list[tuple[str, bool]]:
    """What must all be there for a text to be found: (word or pair, whether something may follow it).

    is_whole: the last word is whole, and not the beginning of one, as of somebody who still types. Empty where the text
    has no words.
    """
    words = words_of(text)
    if len(words) == 1:
        return [(words[0], not is_whole)]
    pairs = _pairs(words)
    return [(pair, False) for pair in pairs[:-1]] + [(pair, not is_whole) for pair in pairs[-1:]]


def _pairs(words: list[str]) -> list[str]:
    return [f"{one} {other}" for one, other in pairwise(words)]
