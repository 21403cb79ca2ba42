"""The index as one principal sees it. Nothing of it is told but through one of these."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.catalog.search.fields import Field
from lims.catalog.search.index import Index
from lims.catalog.search.names import Ask, Meaning, Normalised
from lims.catalog.search.shelf import NO_CODE, Mask, Slots
from lims.catalog.visibility import sees_files
from lims.model import Principal

Codes = NDArray[np.int32]
REMEMBERED = 1_000
"""So many people's sessions are kept."""
LENSES = 8
"""So many people's lenses are: six bytes a file each."""


def lens_of(index: Index, principal: Principal, ask: Ask) -> "Lens":
    """With the index's lock held. That of the last question, unless a file or a session has changed since."""
    if index.is_past:
        return Lens(index, principal, ask)
    generation, lens = index.lenses.get(principal, (-1, None))
    if lens is None or generation != index.generation:
        lens = Lens(index, principal, ask)
        index.lenses[principal] = index.generation, lens
        if len(index.lenses) > LENSES:
            index.lenses.popitem(last=False)
    index.lenses.move_to_end(principal)
    found: Lens = lens
    return found


class Lens:
    """Good until the index follows the next commit; nobody writes into its arrays.

    sessions: which are seen. session: of each file, 0 where its session is not seen. files: which are seen, of those
    that hold the same content only the first; `all_files` has every one.
    """

    def __init__(self, index: Index, principal: Principal, ask: Ask) -> None:
        self.index = index
        files, sessions = index.files, index.sessions
        session: Slots = files["session"]
        there: Mask = files["is_there"]
        if principal.is_staff:
            self.sessions, self.session, self.all_files = sessions["is_there"], session, there
        elif index.is_past:
            self.sessions = self._seen_sessions(principal, ask)
            self.session = session * self.sessions.take(session)
            self.all_files = self._asked_files(ask)
        else:
            self.sessions = self._seen_sessions(principal, ask)
            self.session = session * self.sessions.take(session)
            self.all_files = there & sees_files(index.is_code(files["owner"], principal.name), self.session != 0)
        copy_of = files["copy_of"]
        copies = np.flatnonzero(copy_of)
        self.files: Mask = self.all_files.copy()
        self.files[copies] &= ~self.all_files.take(copy_of.take(copies))
        self.records: Mask = self.sessions & sessions["has_record"]

    def _seen_sessions(self, principal: Principal, ask: Ask) -> Mask:
        """By the one rule, in SQL (`visibility.py`). Found out again when a session has changed."""
        index = self.index
        generation, slots = index.seen.get(principal.name, (-1, None))
        if slots is None or generation != index.sessions_generation or index.is_past:
            # What holds now, also where this thread's moment is an earlier one: it is kept for whoever asks next.
            rows = index.reader.fresh(lambda: ask('SELECT "id" FROM session'))
            slots = index.sessions.slots_of([row["id"] for row in rows])
            index.seen[principal.name] = index.sessions_generation, slots
            if len(index.seen) > REMEMBERED:
                index.seen.popitem(last=False)
        return index.sessions.mask(slots)

    def _asked_files(self, ask: Ask) -> Mask:
        """Files of then that the principal sees by what holds now."""
        files = self.index.files
        return files.mask(files.slots_of([row["dataset"] for row in ask('SELECT "dataset" FROM indexed')]))

    def through_files(self, files: Mask) -> Mask:
        """The sessions in which one of these files is."""
        return self.index.sessions.mask(self.session.compress(files & self.files))

    def of_files(self, sessions: Mask) -> Mask:
        """The files in these sessions."""
        wanted = sessions & self.sessions
        found: Mask = wanted.take(self.session) if wanted.any() else np.zeros(self.index.files.size, bool)
        return found

    def sees(self, meaning: Meaning, docs: NDArray[Any] | None) -> bool:
        """Whether any file that is seen has this; a name that only hidden files have is no name.

        docs: those that have it, of a vendor's paths.
        """
        if isinstance(meaning, Normalised):
            return bool((self.index.has_normalised(meaning.name) & self.all_files).any())
        return docs is not None and bool(self.all_files.take(self.index.slots_of_docs(docs)).any())

    def codes_of_files(self, meaning: Field, slots: NDArray[np.integer[Any]] | None = None) -> Codes:
        """What each file has in a column of texts. slots: these alone."""
        files = self.index.files
        own = files[meaning.file] if meaning.file else np.full(files.size, NO_CODE, np.int32)
        session = self.session
        if slots is not None:
            own, session = own.take(slots), session.take(slots)
        if meaning.inherits:
            said = self.codes_of_sessions(meaning).take(session)
            own = np.where(said != NO_CODE, said, own)
        return own

    def codes_of_sessions(self, meaning: Field) -> Codes:
        sessions = self.index.sessions
        return sessions[meaning.session] if meaning.session else np.full(sessions.size, NO_CODE, np.int32)
