"""What of a result was asked for, and where it stands: in its names, its session, its values, its vendor's tree.

Only of results that are shown. Vendors' trees are read last, and only of results in which a word is nowhere else.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from lims.catalog import codec
from lims.catalog.leaves import leaves_of, number_of, text_of
from lims.catalog.search.fields import SPECIAL, canonical
from lims.catalog.search.grammar import Node, Term, Word
from lims.catalog.search.hits import Draft
from lims.catalog.search.index import OF_TOLD, values_of
from lims.catalog.search.lens import Lens
from lims.catalog.search.looking_up import TAGGED, LookUp, wanted
from lims.catalog.search.masks import Masks
from lims.catalog.search.matching import TextTest
from lims.catalog.search.names import Leaves, Normalised
from lims.catalog.search.paging import Place
from lims.catalog.search.shelf import NO_TIME
from lims.catalog.units import compact
from lims.catalog.words import TOKEN, words_of
from lims.model import Highlight

MOST, MOST_A_PART = 6, 2
"""Of one result, and of one part of the query in it."""
MOST_DOCUMENTS = 100
SHORT, AROUND = 160, 60
"""Of a longer text so many letters are shown before and after what matches."""
FILES = """SELECT "id", regexp_extract("key", '[^/]*$') AS "name", "key", "companions", "format"
  FROM {dataset_then} WHERE "id" IN ($ids)"""
VALUES = 'SELECT "id", "normalised" FROM {dataset_then} WHERE "id" IN ($ids)'
SESSIONS = f"""SELECT s."id", coalesce(nullif(r."title", ''), s."title") AS "title", s."notes", n."texts" AS "note",
    s."user", s."operator", s."people", s."project", j."title" AS "project title", s."sample",
    m."title" AS "sample title", s."instrument", i."name" AS "instrument name", v."title" AS "reservation"
  {OF_TOLD} WHERE s."id" IN ($ids)"""
LEAVES = """SELECT l."doc", p."key" AS "where", l."text"
  FROM (SELECT "doc", "path", "text" FROM {{leaf_then}} WHERE ({}) AND "doc" IN ({})) l
  JOIN {{path_then}} p ON p."code" = l."path" ORDER BY 1, 2"""
DOCUMENTS = 'SELECT "doc", "metadata" FROM {document_then} WHERE "doc" IN ($ids)'
Part = Word | Term
Said = tuple[str, str]
"""(where, what stands there)"""


@dataclass(frozen=True)
class Subject:
    """A file that has a part of the query: a result, or a witness for a record. tree: its document, if any."""

    id: str
    tree: int | None


class Highlighting:
    """Made for one page, with the index's lock held."""

    def __init__(
        self, lens: Lens, looked_up: LookUp, node: Node, found: Sequence[Place], drafts: Sequence[Draft]
    ) -> None:
        masks = Masks(lens, looked_up)
        self._index, self._looked_up, self._drafts = lens.index, looked_up, drafts
        self._parts = list(dict.fromkeys(wanted(node)))
        self._subjects: list[dict[Part, Subject | None]] = [{} for _ in found]
        trees = lens.index.files["tree"]

        def subject(slot: int) -> Subject:
            return Subject(lens.index.files.id_of(slot), None if trees[slot] == NO_TIME else int(trees[slot]))

        for part in self._parts:
            files, records = masks.on_files(part), masks.on_records(part)
            witnesses = self._witnesses(lens, masks, part) if any(one.is_record for one in found) else {}
            for place, subjects in zip(found, self._subjects, strict=True):
                if place.is_record and records[place.slot]:
                    subjects[part] = subject(witnesses[place.slot]) if place.slot in witnesses else None
                elif not place.is_record and files[place.slot]:
                    subjects[part] = subject(place.slot)

    @staticmethod
    def _witnesses(lens: Lens, masks: Masks, part: Part) -> dict[int, int]:
        """Of each session one file that has the part itself."""
        own = masks.own_words(part) if isinstance(part, Word) else masks.on_files(part)
        slots = np.flatnonzero(own & lens.files)
        sessions, first = np.unique(lens.session[slots], return_index=True)
        return dict(zip(sessions.tolist(), slots[first].tolist(), strict=True))

    # --- without the lock ----------------------------------------------------------------------------------------

    def read(self) -> list[tuple[Highlight, ...]]:
        """Of each result, in their order."""
        self._read_texts()
        found: list[list[Highlight]] = [[] for _ in self._drafts]
        for part in self._parts:
            of_trees = self._of_trees(part)
            unseen: list[tuple[int, Subject]] = []
            for place, (draft, subjects) in enumerate(zip(self._drafts, self._subjects, strict=True)):
                if part in subjects:
                    subject = subjects[part]
                    its = [*self._of_texts(part, draft, subject), *(of_trees.get(subject.tree, ()) if subject else ())]
                    found[place] += its[:MOST_A_PART]
                    if not its and subject and isinstance(part, Word):
                        unseen.append((place, subject))
            documents = self._documents([subject for _, subject in unseen])
            for place, subject in unseen:
                marked = _marked(part, documents.get(subject.tree, ()), self._named(place, subject))
                found[place] += islice(marked, MOST_A_PART)
        return [_together(one)[:MOST] for one in found]

    def _named(self, place: int, subject: Subject) -> str | None:
        """What a highlight says of the file it is of: nothing where that is the result itself."""
        return subject.id if self._drafts[place]["kind"] == "record" else None

    def _read_texts(self) -> None:
        files = {subject.id for subjects in self._subjects for subject in subjects.values() if subject}
        sessions = {one["session"] for one in self._drafts if one["session"]}
        self._said: dict[str, list[Said]] = {one: [] for one in (*files, *sessions)}
        for row in (*self._index.rows_of(FILES, files), *self._index.rows_of(SESSIONS, sessions)):
            self._said[row.pop("id")] += [
                (name, codec.from_text(text))
                for name, texts in row.items()
                for text in (texts if isinstance(texts, list) else [texts])
                if text
            ]
        for row in self._index.rows_of(VALUES, files):
            for field, value in values_of(row["normalised"]).items():
                number = number_of(value.value)
                text = text_of(value.value) if number is None else compact(number, value.unit)
                self._said[row["id"]].append((field, codec.from_text(text)))
        for row in self._index.rows(TAGGED):
            if row["id"] in self._said:
                self._said[row["id"]].append(("tag", codec.from_text(row["tag"])))
        self._trees: dict[int | None, list[Said]] = {}

    def _of_texts(self, part: Part, draft: Draft, subject: Subject | None) -> list[Highlight]:
        found: list[Highlight] = []
        if subject:
            other = subject.id if draft["kind"] == "record" else None
            its = list(_marked(part, self._asked_of(part, self._said[subject.id]), other))
            is_named = isinstance(part, Word) and any(one.where == "name" for one in its)
            found += [one for one in its if not (is_named and one.where == "key")]
        if draft["session"]:
            found += _marked(part, self._asked_of(part, self._said[draft["session"]]), None)
        return found

    def _asked_of(self, part: Part, said: list[Said]) -> list[Said]:
        """Those among which a part of the query can be."""
        if isinstance(part, Word):
            return said
        if canonical(part.field) in SPECIAL:
            return []
        meaning = self._looked_up.names.meaning(part.field, part.at)
        if isinstance(meaning, Leaves):
            return []
        its = [one for one in said if one[0] in (meaning.name, f"{meaning.name} name")]
        if isinstance(meaning, Normalised) and meaning.unit is not None:
            return its
        fitting = set(TextTest.of(part).among([text for _, text in its]))
        return [one for one in its if one[1] in fitting]

    def _of_trees(self, part: Part) -> dict[int | None, list[Highlight]]:
        """By document: what stands at the vendors' paths that the part names."""
        if isinstance(part, Word) or canonical(part.field) in SPECIAL:
            return {}
        meaning = self._looked_up.names.meaning(part.field, part.at)
        owners: dict[int, str | None] = {}
        for place, subjects in enumerate(self._subjects):
            subject = subjects.get(part)
            if subject and subject.tree is not None:
                owners[subject.tree] = self._named(place, subject)
        if not isinstance(meaning, Leaves) or not owners:
            return {}
        condition, parameters = self._looked_up.leaves_where(meaning, part)
        found: dict[int | None, list[Highlight]] = {}
        for row in self._index.rows(LEAVES.format(condition, ", ".join(map(str, owners))), parameters):
            said = codec.from_text(row["where"]), codec.from_text(row["text"])
            found.setdefault(row["doc"], []).append(_whole(said, owners[row["doc"]]))
        return found

    def _documents(self, subjects: Iterable[Subject]) -> dict[int | None, list[Said]]:
        """The leaves of vendors' trees, by document."""
        docs = [one.tree for one in subjects if one.tree is not None and one.tree not in self._trees]
        for row in self._index.rows_of(DOCUMENTS, docs[:MOST_DOCUMENTS]):
            leaves = leaves_of(codec.decode(json.loads(row["metadata"])))
            self._trees[row["doc"]] = [(path, text) for path, text, _ in leaves if text]
        return self._trees


