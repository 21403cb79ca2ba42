"""Which session a dataset belongs to: what a person decided, else who had the instrument when it was acquired."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lims.catalog import View
from lims.harvest.belonging import Home, folder_of_person, holding, home_at, session_at
from lims.harvest.brought import is_brought, moment_of_brought
from lims.harvest.clocks import Placing, inner_time, may_be_late_copy, place
from lims.harvest.scope import Ground
from lims.harvest.witnesses import Witnesses
from lims.model import Dataset, FormerVersion, Instrument, Session, Settlement
from lims.model.datasets import LATE


class Attacher:
    """Attaches datasets, inside one transaction. view: must see everything.

    What it reads it keeps, so it is of no use after the transaction.
    """

    def __init__(self, view: View, grounds: Sequence[Ground]) -> None:
        self.view = view
        self.grounds = grounds
        self._sessions: dict[str, list[Session]] = {}
        self._names: dict[str, str] | None = None
        self._settled: dict[str, Settlement] = {}
        self._former: dict[str, FormerVersion] = {}
        self._witnesses = Witnesses(view, (), ())

    def attached(self, one: Dataset) -> Dataset:
        """The dataset with its acquisition time, the clock that said so, and its session."""
        return self.attached_all([one])[0]

    def attached_all(self, datasets: Iterable[Dataset]) -> list[Dataset]:
        """Those whose times can be trusted at once are witnesses for the late copies among them."""
        listed = list(datasets)
        self._settled = {one.thing: one for one in self.view.settlements([one.id for one in listed], about="home")}
        rewritten = [one.id for one in listed if one.version > 1]
        former = self.view.former_versions(rewritten) if rewritten else []
        self._former = {one.dataset: one for one in reversed(former)}  # the first of each
        first = self.placed_all(listed)
        return self.placed_all(first) if any(LATE in one.clock_note for one in first) else first

    def placed_all(self, batch: Sequence[Dataset]) -> list[Dataset]:
        self._witnesses = Witnesses(self.view, (ground.instrument.id for ground in self.grounds), batch)
        return [self.placed(one) for one in batch]

    def placed(self, one: Dataset) -> Dataset:
        if is_brought(one):
            return self.brought(one)
        ground = ground_of(self.grounds, one)
        if ground is None:
            return one
        zone, source = ground.instrument.timezone, ground.source
        placing = place(one, zone, source, is_kin=self.is_late_kin(one, ground), stranger=self.stranger(one))
        home = self.decided(one.id) or self.home(one, placing, ground)
        session = home.session.id if home.session else None
        return replace(
            one,
            acquired=placing.at,
            clock=placing.clock,
            clock_note=placing.note,
            session=session,
            home_note=home.note,
            activity=one.activity if session == one.session else None,
        )

    def decided(self, dataset: str) -> Home | None:
        """What a person has said of it, unless that session was cancelled."""
        said = self._settled.get(dataset)
        if said is None:
            return None
        if said.decision == "nobody":
            return Home(None, f"in no session, says {said.by}")
        session = self.view.session(str(said.session))
        return None if session.state == "cancelled" else Home(session, f"put there by {said.by}")

    def home(self, one: Dataset, placing: Placing, ground: Ground) -> Home:
        sessions, folder = self.sessions(ground.instrument.id), folder_of_person(ground, one.key)
        is_end = placing.clock == "file"
        names = self.names if folder else {}
        home = home_at(placing.at, sessions, ground, folder, names, is_end_of_writing=is_end)
        first = self._former.get(one.id)
        if home.session or first is None or not is_end:
            return home
        then = home_at(first.acquired or first.modified, sessions, ground, folder, names, is_end_of_writing=is_end)
        return replace(then, note="first written then, and rewritten since") if then.session else home

    def brought(self, one: Dataset) -> Dataset:
        """A file that somebody has brought in stays in its session, or goes to one of theirs; to nobody else's."""
        instrument = self.instrument_of(one)
        if instrument is None:
            return one
        at = moment_of_brought(one, instrument.timezone)
        session = session_at(self.sessions(instrument.id), at) if at else None
        is_home = session is not None and (session.id == one.session or one.owner in (session.user, *session.people))
        home = session.id if session and is_home else None
        return replace(one, acquired=at, session=home, activity=one.activity if home == one.session else None)

    def instrument_of(self, one: Dataset) -> Instrument | None:
        """Whose corrections and whose clock hold for a file."""
        return instrument_of(self.view, self.grounds, one)

    def is_late_kin(self, one: Dataset, ground: Ground) -> bool:
        """Whether what looks like a late copy may be believed: somebody had the instrument then, and it is from it, or
        lies among that session's files.
        """
        inner = inner_time(one, ground.instrument.timezone, ground.source)
        if inner is None or not may_be_late_copy(one, ground.source, inner):
            return False
        held = holding(self.sessions(ground.instrument.id), inner.at)
        return bool(held) and (self._witnesses.is_kin(one) or self.folder_agrees(one, ground, held[0]))

    def folder_agrees(self, one: Dataset, ground: Ground, session: Session) -> bool:
        """Whether most files beside it are of a session. Two programs of one microscope name it differently."""
        folder = one.key.rpartition("/")[0] + "/"
        if folder in (ground.prefix, "/"):
            return False
        return self.view.session_of_folder(one.store, folder, without=one.id) == session.id

    def stranger(self, one: Dataset) -> str:
        """The name of another instrument that it says it is from, "" for none that is known here."""
        other = self._witnesses.stranger(one)
        return next((ground.instrument.name for ground in self.grounds if ground.instrument.id == other), "")

    def sessions(self, instrument: str) -> list[Session]:
        if instrument not in self._sessions:
            found = self.view.sessions(instrument=instrument, limit=None)
            self._sessions[instrument] = [session for session in found if session.state != "cancelled"]
        return self._sessions[instrument]

    @property
    def names(self) -> dict[str, str]:
        if self._names is None:
            self._names = {one.id: one.name for one in self.view.people()}
        return self._names


def instrument_of(view: View, grounds: Sequence[Ground], one: Dataset) -> Instrument | None:
    """That of the ground it lies on; of a file that was brought in, the one that is known for its."""
    ground = ground_of(grounds, one)
    if ground is not None:
        return ground.instrument
    return view.instrument(one.instrument) if is_brought(one) and one.instrument else None


def ground_of(grounds: Sequence[Ground], one: Dataset) -> Ground | None:
    """The ground that a dataset lies on: of its instrument, where its key is; of several periods that of its time."""
    fitting = [
        ground
        for ground in grounds
        if ground.store == one.store and ground.instrument.id == one.instrument and ground.holds(one.key)
    ]
    return max(fitting, key=lambda ground: (len(ground.prefix), ground.is_valid_at(one.written)), default=None)
