"""Every read of the catalog. The principal is bound first; `visibility.py` narrows every table named here."""

from collections.abc import Collection as Several
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lims.catalog import codec
from lims.catalog.files import Files
from lims.catalog.history import blanked
from lims.catalog.lineage import Tracing
from lims.catalog.saved import Saved
from lims.catalog.searching import Searching
from lims.catalog.tables import kind_if_known
from lims.catalog.where import ANY_OF, Window, where
from lims.errors import Invalid
from lims.model import (
    Activity,
    AuditEntry,
    Collection,
    Dataset,
    Environment,
    Instrument,
    Person,
    Project,
    Question,
    Record,
    RecordBuild,
    Relation,
    Replay,
    Reservation,
    Run,
    RunFile,
    Sample,
    Session,
    SessionEvent,
    Settlement,
)

_WRITERS = 'SELECT "id" FROM {run_then} WHERE list_contains("outputs", $id)'


class View(Files, Saved, Searching, Tracing):
    """What one principal sees, now or at one snapshot. What does not exist and what is hidden are the same NoSuchThing.

    Made by `Catalog.view()` and, inside a change, `Transaction.view`. Safe to use from several threads.
    """

    # --- the place and the people --------------------------------------------------------------------------------

    def instruments(self) -> list[Instrument]:
        return self._many(Instrument, where(), '"name", "id"')

    def instrument(self, instrument_id: str) -> Instrument:
        return self._one(Instrument, instrument_id)

    def people(self) -> list[Person]:
        return self._many(Person, where(), '"id"')

    def projects(self) -> list[Project]:
        """Those of the sessions and bookings that one sees."""
        return self._many(Project, where(), '"id"')

    def samples(self) -> list[Sample]:
        """Those of the sessions and bookings that one sees."""
        return self._many(Sample, where(), '"id"')

    def collections(self) -> list[Collection]:
        return self._many(Collection, where(), '"title", "id"')

    def collection(self, collection_id: str) -> Collection:
        return self._one(Collection, collection_id)

    # --- sessions ------------------------------------------------------------------------------------------------

    def session(self, session_id: str) -> Session:
        return self._one(Session, session_id)

    def sessions(
        self,
        *,
        instrument: str | None = None,
        user: str | None = None,
        states: Several[str] = (),
        overlaps: Window | None = None,
        near: datetime | None = None,
        limit: int | None = 200,
    ) -> list[Session]:
        """Newest first; with `near`, those first that were nearest to it in time."""
        conditions = where('"instrument" = $instrument', instrument=instrument).add('"user" = $user', user=user)
        conditions.add('"state" IN (SELECT unnest($states::VARCHAR[]))', states=list(states) or None).overlap(overlaps)
        return self._many(Session, conditions, f'{distance(near)}"start" DESC, "id"', limit=limit)

    def open_on(self, instrument_id: str) -> list[Session]:
        """Who is on the instrument now, for everybody to see.

        Who may not see the session finds its title, notes, people, project, sample and reservation empty.
        """
        conditions = where('"instrument" = $instrument', instrument=instrument_id)
        return self._many(Session, conditions, '"start" DESC, "id"', source="open_session")

    def events(self, session_id: str) -> list[SessionEvent]:
        """Oldest first."""
        self.session(session_id)
        return self._many(SessionEvent, where('"session" = $id', id=session_id), '"at", "id"')

    def reservation(self, reservation_id: str) -> Reservation:
        return self._one(Reservation, reservation_id)

    def reservations(self, *, instrument: str | None = None, overlaps: Window | None = None) -> list[Reservation]:
        conditions = where('"instrument" = $instrument', instrument=instrument).overlap(overlaps)
        return self._many(Reservation, conditions, '"start", "id"')

    def activities(self, session_id: str) -> list[Activity]:
        self.session(session_id)
        return self._many(Activity, where('"session" = $id', id=session_id), '"number", "start"')

    # --- records -------------------------------------------------------------------------------------------------

    def record(self, record_id: str) -> Record:
        return self._one(Record, record_id)

    def records(self, *, states: Several[str] = (), limit: int | None = None) -> list[Record]:
        """Newest session first."""
        conditions = where('r."state" IN (SELECT unnest($states::VARCHAR[]))', states=list(states) or None)
        source = 'record r JOIN (SELECT "id" AS sid, "start" FROM session) s ON r."session" = s.sid'
        return self._many(Record, conditions, 's."start" DESC, r."id"', limit=limit, source=source)

    def builds(self, record_id: str) -> list[RecordBuild]:
        """What its buildings have changed since it was first complete, oldest first."""
        self.record(record_id)
        return self._many(RecordBuild, where('"record" = $id', id=record_id), '"number"')

    # --- what people have settled --------------------------------------------------------------------------------

    def settlements(
        self, things: Iterable[str] | None = None, *, about: Question | None = None, limit: int | None = None
    ) -> list[Settlement]:
        """Newest first. things: only those of these ids."""
        conditions = where(f'"thing" IN {ANY_OF}', ids=None if things is None else list(things))
        conditions.add('"about" = $about', about=about)
        return self._many(Settlement, conditions, '"at" DESC, "thing", "about"', limit=limit)

    # --- what is told of datasets --------------------------------------------------------------------------------

    def last_file(self, session_id: str) -> datetime | None:
        """When the session's newest file was acquired. Of an open session everybody may know it."""
        found = self._ask('SELECT "at" FROM last_file WHERE "session" = $id', {"id": session_id})
        return codec.to_utc(found[0]["at"]) if found else None

    def is_taken(self, store: str, key: str) -> bool:
        """Whether a derived file has this key, whosever it is."""
        asked = {"store": store, "key": codec.to_text(key)}
        return bool(self._ask('SELECT 1 FROM taken_key WHERE "store" = $store AND "key" = $key LIMIT 1', asked))

    def tags(self, thing_id: str) -> list[str]:
        found = self._ask(
            'SELECT DISTINCT "tag" FROM tag WHERE "thing" = $id ORDER BY "tag"',
            {"id": thing_id},
            kind_if_known(thing_id),
        )
        return [codec.from_text(row["tag"]) for row in found]

    # --- provenance ----------------------------------------------------------------------------------------------

    def run(self, run_id: str) -> Run:
        return self._one(Run, run_id)

    def runs(self, limit: int | None = 200, *, dataset: str | None = None) -> list[Run]:
        """Newest first. dataset: only those that it went into or came out of."""
        conditions = where('list_contains(list_concat("inputs", "outputs"), $dataset)', dataset=dataset)
        return self._many(Run, conditions, '"start" DESC, "id"', limit=limit)

    def relation(self, relation_id: str) -> Relation:
        return self._one(Relation, relation_id)

    def relations(self, thing_id: str) -> list[Relation]:
        """Edges that begin or end at a dataset, or were made by a run."""
        return self._many(Relation, where('$id IN ("output", "input", "run")', id=thing_id), '"id"')

    def run_files(self, run_id: str) -> list[RunFile]:
        """What the run was seen to read and write, in its order."""
        self.run(run_id)
        return self._many(RunFile, where('"run" = $id', id=run_id), '"number"')

    def environments(self, ids: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
        """{id: facts} of what runs ran in."""
        conditions = where(f'"id" IN {ANY_OF}', ids=None if ids is None else list(ids))
        return {one.id: one.facts for one in self._many(Environment, conditions, '"id"')}

    def runs_in(self, environments: Iterable[str]) -> list[str]:
        """What runs in these environments have written."""
        sql = f'SELECT DISTINCT unnest("outputs") AS "id" FROM run WHERE "environment" IN {ANY_OF} ORDER BY 1'
        return [row["id"] for row in self._ask(sql, {"ids": list(environments)})]

    def replays(self, run_id: str) -> list[Replay]:
        """Newest first."""
        self.run(run_id)
        return self._many(Replay, where('"run" = $id', id=run_id), '"at" DESC, "id"')

    def replay(self, replay_id: str) -> Replay:
        return self._one(Replay, replay_id)

    def with_content(self, sha256: str, content_hash: str = "") -> list[Dataset]:
        """Whatever has these bytes, or this content, newest first."""
        conditions = where('("sha256" = $sha256 OR "content_hash" = $content)', sha256=sha256)
        conditions.parameters["content"] = content_hash or sha256
        return self._many(Dataset, conditions, '"modified" DESC, "id"')

    def of_bytes(self, hashes: Iterable[str]) -> dict[str, str]:
        """{SHA-256: the newest dataset that has these bytes} of those that any dataset has."""
        sql = f'SELECT "sha256", "id" FROM dataset WHERE "sha256" IN {ANY_OF} ORDER BY "modified", "id"'
        return {row["sha256"]: row["id"] for row in self._ask(sql, {"ids": list(hashes)})}

    def writers(self, dataset_id: str) -> list[str]:
        """The runs that wrote it, newest first.

        The rule is asked of these few: to blank the hidden outputs of all runs takes minutes where there are many.
        """
        found = self._read(_WRITERS, {"id": codec.to_text(dataset_id)})
        sql = f'SELECT "id" FROM run WHERE "id" IN {ANY_OF} ORDER BY "start" DESC, "id"'
        return [row["id"] for row in self._ask(sql, {"ids": [row["id"] for row in found]})] if found else []

    def newer_runs(self, run_id: str) -> list[str]:
        """Those that brought it up to date, newest first."""
        return [one.id for one in self._many(Run, where('"replaces" = $id', id=run_id), '"start" DESC, "id"')]

    def counts(self) -> dict[str, int]:
        """How many there are of each."""
        kinds = ("instrument", "session", "record", "dataset", "run")
        columns = ", ".join(f'(SELECT count(*) FROM {kind}) AS "{kind}s"' for kind in kinds)
        return self._ask(f"SELECT {columns}")[0]

    # --- history -------------------------------------------------------------------------------------------------

    def history(self, thing_id: str) -> list[AuditEntry]:
        """Every change of a thing, oldest first. Ids of things that the principal does not see are blank in it.

        Raises Invalid for the id of a change.
        """
        about = kind_if_known(thing_id)
        if about == "audit":
            raise Invalid(f"{thing_id} is a change itself.", hint="Ask for the history of what was changed.")
        conditions = where('"thing" = $id', id=thing_id)
        found = self._many(AuditEntry, conditions, '"at", "id"', about=about)
        return found if self.principal.is_staff else blanked(self._ask, found, self.principal.name)


def distance(near: datetime | None) -> str:
    """The beginning of an order: how far a session lies from a moment, in seconds; nothing where it has none."""
    if near is None:
        return ""
    moment = near.timestamp()
    return f'greatest(0.0, epoch("start") - {moment}, {moment} - epoch(coalesce("end", now()))), '
