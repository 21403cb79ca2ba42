"""From the parsed query to masks: which files, and which records, it finds.

Free text describes the whole of a record: each word may stand in its session or in any of its files. Fields of files
that stand together describe one file: `format:dm3 voltage:>=200kV` finds records with a file that is both.
`-x` finds records in which nothing is x.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.catalog.search.fields import FIELDS, SPECIAL, Field, canonical
from lims.catalog.search.grammar import All, Node, Not, Term, Word
from lims.catalog.search.grammar import Any as AnyOf
from lims.catalog.search.lens import Lens
from lims.catalog.search.looking_up import HAS_OF_SESSIONS, STATES, LookUp, with_paths
from lims.catalog.search.matching import Bounds, TextTest, all_of, any_of, during, microseconds, window_asked
from lims.catalog.search.names import Leaves, Normalised
from lims.catalog.search.shelf import NO_CODE, NO_TIME, Mask
from lims.catalog.search.times import window_of


class Masks:
    """The conditions on what one principal sees. Made and asked with the index's lock held."""

    def __init__(self, lens: Lens, looked_up: LookUp) -> None:
        self._lens, self._names, self._found, self._now = lens, looked_up.names, looked_up.found, looked_up.now
        self._index = lens.index
        self._files, self._sessions = lens.index.files, lens.index.sessions

    def on_files(self, node: Node) -> Mask:
        if isinstance(node, Word):
            return self.own_words(node) | self._lens.of_files(self._told(node))
        if isinstance(node, Term):
            return self._term_on_files(node)
        if isinstance(node, Not):
            return ~self.on_files(node.node)
        return self._joined([self.on_files(one) for one in node.nodes], node, self._files.size)

    def on_records(self, node: Node) -> Mask:
        if isinstance(node, Word):
            own = self._told(node) | self._sessions_of(self._found[node].ids)
            return own | self._lens.through_files(self.own_words(node))
        if isinstance(node, Term):
            return self._term_on_records(node)
        if isinstance(node, Not):
            return ~self.on_records(node.node)
        if isinstance(node, AnyOf):
            return self._joined([self.on_records(one) for one in node.nodes], node, self._sessions.size)
        of_one_file = [one for one in node.nodes if isinstance(one, Term) and _is_of_files(one)]
        masks = [self.on_records(one) for one in node.nodes if one not in of_one_file]
        if of_one_file:
            masks.append(self._lens.through_files(self.on_files(All(tuple(of_one_file)))))
        return self._joined(masks, node, self._sessions.size)

    @staticmethod
    def _joined(masks: list[Mask], node: All | AnyOf, size: int) -> Mask:
        return any_of(masks, size) if isinstance(node, AnyOf) else all_of(masks, size)

    # --- free text -----------------------------------------------------------------------------------------------

    def own_words(self, word: Word) -> Mask:
        """What a file itself says: its names, kind, values and tags; or its id."""
        found = self._files_of_docs(self._found[word].docs)
        return found | self._files_of([*self._found[word].ids, word.text])

    def _told(self, word: Word) -> Mask:
        """Sessions of which it was said."""
        return self._index.told.find(word.text, is_whole=word.is_quoted)

    def _files_of_docs(self, docs: list[NDArray[Any]]) -> Mask:
        """Files of which each of the arrays names a document."""
        return all_of([self._files.mask(self._index.slots_of_docs(one)) for one in docs], self._files.size)

    def _files_of(self, ids: list[str]) -> Mask:
        return self._files.mask(self._files.slots_of(ids))

    def _sessions_of(self, ids: list[str]) -> Mask:
        return self._sessions.mask(self._sessions.slots_of(ids))

    # --- field:value ---------------------------------------------------------------------------------------------

    def _term_on_files(self, term: Term) -> Mask:
        name = canonical(term.field)
        if name in SPECIAL:
            return self._special(name, term, of_files=True)
        meaning = self._names.meaning(term.field, term.at)
        if isinstance(meaning, Field):
            return self._field(meaning, term, of_files=True)
        found = self._normalised(meaning, term) if isinstance(meaning, Normalised) else self._leaves(term)
        if not self._names.is_common(meaning):
            self._require_seen(meaning, term, found)
        return found

    def _term_on_records(self, term: Term) -> Mask:
        name = canonical(term.field)
        if name in SPECIAL:
            return self._special(name, term, of_files=False)
        if _is_of_files(term):
            return self._lens.through_files(self._term_on_files(term))
        return self._field(FIELDS[name], term, of_files=False)

    def _field(self, meaning: Field, term: Term, *, of_files: bool) -> Mask:
        if meaning.kind == "tag" or meaning.in_sql:
            return self._field_in_sql(meaning, term, of_files)
        shelf = self._files if of_files else self._sessions
        column = meaning.file if of_files else meaning.session
        if meaning.kind == "number":
            bounds = Bounds.of(term, meaning.unit)
            return bounds.mask(shelf[column]) if column else np.zeros(shelf.size, bool)
        if meaning.kind == "time":
            return during(*self._span(of_files), *window_asked(term, self._now))
        own = self._coded(shelf[column], term) if column else np.zeros(shelf.size, bool)
        if not of_files or not meaning.inherits:
            return own
        return self._inherited(own, self._coded(self._sessions[meaning.session], term), meaning)

    def _inherited(self, own: Mask, of_session: Mask, meaning: Field) -> Mask:
        """A file is as its session is, and only where that says nothing as it says itself."""
        says = self._lens.of_files(self._sessions[meaning.session] != NO_CODE)
        return self._lens.of_files(of_session) | (own & ~says)

    def _coded(self, codes: NDArray[np.int32], term: Term) -> Mask:
        texts = self._index.lexicon.texts
        used = np.flatnonzero(np.bincount(codes + 1, minlength=len(texts) + 1)[1:])
        known = {texts[code]: code for code in used.tolist()}
        test = TextTest.of(term)
        fitting = {known[text] for text in test.among(known)}
        fitting |= {known[one] for one in self._found[term].named if one in known}
        return is_among(codes, fitting, len(texts))

    def _span(self, of_files: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """From when to when: a file is a moment, an open session lasts until now."""
        if of_files:
            return self._files["moment"], self._files["moment"]
        end = self._sessions["end"]
        return self._sessions["start"], np.where(end == NO_TIME, microseconds(self._now), end)

    def _field_in_sql(self, meaning: Field, term: Term, of_files: bool) -> Mask:
        found = self._found[term]
        sessions = self._sessions_of(found.ids)
        if meaning.kind == "tag":
            files = self._files_of(found.ids)
            return files if of_files else sessions | self._lens.through_files(files)
        own = self._files_of_docs(found.docs) if found.docs else np.zeros(self._files.size, bool)
        if of_files:
            return self._lens.of_files(sessions) if meaning.inherits else own
        return sessions if meaning.inherits else sessions | self._lens.through_files(own)

    def _normalised(self, meaning: Normalised, term: Term) -> Mask:
        numbers, codes = self._index.normalised(meaning.name)
        if meaning.unit is not None:
            return Bounds.of(term, meaning.unit).mask(numbers)
        if codes is None:
            docs = self._found[term].docs  # found before, or just now there are too many texts: then nothing yet
            return self._files_of_docs(docs) if docs else np.zeros(self._files.size, bool)
        return self._coded(codes, term)

    def _leaves(self, term: Term) -> Mask:
        return self._files_of_docs(self._found[term].docs)

    def _require_seen(self, meaning: Normalised | Leaves, term: Term, found: Mask) -> None:
        """A name that only hidden files have is no name. Raises BadQuery as for any other."""
        if (found & self._lens.all_files).any():
            return
        docs = self._index.docs(with_paths(meaning.codes)) if isinstance(meaning, Leaves) else None
        if not self._lens.sees(meaning, docs):
            raise self._names.unknown(term.field, term.at)

    # --- what has a word of its own ------------------------------------------------------------------------------

    def _special(self, name: str, term: Term, *, of_files: bool) -> Mask:
        what: dict[str, Callable[[Term, bool], Mask]] = {"is": self._is, "has": self._has, "derived-from": self._made}
        return what.get(name, self._when)(term, of_files)

    def _when(self, term: Term, of_files: bool) -> Mask:
        """after: from the beginning of that day; before: up to its beginning; during: within it."""
        first, last = window_of(term.text, at=term.value_at, now=self._now)
        start, end = self._span(of_files)
        name = canonical(term.field)
        if name == "after":
            return during(start, start, first, None)
        return during(start, end, None, first) if name == "before" else during(start, end, first, last)

    def _is(self, term: Term, of_files: bool) -> Mask:
        word = term.text.lower()
        if word in STATES:
            sessions = self._index.is_code(self._sessions["state"], word)
            return self._lens.of_files(sessions) if of_files else sessions
        files = self._file_is(word, self._found[term].ids)
        return files if of_files else self._lens.through_files(files)

    def _file_is(self, word: str, ids: list[str]) -> Mask:
        files = self._files
        if word in ("raw", "derived"):
            return self._index.is_code(files["kind"], word)
        if word == "orphan":
            return files["is_there"] & (self._lens.session == 0) & (files["owner"] == NO_CODE) & ~self._files_of(ids)
        if word == "blank":
            return files["blank"] != NO_CODE
        return self._index.is_code(files["status"], word) | self._files_of(ids)

    def _has(self, term: Term, of_files: bool) -> Mask:
        word = canonical(term.text)
        if word in HAS_OF_SESSIONS:
            column = self._sessions[HAS_OF_SESSIONS[word]]
            sessions = column != NO_CODE if column.dtype == np.int32 else column
            return self._lens.of_files(sessions) if of_files else sessions
        files = self._file_has(word, term)
        if of_files:
            return files
        own = self._sessions_of(self._found[term].ids) if word == "tag" else np.zeros(self._sessions.size, bool)
        return own | self._lens.through_files(files)

    def _file_has(self, word: str, term: Term) -> Mask:
        files, found = self._files, self._found[term]
        if word == "preview":
            return files["preview_size"] != NO_CODE
        if word == "companions":
            return files["has_companions"]
        if word == "metadata":
            return files["tree"] != NO_TIME
        if word == "session":
            return self._lens.session != 0
        if word in ("parents", "children", "tag"):
            return self._files_of(found.ids)
        return self._file_has_value(term)

    def _file_has_value(self, term: Term) -> Mask:
        found, meaning = self._found[term], self._names.meaning(term.text, term.value_at)
        if isinstance(meaning, Normalised):
            mask = self._index.has_normalised(meaning.name)
        elif isinstance(meaning, Leaves):
            mask = self._files_of_docs(found.docs)
        elif meaning.in_sql:
            of_files = self._files_of_docs(found.docs) if found.docs else np.zeros(self._files.size, bool)
            mask = of_files | self._lens.of_files(self._sessions_of(found.ids))
        else:
            column = self._files[meaning.file] if meaning.file else None
            mask = np.zeros(self._files.size, bool) if column is None else has_value(column)
            if meaning.inherits:
                mask = mask | self._lens.of_files(has_value(self._sessions[meaning.session]))
        if not self._names.is_common(meaning) and not (mask & self._lens.all_files).any():
            raise self._names.unknown(term.text, term.value_at)
        return mask

    def _made(self, term: Term, of_files: bool) -> Mask:
        """All that was made from a dataset, over any number of steps; not the dataset itself."""
        files = self._files_of(self._found[term].ids)
        return files if of_files else self._lens.through_files(files)


def has_value(column: NDArray[Any]) -> Mask:
    if column.dtype == np.float64:
        return ~np.isnan(column)
    return column != (NO_TIME if column.dtype == np.int64 else NO_CODE)


def is_among(codes: NDArray[np.int32], wanted: set[int], count: int) -> Mask:
    if len(wanted) == 1:
        return codes == next(iter(wanted))
    table = np.zeros(count + 1, bool)
    table[list(wanted)] = True
    return table[codes]  # NO_CODE is -1: the last, which nobody wants


def _is_of_files(term: Term) -> bool:
    """Whether a record has the field only through its files."""
    name = canonical(term.field)
    return name not in SPECIAL[:5] and (name not in FIELDS or not FIELDS[name].of_records)
