"""What comes after the last file of an import. Each step finds its work in the catalog, so all can be done again."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lims import logbook
from lims.access import may_edit
from lims.catalog import Transaction, View
from lims.errors import Conflict, Forbidden, Invalid, Unavailable
from lims.facility.desk import Desk
from lims.facility.imports.places import Claim
from lims.facility.imports.views import ImportedFolder, ImportedSession, ImportFinished
from lims.harvest import UNAVAILABLE, FailedFile
from lims.harvest.attaching import Attacher
from lims.harvest.belonging import session_at
from lims.harvest.brought import own_times_are_real, placed
from lims.harvest.building import READ
from lims.harvest.correcting import known_better
from lims.harvest.registering import batches
from lims.importing import collection_id, evenings, folders_of, instrument_of
from lims.importing.evenings import RULE
from lims.model import SYSTEM, Collection, Dataset, Instrument, Principal, Session, record_id_of

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class About:
    """What the person said of an import. instrument: of all its files."""

    project: str
    title: str = ""
    instrument: Instrument | None = None


def finish(desk: Desk, principal: Principal, claim: Claim, about: About) -> ImportFinished:
    """Raises Unavailable where the store cannot be listed, or it was ended before all was read."""
    tally = desk.harvester.bring_in(claim.ground(desk, about.instrument))
    if not tally.looked_at:
        raise Unavailable(" ".join(tally.unavailable) if principal.is_staff else UNAVAILABLE)
    place(desk, claim, about)
    guessed, notes = log_guessed(desk, principal, claim, about)
    touched = attach(desk, principal, claim, about)
    desk.harvester.build_records(touched, whole=guessed)
    put_collections(desk, claim, about)
    return ImportFinished(
        registered=len(tally.registered),
        extracted=len(tally.extracted),
        previews=len(tally.previews),
        waiting=tuple(one.key for one in tally.growing),
        **summed(desk, claim, guessed),
        notes=(*notes, *of_no_instrument(desk, claim), *tally.unavailable),
    )


def of_no_instrument(desk: Desk, claim: Claim) -> Iterator[str]:
    count = sum(one.instrument is None for one in read_of(desk.catalog.view(SYSTEM), claim))
    if count:
        one = "1 file names" if count == 1 else f"{count} files name"
        yield f"{one} no instrument of this facility and so no session: if there is one, say it with --instrument."


def datasets_of(view: View, claim: Claim) -> list[Dataset]:
    """All that this import has brought. view: must see everything."""
    ids = {dataset for dataset, *_ in view.keys_in(claim.store.name, f"{claim.folder}/").values()}
    found = view.datasets(ids=ids) if ids else []
    return [one for one in found if one.owner == claim.owner and one.kind == "raw"]


def read_of(view: View, claim: Claim) -> list[Dataset]:
    return [one for one in datasets_of(view, claim) if one.status in READ]


def place(desk: Desk, claim: Claim, about: About) -> None:
    """Say of each file which project it is of, whose instrument's it is, where that is clear, and when it was made."""
    view = desk.catalog.view(SYSTEM)
    instruments = {one.id: one for one in view.instruments()}
    zones = {one.id: one.timezone for one in instruments.values()}
    zone = about.instrument.timezone if about.instrument else desk.settings.facility.timezone
    datasets = read_of(view, claim)
    keeps_times = claim.store.keeps_times or claim.is_in_place
    is_real = keeps_times and own_times_are_real(datasets, lambda one: zones.get(one.instrument or "", zone))

    def placed_now(one: Dataset) -> Dataset:
        guessed = about.instrument or instruments.get(one.instrument or "")
        guessed = guessed or instrument_of(one.normalised, list(instruments.values()))
        if guessed is None:
            return placed(one, zone, is_real=is_real)
        row = placed(replace(one, instrument=guessed.id), guessed.timezone, is_real=is_real)
        if one.instrument is None:  # what is known of that instrument comes in with it
            row = placed(known_better(row, row.normalised, guessed), guessed.timezone, is_real=is_real)
        return row

    for batch in batches(datasets):
        ids = [one.id for one in batch]

        def put(change: Transaction, ids: list[str] = ids) -> None:
            rows = [placed_now(one) for one in change.unrestricted.datasets(ids=ids) if one.status in READ]
            change.put_all([replace(one, project=about.project) for one in rows], action="import.place")

        desk.catalog.write(put, by=SYSTEM)


