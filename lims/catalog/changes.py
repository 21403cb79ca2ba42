"""Which things each commit touched: so that what is kept in arrays (`search/index.py`) follows without reading all."""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from lims.catalog.effects import Effect, Insert
from lims.catalog.tables import columns_of

REMEMBERED = 200_000
"""So many ids; who stands further back reads everything anew."""

OF_DATASETS = {"dataset": "id", "indexed": "dataset", "step": "dataset"}
OF_SESSIONS = {"session": "id", "session_event": "session", "record": "session"}
OF_NAMES = ("instrument", "project", "sample", "reservation")
"""What sessions are also found by."""


@dataclass
class Changes:
    """Ids. names: whether something that sessions are found by is called otherwise. whole: better read all anew.

    marked: what people have settled something about.
    """

    datasets: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    relations: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    names: bool = False
    paths: bool = False
    whole: bool = False

    def add(self, other: "Changes") -> None:
        self.datasets |= other.datasets
        self.sessions |= other.sessions
        self.relations |= other.relations
        self.marked |= other.marked
        self.names |= other.names
        self.paths |= other.paths
        self.whole |= other.whole

    def __len__(self) -> int:
        return 1 + len(self.datasets) + len(self.sessions) + len(self.relations) + len(self.marked)


class Feed:
    """Written by the committer before readers see the commit; read by any thread."""

    def __init__(self, snapshot: int) -> None:
        """snapshot: the one that is there already."""
        self._lock = threading.Lock()
        self._since = self._latest = snapshot
        self._kept: deque[tuple[int, Changes]] = deque()
        self._size = 0

    @property
    def latest(self) -> int:
        """The last commit that was noted."""
        return self._latest

    def note(self, snapshot: int, effects: Iterable[Effect]) -> None:
        self._keep(snapshot, changes_of(effects))

    def note_all(self, snapshot: int) -> None:
        """Everything may be another: who follows reads all anew."""
        self._keep(snapshot, Changes(whole=True))

    def _keep(self, snapshot: int, changes: Changes) -> None:
        with self._lock:
            self._latest = snapshot
            self._kept.append((snapshot, changes))
            self._size += len(changes)
            while self._size > REMEMBERED:
                self._since, gone = self._kept.popleft()
                self._size -= len(gone)

    def between(self, after: int, until: int) -> Changes:
        """What the commits after one and up to another have touched; `whole` where nobody noted it."""
        found = Changes()
        with self._lock:
            found.whole = after < self._since or until > self._latest
            for snapshot, changes in self._kept:
                if after < snapshot <= until:
                    found.add(changes)
        return found


Key = tuple[str, str]


def changes_of(effects: Iterable[Effect]) -> Changes:
    found, gone = Changes(), set[Key]()
    for effect in effects:
        found.names |= effect.table in OF_NAMES
        found.paths |= effect.table == "path"
        if effect.table in OF_DATASETS:
            found.datasets.update(_ids(effect, OF_DATASETS[effect.table]))
        if effect.table in OF_SESSIONS:
            found.sessions.update(_ids(effect, OF_SESSIONS[effect.table]))
        if effect.table == "relation":
            found.relations.update(_ids(effect, "id"))
        if effect.table == "settlement":
            found.marked.update(_ids(effect, "thing"))
        if effect.table in ("record", "session_event"):
            ids = {(effect.table, one) for one in _ids(effect, "id")}
            gone = gone - ids if isinstance(effect, Insert) else gone | ids
    found.whole = bool(gone)  # nothing tells whose it was
    return found


def _ids(effect: Effect, column: str) -> list[str]:
    """None where the effect does not tell."""
    if isinstance(effect, Insert):
        place = [name for name, _ in columns_of(effect.table)].index(column)
        return list(effect.columns[place])
    place = effect.columns.index(column) if column in effect.columns else -1
    return [key[place] for key in effect.keys] if place >= 0 else []
