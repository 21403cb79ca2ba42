"""Make the demo facility: write the files, log the sessions, harvest them through the real pipeline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lims.access import login_name
from lims.demo.cast import PEOPLE, PROJECTS, SAMPLES
from lims.demo.microscopes import moment, write_orphan, write_visit
from lims.demo.place import write_place
from lims.demo.story import BOOKINGS, VISITS, Booking, Visit
from lims.facility.local import LocalFacility
from lims.model import SYSTEM, Person, Principal, Reservation, Session, new_id

STAFF = Principal("k.brandt", is_staff=True)
LATE_START = timedelta(minutes=4)
"""People press START a little after their booking begins."""


@dataclass(frozen=True)
class Made:
    sessions: int
    files: int
    harvest: dict[str, Any]


def make_demo(
    folder: Path, today: date | None = None, say: Callable[[str], None] = lambda _: None
) -> Made:
    """Fill `folder`, which must be empty, with a facility and five months of work in it; without network.

    The same day gives the same files. say: hears what is being done.
    """
    day = today or date.today()
    raw = write_place(folder, login_name())
    say(f"writing the files of {len(VISITS)} sessions")
    files = [path for visit in VISITS for path in write_visit(raw, day, visit)]
    files.append(write_orphan(raw, day))
    with LocalFacility(folder, STAFF) as facility:
        say("logging the sessions")
        bookings = {visit: booking_of(day, visit) for visit in VISITS if visit.booked}
        introduce(facility, [*bookings.values(), *(booking_of(day, one) for one in BOOKINGS)])
        sessions = [log_visit(facility, day, visit, bookings.get(visit)) for visit in VISITS]
        say(f"harvesting {len(files)} files")
        return Made(len(sessions), len(files), dict(facility.harvest(all=True)))


def introduce(facility: LocalFacility, bookings: Sequence[Reservation]) -> None:
    """Who and what there is before the first session: people, projects, samples and the calendar."""
    me = login_name()
    people = [*PEOPLE, *([] if me in {one.id for one in PEOPLE} else [Person(me)])]
    facility.desk.catalog.write(
        lambda change: change.put_all([*people, *PROJECTS, *SAMPLES, *bookings], action="demo.introduce"), by=SYSTEM
    )


def booking_of(day: date, one: Booking | Visit) -> Reservation:
    days = one.days if isinstance(one, Booking) else -one.days_ago
    start = moment(day, days, one.start)
    uid = f"{one.instrument}-{start:%Y%m%dT%H%M}@demo.example"
    return Reservation(
        new_id("reservation"), one.instrument, one.user, one.title, start,
        start + timedelta(hours=one.hours or 3), one.project, one.sample, uid,
    )


def log_visit(facility: LocalFacility, day: date, visit: Visit, booking: Reservation | None) -> Session:
    start = moment(day, -visit.days_ago, visit.start)
    session = facility.start_session(
        visit.instrument, user=visit.user, people=list(visit.people), project=visit.project, sample=visit.sample,
        title=visit.title, at=start + LATE_START, end=start + timedelta(hours=visit.hours) if visit.hours else None,
        reservation=booking.id if booking else None,
    )
    for minutes, text in visit.notes:
        facility.note_session(session.id, text, at=start + timedelta(minutes=minutes))
    return session
