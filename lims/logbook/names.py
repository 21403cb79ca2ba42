"""Things by what people call them; people, projects and samples exist from their first use."""

from collections.abc import Iterable, Sequence

from lims.catalog import View
from lims.errors import Invalid, NotFound
from lims.model import Instrument, Person, Project, Sample, Session

LONGEST = 200


def find_instrument(instruments: Sequence[Instrument], said: str) -> Instrument:
    """An instrument by id, by name, or by the beginning of either where only one begins so.

    Raises NotFound, or Invalid where several begin so.
    """
    wanted = said.strip().casefold()
    exact = [one for one in instruments if wanted in (one.id.casefold(), one.name.casefold())]
    begins = [one for one in instruments if wanted and begins_with(one, wanted)]
    found = exact or begins
    known = ", ".join(sorted(one.id for one in instruments)) or "none"
    if not found:
        raise NotFound(f"No instrument {said!r}.", hint=f"Known are: {known}.")
    if len(found) > 1:
        raise Invalid(f"{said!r} may be {' or '.join(one.id for one in found)}.", hint="Write one more letter.")
    return found[0]


def begins_with(instrument: Instrument, wanted: str) -> bool:
    return instrument.id.casefold().startswith(wanted) or instrument.name.casefold().startswith(wanted)


def clean_name(kind: str, said: str) -> str:
    """Raises Invalid unless it can stand on one line."""
    name = said.strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise Invalid(f"{said!r} cannot name a {kind}.", hint=f"Use one line of 1 to {LONGEST} letters.")
    return name


def clean_names(kind: str, said: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order said."""
    return tuple(dict.fromkeys(clean_name(kind, one) for one in said))


def used_first(view: View, session: Session) -> list[Person | Project | Sample]:
    """The people, project and sample of a session that nobody has named before. view: must see everything."""
    people = {one.id for one in view.people()}
    named = dict.fromkeys((session.user, *session.people, session.operator))
    new: list[Person | Project | Sample] = [Person(name) for name in named if name not in people]
    if session.project and session.project not in {one.id for one in view.projects()}:
        new.append(Project(session.project))
    if session.sample and session.sample not in {one.id for one in view.samples()}:
        new.append(Sample(session.sample, project=session.project))
    return new
