"""What of a query needs SQL: words, vendors' values, tags, texts of which there are too many for the arrays.

It is looked up before the rest (`masks.py`), part by part; whom it may be told to is decided there.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lims.catalog.reaching import reached
from lims.catalog.search.fields import MANY, NAMED, SPECIAL, Field, canonical
from lims.catalog.search.grammar import BadQuery, Node, Not, Term, Word
from lims.catalog.search.index import NORMALISED, Index
from lims.catalog.search.kept import NOTHING_YET, Kept, Rows
from lims.catalog.search.matching import Bounds, Parameters, TextTest
from lims.catalog.search.names import Ask, Leaves, Names, Normalised
from lims.catalog.search.times import window_of
from lims.catalog.units import NUMBER as DIGITS
from lims.catalog.units import amount_of
from lims.catalog.where import storable
from lims.catalog.words import LAST, looked_for, side_by_side, spoken, words_of

STATES = ("open", "building", "complete", "attention", "cancelled")
IS = ("raw", "derived", "orphan", "failed", "missing", "blank", *STATES)
HAS = ("preview", "metadata", "session", "companions", "parents", "children", "tag")
HAS_OF_SESSIONS = {
    "notes": "has_notes",
    "project": "project",
    "sample": "sample",
    "reservation": "has_reservation",
    "people": "has_people",
}
OF_DATASETS = """SELECT i."names" AS "doc" FROM {{dataset_then}} d JOIN {{indexed_then}} i ON i."dataset" = d."id"
  WHERE {}"""
OF_SESSIONS = """SELECT s."id" FROM {{session_then}} s LEFT JOIN {{record_then}} r ON r."session" = s."id" WHERE {}"""
FAILED = """SELECT DISTINCT "dataset" AS "id" FROM {step_then} WHERE "state" = 'failed'"""
SETTLED = """SELECT "thing" AS "id" FROM {settlement_then} WHERE "about" = 'home'"""
TAGGED = """SELECT coalesce(r."session", t."thing") AS "id", t."tag" FROM {tag_then} t
  LEFT JOIN {record_then} r ON r."id" = t."thing" ORDER BY 1, 2"""


@dataclass
class Found:
    """What SQL said of one part of the query. docs: each array for itself must name a file; ids: of any things.

    named: ids that a field may hold, of things that are called as was asked.
    """

    docs: list[NDArray[Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)


class LookUp:
    """ask: reads what the principal may see, in SQL."""

    def __init__(self, index: Index, ask: Ask, now: datetime | None = None) -> None:
        self.index, self._ask = index, ask
        self.names = Names(index, ask)
        self.now = now or datetime.now(UTC)
        self.found: dict[Node, Found] = {}

    def all_of(self, node: Node) -> None:
        """Raises BadQuery, for a query that means nothing with the character where."""
        parts = [part for part in dict.fromkeys(_parts_of(node)) if part not in self.found]
        found = self.index.reader.together([partial(self._looked_up, part) for part in parts])
        self.found.update(zip(parts, found, strict=True))

    def _looked_up(self, part: Word | Term) -> Found:
        if isinstance(part, Word):
            return self._words(part)
        name = canonical(part.field)
        if name in SPECIAL:
            return self._special(name, part)
        meaning = self.names.meaning(part.field, part.at)
        if isinstance(meaning, Leaves):
            return self._leaves_found(meaning, part)
        if isinstance(meaning, Normalised):
            return self._normalised_found(meaning, part)
        if meaning.kind == "tag":
            return Found(ids=self._tagged(TextTest.of(part)))
        return self._field_found(meaning, part)

    def _words(self, word: Word) -> Found:
        parts = looked_for(word.text, is_whole=word.is_quoted)
        if not parts:
            raise BadQuery(
                f"{word.text!r} has no letters or digits to look for", word.at, hint="Take it away, or add a word."
            )
        docs = []
        for text, is_beginning in parts:
            condition = '"word" >= ? AND "word" < ?' if is_beginning else '"word" = ?'
            parameters = [text, text + LAST] if is_beginning else [text]
            sql = f'SELECT "doc" FROM {{word_then}} WHERE {condition}'
            rows = self._rows((text, is_beginning), sql, parameters)
            docs.append(self.index.docs(sql, parameters) if rows is None else rows.docs)
        asked = side_by_side(words_of(word.text), is_whole=word.is_quoted)
        return Found(docs, [row["id"] for row in self._tags if asked in spoken([row["tag"]])])

    def _rows(self, what: Hashable, sql: str, parameters: Sequence[Any] = ()) -> Rows | None:
        """Of a table that is only added to; None where they are too many."""

        def read(after: int, most: int) -> pa.Table:
            since, more = ("", []) if after == NOTHING_YET else (' AND "doc" > ?', [after])
            return self.index.columns(f"{sql}{since} LIMIT {most + 1}", [*parameters, *more])

        kept, settled = self._until
        return kept.get(what, read, settled)

    @cached_property
    def _until(self) -> tuple[Kept, int]:
        """What is kept, and up to which document it must reach: of the index at the commit of this thread's tables."""
        self.index.reader.begin()
        with self.index.up_to_date():
            return self.index.kept, self.index.settled

    @cached_property
    def _tags(self) -> list[dict[str, Any]]:
        """All there are: of things by their ids, of a record by its session's."""
        return self.index.rows(TAGGED)

    def _leaves_found(self, meaning: Leaves, term: Term) -> Found:
        compared = self._compared(meaning, term) if term.operator not in ("", "=") else None
        if compared is not None:
            return Found([compared])
        condition, parameters = self.leaves_where(meaning, term)
        # A file has many leaves where many paths are meant: each once, as all of a million files' are 500 MB.
        once = "DISTINCT " if len(meaning.codes) > 1 else ""
        return Found([self.index.docs(f'SELECT {once}"doc" FROM {{leaf_then}} WHERE {condition}', parameters)])

    def _compared(self, meaning: Leaves, term: Term) -> NDArray[Any] | None:
        """By the numbers at the paths, which are kept. None where they are too many."""
        found = []
        for bounds, codes in self._bounds(meaning, term):
            there = f'"path" IN ({listed(codes)}) AND "number" IS NOT NULL'
            rows = self._rows(tuple(codes), f'SELECT "doc", "number" FROM {{leaf_then}} WHERE {there}')
            if rows is None:
                return None
            found.append(rows.docs[bounds.mask(rows.numbers)])
        return np.concatenate(found)

    def leaves_where(self, meaning: Leaves, term: Term) -> tuple[str, dict[str, Any]]:
        """The condition on a leaf, and its parameters.

        Numbers are compared in the unit in which they stand there, and as they stand where none is typed.
        """
        parameters = Parameters()
        conditions = []
        if term.operator in ("", "="):
            text = TextTest.of(term).sql('"text"', parameters)
            conditions.append(f'"path" IN ({listed(meaning.codes)}) AND {text}')
        if term.operator not in ("", "=") or (not term.is_quoted and _is_quantity(term.text)):
            conditions += self._numbers_sql(meaning, term, parameters)
        return " OR ".join(f"({one})" for one in conditions), parameters.values

    def _numbers_sql(self, meaning: Leaves, term: Term, parameters: Parameters) -> list[str]:
        return [
            f'"path" IN ({listed(codes)}) AND {bounds.sql(NUMBER, parameters)}'
            for bounds, codes in self._bounds(meaning, term)
        ]

    @staticmethod
    def _bounds(meaning: Leaves, term: Term) -> list[tuple[Bounds, list[int]]]:
        """In each of the units, with the paths whose values have it. Raises BadQuery where the value fits none."""
        by_unit: dict[str, list[int]] = {}
        for code, unit in meaning.paths:
            by_unit.setdefault(unit, []).append(code)
        found, errors = [], []
        for unit, codes in by_unit.items():
            try:
                found.append((Bounds.of(term, unit), codes))
            except BadQuery as error:
                errors.append(error)
        if not found and term.operator not in ("", "="):
            raise errors[0]
        return found

    def _normalised_found(self, meaning: Normalised, term: Term) -> Found:
        """Nothing, but for texts of which there are too many to be kept."""
        if meaning.unit is not None:
            Bounds.of(term, meaning.unit)
            return Found()
        test = TextTest.of(term)
        with self.index.lock:
            if self.index.normalised(meaning.name)[1] is not None:
                return Found()
        parameters = Parameters()
        sql = NORMALISED.replace("?", parameters.add(meaning.name)) + " AND " + test.sql('"text"', parameters)
        return Found([self.index.docs(sql, parameters.values)])

    def _field_found(self, meaning: Field, term: Term) -> Found:
        if not meaning.in_sql:
            return Found(named=self._named(meaning, TextTest.of(term))) if meaning.name in NAMED else Found()
        test, many = TextTest.of(term), meaning.name in MANY
        named = self._named(meaning, test)

        def condition(text: str, parameters: Parameters) -> str:
            found = test.sql(text, parameters, many=many)
            return f"({found} OR list_has_any({text}, {parameters.add(named)}))" if named else found

        return self._where(meaning, condition)

    def _named(self, meaning: Field, test: TextTest) -> list[str]:
        """The ids of things which are called so."""
        names = self.names_of(meaning.name)
        fitting = set(test.among(names.values()))
        return [one for one, name in names.items() if name in fitting]

    def names_of(self, field: str) -> dict[str, str]:
        """What the things are called whose ids a field holds, by id; nothing of a field that holds none."""
        if field not in NAMED:
            return {}
        table, column = NAMED[field]
        rows = self.index.rows(f'SELECT "id", "{column}" AS "name" FROM {{{table}_then}}')
        return {row["id"]: row["name"] for row in rows}

    def _where(self, meaning: Field, condition: Callable[[str, Parameters], str]) -> Found:
        """The files and sessions for which this holds of a field that is asked in SQL."""
        found = Found()
        if meaning.file:
            parameters = Parameters()
            sql = OF_DATASETS.format(condition(meaning.file, parameters))
            found.docs.append(self.index.docs(sql, parameters.values))
        if meaning.session:
            parameters = Parameters()
            sql = OF_SESSIONS.format(condition(meaning.session, parameters))
            found.ids = self._ids(sql, parameters.values)
        return found

    def _ids(self, sql: str, parameters: Any = None) -> list[str]:
        return [row["id"] for row in self.index.rows(sql, parameters)]

    def _tagged(self, test: TextTest | None) -> list[str]:
        """Things with such a tag, or with any; a record by its session's id."""
        fitting = None if test is None else set(test.among({row["tag"] for row in self._tags}))
        return [row["id"] for row in self._tags if fitting is None or row["tag"] in fitting]

    def _special(self, name: str, term: Term) -> Found:
        if term.operator:
            raise BadQuery(f"{term.field}: takes no {term.operator}", term.at, hint=f"Write {term.field}:{term.text}.")
        if name == "derived-from":
            found = reached(self._ask, [storable(term.text)], "input")
            return Found(ids=[one for one in found if one != term.text])
        if name == "is":
            return self._is_found(term)
        if name == "has":
            return self._has_found(term)
        window_of(term.text, at=term.value_at, now=self.now)
        return Found()

    def _is_found(self, term: Term) -> Found:
        word = term.text.lower()
        if word not in IS:
            near = get_close_matches(word, IS, n=1)
            meant = f"Did you mean is:{near[0]}? " if near else ""
            raise BadQuery(f"Nothing is {term.text!r}", term.value_at, hint=f"{meant}Known are: {', '.join(IS)}.")
        sql = {"failed": FAILED, "orphan": SETTLED}.get(word)
        return Found(ids=self._ids(sql)) if sql else Found()

    def _has_found(self, term: Term) -> Found:
        word = canonical(term.text)
        if word == "tag":
            return Found(ids=self._tagged(None))
        if word in ("parents", "children"):
            end = "output" if word == "parents" else "input"
            return Found(ids=[row["id"] for row in self._ask(f'SELECT DISTINCT "{end}" AS "id" FROM relation')])
        if word in HAS or word in HAS_OF_SESSIONS:
            return Found()
        meaning = self.names.meaning(term.text, term.value_at)
        if isinstance(meaning, Leaves):
            return Found([self.index.docs(with_paths(meaning.codes))])
        if isinstance(meaning, Field) and meaning.in_sql:
            empty = "len({}) = 0" if meaning.name in MANY else "{} = ''"
            return self._where(meaning, lambda text, _: f"NOT ({empty.format(text)})")
        return Found()


NUMBER = '"number"'
_QUANTITY = re.compile(DIGITS)


def wanted(node: Node) -> Iterator[Word | Term]:
    """What a result may have, and nothing that it must not."""
    if isinstance(node, Word | Term):
        yield node
    elif not isinstance(node, Not):
        for one in node.nodes:
            yield from wanted(one)


def _parts_of(node: Node) -> Iterator[Word | Term]:
    if isinstance(node, Word | Term):
        yield node
    elif isinstance(node, Not):
        yield from _parts_of(node.node)
    else:
        for one in node.nodes:
            yield from _parts_of(one)


def with_paths(codes: list[int]) -> str:
    """SQL for the documents that have a leaf at one of these paths."""
    return f'SELECT "doc" FROM {{leaf_then}} WHERE "path" IN ({listed(codes)})'


def listed(codes: list[int]) -> str:
    return ", ".join(map(str, codes))


def _is_quantity(text: str) -> bool:
    return bool(_QUANTITY.fullmatch(text.strip())) or amount_of(text) is not None
