"""Did you mean: a query that finds nothing, with what is nowhere replaced by the nearest that is somewhere."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import numpy as np

from lims.catalog import codec
from lims.catalog.leaves import fold
from lims.catalog.search.counting import Choices
from lims.catalog.search.fields import SPECIAL, Field, canonical
from lims.catalog.search.finding import Finding
from lims.catalog.search.grammar import Node, Term, Word
from lims.catalog.search.index import Index
from lims.catalog.search.lens import Lens, lens_of
from lims.catalog.search.looking_up import LookUp, wanted
from lims.catalog.search.masks import Masks
from lims.catalog.search.names import Ask, Normalised
from lims.catalog.words import LAST, TOKEN, words_of
from lims.model import Principal

NEAR_WORDS = """SELECT "word" FROM (SELECT DISTINCT "word" FROM {word_then} WHERE "word" >= ? AND "word" < ?
    AND length("word") BETWEEN ? AND ? AND NOT contains("word", ' '))
  WHERE damerau_levenshtein("word", ?) <= ? ORDER BY damerau_levenshtein("word", ?), "word" LIMIT 20"""
NEAR, VALUES = 0.7, 0.6
"""How alike a word, and a value, must be."""
PLAIN = re.compile(r'[^\s()"<>=-][^\s()"]*')
MOST_WORDS = 4
Part = Word | Term


def suggestion(index: Index, principal: Principal, ask: Ask, query: str, finding: Finding) -> str:
    """A query that finds something, or "". Of what the principal does not see it tells nothing."""
    looked_up = finding.looked_up
    near: dict[Part, str] = {}
    choices = Choices(index, looked_up.names)
    parts = [one for one in wanted(finding.node) if _can_be_meant(one, looked_up)]
    words: dict[str, list[str]] = {}
    called = {one: looked_up.names_of(canonical(one.field)) for one in parts if isinstance(one, Term)}
    for one in parts:
        if isinstance(one, Term):
            choices.look_up(one.field)
            continue
        for part in _single(one):
            words[part.text] = _near_words(index, part.text)
            looked_up.all_of(part)
    with index.up_to_date():
        lens = lens_of(index, principal, ask)
        masks = Masks(lens, looked_up)
        for one in parts:
            if _finds(lens, masks, one):
                continue
            if isinstance(one, Word):
                meant = _words(lens, masks, one, words)
            else:
                meant = _value(lens, one, choices, called[one])
            if meant and fold(meant) != fold(one.text):
                near[one] = meant
    corrected = _replaced(query, near)
    return corrected if near and _is_good(index, principal, ask, corrected) else ""


def _can_be_meant(part: Part, looked_up: LookUp) -> bool:
    if isinstance(part, Word):
        return not part.is_quoted and len(words_of(part.text)) <= MOST_WORDS
    if part.operator not in ("", "=") or canonical(part.field) in SPECIAL:
        return False
    meaning = looked_up.names.meaning(part.field, part.at)
    if isinstance(meaning, Field):
        return meaning.kind in ("text", "tag") and meaning.name not in ("id", "sha256", "session", "record")
    return not isinstance(meaning, Normalised) or meaning.unit is None


def _finds(lens: Lens, masks: Masks, node: Node) -> bool:
    return bool((masks.on_files(node) & lens.files).any() or (masks.on_records(node) & lens.records).any())


def _single(typed: Word) -> list[Word]:
    """Its words one by one: whole, but for the last."""
    words = words_of(typed.text)
    return [Word(word, typed.at, is_quoted=place < len(words)) for place, word in enumerate(words, 1)]


def _near_words(index: Index, word: str) -> list[str]:
    most = 1 if len(word) < 5 else 2  # of "ctem" one letter may be another, of "difraction" two
    asked = [word[0], word[0] + LAST, len(word) - most, len(word) + most + 1, word, most, word]
    return [row["word"] for row in index.rows(NEAR_WORDS, asked)]


def _words(lens: Lens, masks: Masks, typed: Word, near: dict[str, list[str]]) -> str:
    """`Fe-17_4PX` with each word that finds nothing replaced; "" where one has none that is near."""
    meant: dict[str, str] = {}
    for part in _single(typed):
        word = part.text
        found = word if _finds(lens, masks, part) else _nearest(word, _seen(lens, near[word]), NEAR)
        if not found:
            return ""
        meant[word] = found
    return TOKEN.sub(lambda one: "".join(map(meant.__getitem__, words_of(one.group()))), typed.text)


def _seen(lens: Lens, near: list[str]) -> set[str]:
    """Those of these words, and of all that was said of sessions, that the principal sees."""
    index = lens.index
    seen = index.told.words_in(np.flatnonzero(lens.sessions).tolist())
    if near:
        rows = index.columns('SELECT "word", "doc" FROM {word_then} WHERE "word" IN (SELECT unnest(?))', [near])
        there = lens.files[index.slots_of_docs(rows["doc"].to_numpy())]
        seen |= set(rows["word"].to_numpy()[there].tolist())
    return seen


def _value(lens: Lens, term: Term, choices: Choices, called: Mapping[str, str]) -> str:
    values = [codec.from_text(one) for one in choices.choice(term.field, lens).values(lens.files, lens.records)]
    values += [codec.from_text(name) for one, name in called.items() if name and one in values]
    return _nearest(term.text, values, VALUES)


def _nearest(text: str, among: Iterable[str], cutoff: float) -> str:
    """One that holds the text, or is like it, or of which a word is."""
    asked = fold(text.replace("*", ""))
    by_form: dict[str, str] = {}
    for value in among:
        for form in (value, *words_of(value)):
            by_form.setdefault(fold(form), value)
    holding = min((form for form in by_form if asked and asked in form), key=len, default="")
    near = [holding] if holding else get_close_matches(asked, by_form, n=1, cutoff=cutoff)
    return by_form[near[0]] if near else ""


def _replaced(query: str, near: dict[Part, str]) -> str:
    for part in sorted(near, key=lambda one: one.at, reverse=True):
        begin = part.at if isinstance(part, Word) else part.value_at
        end = begin + (len(part.text) if query[begin] != '"' else len(_quoted(part.text)))
        value = near[part] if PLAIN.fullmatch(near[part]) else _quoted(near[part])
        query = query[:begin] + value + query[end:]
    return query


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_good(index: Index, principal: Principal, ask: Ask, query: str) -> bool:
    finding = Finding(index, ask, query, kind=None, sort="newest", filters={})
    with index.up_to_date():
        files, records, _ = finding.found(lens_of(index, principal, ask))
    return bool(files.any() or records.any())
