"""Which session a dataset belongs to: the one that held the instrument when it was acquired."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lims.catalog import View
from lims.harvest.brought import is_brought, moment_of_brought
from lims.harvest.clocks import inner_time, is_same_instrument, may_be_late_copy, place
from lims.harvest.scope import Ground
from lims.model import Dataset, Instrument, Session

FOREVER = datetime.max.replace(tzinfo=UTC)
ALMOST_A_SECOND = timedelta(microseconds=999_999)


class Attacher:
    """Attaches datasets, inside one transaction. view: must see everything.

    What it reads it keeps, so it is of no use after the transaction.
    """

    def __init__(self, view: View, grounds: Sequence[Ground]) -> None:
        self.view = view
        self.grounds = grounds
        self._sessions: dict[str, list[Session]] = {}
        self._members: dict[str, list[Dataset]] = {}

    def attached(self, one: Dataset) -> Dataset:
        """The dataset with its acquisition time, the clock that said so, and its session."""
        if is_brought(one):
            return self.brought(one)
        ground = ground_of(self.grounds, one)
        if ground is None:
            return one
        zone, offset_s = ground.instrument.timezone, ground.source.clock_offset_s
        placing = place(one, zone, offset_s, is_kin=self.is_late_kin(one, ground))
        session = session_at(self.sessions(ground.instrument.id), placing.at)
        home = session.id if session else None
        return replace(
            one,
            acquired=placing.at,
            clock=placing.clock,
            clock_note=placing.note,
            session=home,
            activity=one.activity if home == one.session else None,
        )

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
        """Whether a file that looks like a late copy comes from the very instrument of the session it would go to."""
        inner = inner_time(one, ground.instrument.timezone, ground.source.clock_offset_s)
        if inner is None or not may_be_late_copy(one, inner):
            return False
        session = session_at(self.sessions(ground.instrument.id), inner.at)
        if session is None:
            return False
        others = (other for other in self.members(session.id) if other.id != one.id)
        return any(other.clock == "inner" and is_same_instrument(one, other) for other in others)

    def sessions(self, instrument: str) -> list[Session]:
        if instrument not in self._sessions:
            found = self.view.sessions(instrument=instrument, limit=None)
            self._sessions[instrument] = [session for session in found if session.state != "cancelled"]
        return self._sessions[instrument]

    def members(self, session: str) -> list[Dataset]:
        if session not in self._members:
            self._members[session] = self.view.datasets(session=session)
        return self._members[session]


def session_at(sessions: Iterable[Session], moment: datetime) -> Session | None:
    """The session whose [start, end) holds the moment; the logbook lets no two overlap.

    Files count whole seconds and people press Start within one: where nobody held the instrument as a second began,
    whoever took it within that second has it.
    """
    listed = list(sessions)
    moments = [moment] if moment.microsecond else [moment, moment + ALMOST_A_SECOND]
    held = (one for at in moments for one in listed if one.start <= at < (one.end or FOREVER))
    return next(held, None)


def instrument_of(view: View, grounds: Sequence[Ground], one: Dataset) -> Instrument | None:
    """That of the ground it lies on; of a file that was brought in, the one that is known for its."""
    ground = ground_of(grounds, one)
    if ground is not None:
        return ground.instrument
    return view.instrument(one.instrument) if is_brought(one) and one.instrument else None


def ground_of(grounds: Sequence[Ground], one: Dataset) -> Ground | None:
    """The ground that a dataset lies on: of its instrument, where its key is."""
    fitting = [
        ground
        for ground in grounds
        if ground.store == one.store and ground.instrument.id == one.instrument and ground.holds(one.key)
    ]
    return max(fitting, key=lambda ground: len(ground.prefix), default=None)