def log_guessed(
    desk: Desk, principal: Principal, claim: Claim, about: About
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Log sessions where nobody has: (their ids, what could not be logged and why)."""
    view = desk.catalog.view(SYSTEM)
    by_instrument: dict[str, list[Dataset]] = defaultdict(list)
    for one in read_of(view, claim):
        if one.instrument and one.acquired and one.session is None:
            by_instrument[one.instrument].append(one)
    title = about.title or view.collection(claim.collection).title
    guessed, notes = list[str](), list[str]()
    for instrument_id, datasets in by_instrument.items():
        instrument = view.instrument(instrument_id)
        known = [one for one in view.sessions(instrument=instrument_id, limit=None) if is_in_the_way(one, claim)]
        for group in groups(datasets, known, instrument.timezone):
            start, end = window_of(group, known)
            try:
                session = logbook.start_session(
                    desk.catalog, principal, instrument=instrument_id, user=claim.owner, project=about.project,
                    title=f"{title} (imported)", notes=notes_of(group, claim), at=start, end=end,
                )
            except (Conflict, Invalid, Forbidden) as error:  # somebody has logged that time meanwhile
                notes.append(f"No session for {len(group)} files of {instrument.name}: {error.message}")
            else:
                guessed.append(session.id)
    return tuple(guessed), tuple(notes)


def is_in_the_way(session: Session, claim: Claim) -> bool:
    """A guess that its owner has cancelled is not made again."""
    return session.state != "cancelled" or session.user == claim.owner


def groups(datasets: Sequence[Dataset], known: Sequence[Session], timezone: str) -> Iterator[list[Dataset]]:
    """Files of one go, where no known session has their time; one that lies between two of them separates them."""
    timed = sorted(datasets, key=lambda one: (moment(one), one.key))
    free = [one for one in timed if session_at(known, moment(one)) is None]
    for indices in evenings([moment(one) for one in free], timezone):
        group: list[Dataset] = []
        for one in (free[index] for index in indices):
            if group and any(moment(group[-1]) < session.start <= moment(one) for session in known):
                yield group
                group = []
            group.append(one)
        yield group


def moment(one: Dataset) -> datetime:
    return one.acquired or one.modified


def window_of(group: Sequence[Dataset], known: Sequence[Session]) -> tuple[datetime, datetime]:
    """From the first file until just after the last, and no further than the next session."""
    start, last = moment(group[0]), moment(group[-1])
    following = [one.start for one in known if one.start > last]
    return start, min([last.replace(microsecond=0) + SECOND, *following])


def notes_of(group: Sequence[Dataset], claim: Claim) -> str:
    inner = sum(one.clock == "inner" for one in group)
    names = group[0].name if len(group) == 1 else f"{group[0].name} to {group[-1].name}"
    return (
        f"Guessed by an import; nobody has logged it. From the times of {len(group)} files in "
        f"{claim.store.name}:{claim.folder} ({names}): {inner} by the time inside the file, {len(group) - inner} "
        f"by the file's own, cut {RULE}."
    )


def attach(desk: Desk, principal: Principal, claim: Claim, about: About) -> set[str]:
    """Put the files into the sessions that have their time; answers with the sessions that are others now.

    Into somebody else's only where it is of the same project and the asker may change it.
    """
    touched: set[str] = set()

    def attached(one: Dataset, attacher: Attacher) -> Dataset:
        row = attacher.attached(one)
        if row.session is not None or row.acquired is None or row.instrument is None:
            return row
        session = session_at(attacher.sessions(row.instrument), row.acquired)
        is_shared = session is not None and session.project == about.project and may_edit(principal, session)
        return replace(row, session=session.id) if session and is_shared else row

    def put(change: Transaction, ids: list[str]) -> set[str]:
        attacher = Attacher(change.unrestricted, desk.harvester.tools.all_grounds)
        before = [one for one in change.unrestricted.datasets(ids=ids) if one.status in READ]
        after = [attached(one, attacher) for one in before]
        change.put_all(after, action="import.attach")
        return {home for one in (*before, *after) if (home := one.session)}

    for batch in batches(read_of(desk.catalog.view(SYSTEM), claim)):
        ids = [one.id for one in batch]
        touched |= desk.catalog.write(lambda change, ids=ids: put(change, ids), by=SYSTEM)  # type: ignore[misc]
    return touched


def put_collections(desk: Desk, claim: Claim, about: About) -> None:
    """One for each folder, with what lies in it. What people have named or put in since, stays."""

    def put(change: Transaction) -> None:
        view = change.unrestricted
        known = {one.id: one for one in view.collections()}
        for folder in folders_of(paths_of(datasets_of(view, claim), claim)):
            inner = f"{claim.folder}/{folder.path}".rstrip("/")
            id_ = collection_id(claim.store.name, inner)
            above = None if folder.parent is None else f"{claim.folder}/{folder.parent}".rstrip("/")
            parent = collection_id(claim.store.name, above) if above else None
            one = known.get(id_) or Collection(id_, folder.name, claim.owner, parent)
            title = about.title if about.title and not folder.path else one.title
            members = tuple(dict.fromkeys((*one.members, *folder.things)))
            change.put(replace(one, title=title, members=members), action="import.collect")

    desk.catalog.write(put, by=SYSTEM)


def paths_of(datasets: Sequence[Dataset], claim: Claim) -> list[tuple[str, str]]:
    begin = len(claim.folder) + 1
    return [(one.key[begin:], one.id) for one in datasets]


def summed(desk: Desk, claim: Claim, guessed: Sequence[str]) -> dict[str, Any]:
    view = desk.catalog.view(SYSTEM)
    datasets = datasets_of(view, claim)
    known = {one.id: one for one in datasets}
    failed = [step for step in view.failed_steps() if step.dataset in known]
    homes = Counter(one.session for one in datasets if one.session)
    sessions = sorted((view.session(one) for one in homes), key=lambda one: one.start)
    return {
        "datasets": len(datasets),
        "failed": tuple(FailedFile(known[s.dataset].key, s.step, s.reason, s.dataset) for s in failed),
        "instruments": dict(Counter(one.instrument for one in datasets if one.instrument)),
        "sessions": tuple(
            ImportedSession(
                one.id, record_id_of(one.id), one.instrument, one.start, one.end, homes[one.id], one.id in guessed
            )
            for one in sessions
        ),
        "without_session": len(datasets) - sum(homes.values()),
        "folders": tuple(
            ImportedFolder(one.path, len(one.things)) for one in folders_of(paths_of(datasets, claim))
        ),
    }
