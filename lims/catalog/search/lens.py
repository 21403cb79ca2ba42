"""The index as one principal sees it. Nothing of it is told but through one of these."""

import numpy as np

from lims.catalog.search.index import Index
from lims.catalog.search.names import Ask
from lims.catalog.search.shelf import Mask, Slots
from lims.catalog.visibility import sees_files
from lims.model import Principal

REMEMBERED = 1_000
"""So many people's sessions are kept."""


class Lens:
    """Made anew for each question, with the index's lock held.

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
            self.session = np.where(self.sessions[session], session, 0)
            self.all_files = self._asked_files(ask)
        else:
            self.sessions = self._seen_sessions(principal, ask)
            self.session = np.where(self.sessions[session], session, 0)
            me = index.lexicon.get(principal.name, -2)
            self.all_files = there & sees_files(files["owner"] == me, self.session != 0)
        copy_of = files["copy_of"]
        self.files: Mask = self.all_files & ~((copy_of != 0) & self.all_files[copy_of])
        self.records: Mask = self.sessions & sessions["has_record"]

    def _seen_sessions(self, principal: Principal, ask: Ask) -> Mask:
        """By the one rule, in SQL (`visibility.py`). Found out again when a session has changed."""
        index = self.index
        generation, slots = index.seen.get(principal.name, (-1, None))
        if slots is None or generation != index.sessions_generation or index.is_past:
            slots = index.sessions.slots_of([row["id"] for row in ask('SELECT "id" FROM session')])
            index.seen[principal.name] = index.sessions_generation, slots
            if len(index.seen) > REMEMBERED:
                index.seen.popitem(last=False)
        mask = np.zeros(index.sessions.size, bool)
        mask[slots] = True
        mask[0] = False
        return mask

    def _asked_files(self, ask: Ask) -> Mask:
        """Files of then that the principal sees by what holds now."""
        mask = np.zeros(self.index.files.size, bool)
        mask[self.index.files.slots_of([row["dataset"] for row in ask('SELECT "dataset" FROM indexed')])] = True
        mask[0] = False
        return mask & self.index.files["is_there"]

    def through_files(self, files: Mask) -> Mask:
        """The sessions in which one of these files is."""
        found = np.zeros(self.index.sessions.size, bool)
        found[self.session[files & self.files]] = True
        found[0] = False
        return found

    def of_files(self, sessions: Mask) -> Mask:
        """The files in these sessions."""
        found: Mask = (sessions & self.sessions)[self.session]
        return found
