"""Files that no session claims, in groups, each with what is most likely right."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lims.catalog import View
from lims.harvest.attaching import ground_of
from lims.harvest.belonging import folder_of_person, holding, spelt
from lims.harvest.building import READ
from lims.harvest.clocks import inner_time
from lims.harvest.clustering import cut, span
from lims.harvest.scope import Ground
from lims.model import Dataset, Rhythm, Session

HOUR = timedelta(hours=1)
NEAR = timedelta(hours=12)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Proposal:
    """text: why. session: put them there; None: log one for `user` ("" where nobody knows), [start, end)."""

    text: str
    start: datetime
    end: datetime
    session: str | None = None
    user: str = ""


@dataclass(frozen=True)
class Waiting:
    """Files of one instrument and folder, acquired close together, in no session. Oldest first."""

    datasets: tuple[Dataset, ...]
    proposal: Proposal

    @property
    def first(self) -> Dataset:
        return self.datasets[0]


def waiting(view: View, grounds: Sequence[Ground]) -> list[Waiting]:
    """All groups, oldest first. view: must see everything."""
    groups: dict[tuple[str, str], list[Dataset]] = defaultdict(list)
    for one in view.orphans():
        if one.status in READ:
            ground = ground_of(grounds, one)
            groups[one.instrument or "", folder_of_person(ground, one.key) if ground else ""].append(one)
    proposer = Proposer(view, grounds)
    found = [proposer.waiting(part) for group in groups.values() for part in parts_of(group, grounds)]
    return sorted(found, key=lambda one: (moment_of(one.first), one.first.id))


def parts_of(group: Sequence[Dataset], grounds: Sequence[Ground]) -> Iterator[list[Dataset]]:
    """Cut where a pause is as long as the one that separates activities when files are few."""
    instrument = next((one.instrument for one in grounds if one.instrument.id == group[0].instrument), None)
    lone_s = instrument.rhythm.lone_s if instrument else Rhythm().lone_s
    every_pause = Rhythm(factor=0, shortest_s=lone_s, lone_s=lone_s)
    for cluster in cut([moment_of(one) for one in group], every_pause):
        yield [group[index] for index in cluster.indices]


class Proposer:
    def __init__(self, view: View, grounds: Sequence[Ground]) -> None:
        self.view = view
        self.grounds = grounds
        self._sessions: dict[str, list[Session]] = {}

    def waiting(self, group: Sequence[Dataset]) -> Waiting:
        return Waiting(tuple(group), self.proposal(group))

    def proposal(self, group: Sequence[Dataset]) -> Proposal:
        """The first of these that there is: a session of that time, of the time inside, one within the hour before or
        after, that of the folder, one within half a day.
        """
        first, last = moment_of(group[0]), moment_of(group[-1])
        sessions = self.sessions(group[0].instrument or "")
        by_id = {one.id: one for one in sessions}
        for session, why in self.possible(group, sessions, by_id):
            return Proposal(why, first, last + SECOND, session.id, session.user)
        folder = self.folder_of(group[0])
        user = self.person(folder) if folder else ""
        why = f"nobody logged a session then; it is {folder}'s folder" if folder else "nobody logged a session then"
        return Proposal(why, first, last + SECOND, None, user)

    def possible(
        self, group: Sequence[Dataset], sessions: Sequence[Session], by_id: Mapping[str, Session]
    ) -> Iterator[tuple[Session, str]]:
        one, first, last = group[0], moment_of(group[0]), moment_of(group[-1])
        held = holding(sessions, first)
        if held:
            yield held[0], f"written during {held[0].user}'s session; {one.home_note}"
        ground = ground_of(self.grounds, one)
        inner = inner_time(one, ground.instrument.timezone, ground.source) if ground else None
        then = holding(sessions, inner.at) if inner else []
        if then:
            yield then[0], f"the time inside lies in {then[0].user}'s session"
        near = nearest(sessions, first, last)
        if near and abs(near[0]) <= HOUR:
            yield near[1], where(*near)
        folder = one.key.rpartition("/")[0] + "/"
        beside = self.view.session_of_folder(one.store, folder) if ground and folder != ground.prefix else None
        if beside is not None and beside in by_id:
            yield by_id[beside], f"most files beside it are of {by_id[beside].user}'s session"
        if near:
            yield near[1], where(*near)

    def sessions(self, instrument: str) -> list[Session]:
        if instrument not in self._sessions:
            found = self.view.sessions(instrument=instrument, limit=None) if instrument else []
            self._sessions[instrument] = [one for one in found if one.state != "cancelled"]
        return self._sessions[instrument]

    def folder_of(self, one: Dataset) -> str:
        ground = ground_of(self.grounds, one)
        return folder_of_person(ground, one.key) if ground else ""

    def person(self, folder: str) -> str:
        """The login name that a folder is named after, "" where nobody here has such a name."""
        known = ((one.id, one.name) for one in self.view.people())
        return next((login for login, name in known if spelt(folder) in (spelt(login), spelt(name))), "")


def nearest(sessions: Iterable[Session], first: datetime, last: datetime) -> tuple[timedelta, Session] | None:
    near = [(gap, session) for session in sessions for gap in gaps(session, first, last)]
    return min(near, key=lambda pair: (abs(pair[0]), pair[1].id), default=None)


def where(gap: timedelta, session: Session) -> str:
    side = "after" if gap > timedelta(0) else "before"
    return f"written {span(abs(gap).total_seconds())} {side} {session.user}'s session"


def gaps(session: Session, first: datetime, last: datetime) -> Iterable[timedelta]:
    """How long after its end (positive) or before its start files lie, where that is near."""
    if session.end and timedelta(0) <= first - session.end <= NEAR:
        yield first - session.end
    if timedelta(0) <= session.start - last <= NEAR:
        yield last - session.start


def moment_of(one: Dataset) -> datetime:
    return one.acquired or one.modified