def _together(found: Iterable[Highlight]) -> tuple[Highlight, ...]:
    """What stands in one text, in one."""
    marks: dict[tuple[str, str, str | None], set[tuple[int, int]]] = {}
    for one in found:
        marks.setdefault((one.where, one.text, one.dataset), set()).update(one.marks)
    return tuple(
        Highlight(where, text, tuple(sorted(those)), dataset) for (where, text, dataset), those in marks.items()
    )


def _marked(part: Part, said: Iterable[Said], dataset: str | None) -> Iterator[Highlight]:
    for where, text in said:
        if isinstance(part, Term):
            yield _whole((where, text), dataset)
        elif marks := marks_of(text, words_of(part.text), is_whole=part.is_quoted):
            yield _cut(where, unicodedata.normalize("NFC", text), marks, dataset)


def _whole(said: Said, dataset: str | None) -> Highlight:
    return _cut(*said, [(0, len(said[1]))], dataset)


def _cut(where: str, text: str, marks: list[tuple[int, int]], dataset: str | None) -> Highlight:
    """A long text around what matches first."""
    if len(text) > SHORT:
        begin = max(0, marks[0][0] - AROUND)
        end = min(len(text), max(marks[0][0], min(marks[0][1], marks[0][0] + SHORT)) + AROUND)
        before, after = "…" if begin else "", "…" if end < len(text) else ""
        shift = len(before) - begin
        marks = [(a + shift, min(b, end) + shift) for a, b in marks if begin <= a < end]
        text = f"{before}{text[begin:end]}{after}"
    return Highlight(where, text, tuple(marks), dataset)


def marks_of(text: str, words: Sequence[str], *, is_whole: bool) -> list[tuple[int, int]]:
    """(begin, end) of each place where these words stand side by side, in the text's composed form (NFC)."""
    composed = unicodedata.normalize("NFC", text)
    said = [(word, one.start(), one.end()) for one in TOKEN.finditer(composed) for word in words_of(one.group())]
    found = []
    for first in range(len(said) - len(words) + 1):
        there = said[first : first + len(words)]
        last = there[-1][0] == words[-1] if is_whole else there[-1][0].startswith(words[-1])
        if last and all(one[0] == word for one, word in zip(there[:-1], words, strict=False)):
            found.append((there[0][1], there[-1][2] if is_whole or len(there[-1][0]) == len(words[-1])
                          else there[-1][1] + len(words[-1])))  # fmt: skip
    return found
