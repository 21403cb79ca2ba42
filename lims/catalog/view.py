"""Every read of the catalog. The principal is bound first; `visibility.py` narrows every table named here."""

import json
from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from lims.catalog import codec
from lims.catalog.history import blanked
from lims.catalog.lineage import Direction, lineage_of
from lims.catalog.reader import Reader
from lims.catalog.relations import PRESENT
from lims.catalog.search.page import Kind, search_page
from lims.catalog.tables import BY_ROW, kind_if_known, table_of
from lims.catalog.visibility import visible
from lims.catalog.where import ANY_OF, Conditions, Window, where
from lims.errors import Invalid, NoSuchThing
from lims.model import (
    Activity,
    AuditEntry,
    Collection,
    Dataset,
    Extraction,
    FormerVersion,
    Instrument,
    Lineage,
    Person,
    Principal,
    Project,
    Question,
    Record,
    RecordBuild,
    Relation,
    Reservation,
    Run,
    Sample,
    SearchPage,
    Session,
    SessionEvent,
    Settlement,
    Step,
)

T = TypeVar("T")
IS_ORPHAN = """"session" IS NULL AND "owner" IS NULL AND "kind" = 'raw' AND "copy_of" IS NULL AND "status" <> 'missing'
    AND "id" NOT IN (SELECT "thing" FROM settlement WHERE "about" = 'home')"""
DATASETS_OF = {
    "dataset": 'SELECT "id" FROM dataset WHERE "id" = $id',
    "session": 'SELECT "id" FROM dataset WHERE "session" = $id',
    "record": 'SELECT "id" FROM dataset WHERE "session" = (SELECT "session" FROM record WHERE "id" = $id)',
    "activity": 'SELECT unnest("datasets") AS "id" FROM activity WHERE "id" = $id',
    "run": 'SELECT unnest(list_concat("inputs", "outputs")) AS "id" FROM run WHERE "id" = $id',
}


class View:
    """What one principal sees, now or at one snapshot. What does not exist and what is hidden are the same NoSuchThing.

    Made by `Catalog.view()` and, inside a change, `Transaction.view`. Safe to use from several threads.
    """

    def __init__(
        self,
        principal: Principal,
        reader: Reader,
        base: Mapping[str, str] = PRESENT,
        *,
        snapshot: int | None = None,
        whole: bool = False,
    ) -> None:
        """base: what the tables are called (`relations.py`). snapshot: None for now. whole: see `visibility.py`."""
        self.principal = principal
        self._reader = reader
        self._base = base
        self._snapshot = snapshot
        self._whole = whole

    # --- the few ways in which everything below asks -------------------------------------------------------------

    def _ask(self, sql: str, parameters: Mapping[str, Any] | None = None, about: str = "") -> list[dict[str, Any]]:
        text = visible(sql, self.principal, self._base, whole=self._whole, about=about)
        return self._reader.rows(text, dict(parameters or {}))

    def _many(
        self,
        kind: type[T],
        conditions: Conditions,
        order: str,
        *,
        limit: int | None = None,
        source: str = "",
        about: str = "",
    ) -> list[T]:
        table = BY_ROW[kind]
        tail = f" ORDER BY {order}" + (f" LIMIT {int(limit)}" if limit is not None else "")
        found = self._ask(f"SELECT * FROM {source or table.name}{conditions.sql}{tail}", conditions.parameters, about)
        return [table.load(row) for row in found]

    def _one(self, kind: type[T], thing_id: str) -> T:
        found = self._many(kind, where('"id" = $id', id=thing_id), '"id"', limit=1)
        if not found:
            raise NoSuchThing(BY_ROW[kind].name, thing_id)
        return found[0]

    def require(self, thing_id: str) -> None:
        """Raises NoSuchThing unless the principal sees it, Invalid for what is no id."""
        table = table_of(thing_id)
        if not self._ask(f'SELECT 1 FROM {table} WHERE "id" = $id LIMIT 1', {"id": thing_id}):
            raise NoSuchThing(table, thing_id)

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
        limit: int | None = 200,
    ) -> list[Session]:
        """Newest first."""
        conditions = where('"instrument" = $instrument', instrument=instrument).add('"user" = $user', user=user)
        conditions.add('"state" IN (SELECT unnest($states::VARCHAR[]))', states=list(states) or None).overlap(overlaps)
        return self._many(Session, conditions, '"start" DESC, "id"', limit=limit)

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

    # --- datasets ------------------------------------------------------------------------------------------------

    def dataset(self, dataset_id: str) -> Dataset:
        return self._one(Dataset, dataset_id)

    def datasets(
        self,
        *,
        session: str | None = None,
        ids: Iterable[str] | None = None,
        status: str | None = None,
        instrument: str | None = None,
        between: Window | None = None,
        without_session: bool = False,
        without_sha256: bool = False,
        sha256: Iterable[str] | None = None,
        copies_of: Iterable[str] | None = None,
        newest: int | None = None,
    ) -> list[Dataset]:
        """Oldest acquisition first. ids: those among them that exist and are visible. between: when acquired.

        sha256: of the main file, any of these. copies_of: other places of these datasets. newest: only so many.
        """
        moment = 'coalesce("acquired", "modified")'
        conditions = where('"session" = $session', session=session).add('"status" = $status', status=status)
        conditions.add(f'"id" IN {ANY_OF}', ids=None if ids is None else list(ids))
        conditions.add('"instrument" = $instrument', instrument=instrument)
        if sha256 is not None:
            conditions.add('"sha256" IN (SELECT unnest($hashes::VARCHAR[]))', hashes=list(sha256))
        if copies_of is not None:
            conditions.add('"copy_of" IN (SELECT unnest($originals::VARCHAR[]))', originals=list(copies_of))
        if between:
            conditions.add(f"{moment} >= $since AND {moment} < $until", since=between[0], until=between[1])
        if without_session:
            conditions.add('"session" IS NULL')
        if without_sha256:
            conditions.add('"sha256" IS NULL')
        if newest is None:
            return self._many(Dataset, conditions, f'{moment}, "key"')
        return self._many(Dataset, conditions, f'{moment} DESC, "key" DESC', limit=newest)[::-1]

    def session_of_folder(self, store: str, folder: str) -> str | None:
        """The session that most files of a folder are in. folder: with `/` at its end."""
        sql = """SELECT "session", count(*) AS n FROM dataset
            WHERE "store" = $store AND starts_with("key", $folder) AND "session" IS NOT NULL
            GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1"""
        found = self._ask(sql, {"store": store, "folder": codec.to_text(folder)})
        return str(found[0]["session"]) if found else None

    def orphans(self, instrument: str | None = None) -> list[Dataset]:
        """Raw files in no session, oldest first; not those of which a person said so, nor copies of other files."""
        conditions = where('"instrument" = $instrument', instrument=instrument).add(IS_ORPHAN)
        return self._many(Dataset, conditions, 'coalesce("acquired", "modified"), "key"')

    def stragglers(self, instrument: str) -> list[Dataset]:
        """Files in no session whose own time may not be that of what they say: late copies, rewritten ones."""
        conditions = where('"instrument" = $instrument', instrument=instrument)
        conditions.add(""""session" IS NULL AND "kind" = 'raw'
            AND ("version" > 1 OR contains("clock_note", 'or a late copy'))""")
        return self._many(Dataset, conditions, '"modified", "key"')

    def identities(self, instrument: str, *, without: Iterable[str] = ()) -> list[tuple[str, str, int, int]]:
        """(name, model, how many files, of how many the time inside was obeyed) of what an instrument's files say they
        are from, most first.

        without: ids of datasets that are not asked.
        """
        sql = """WITH said AS (
              SELECT n."dataset", any_value(d."clock") AS "clock",
                max(CASE WHEN n."field" = 'instrument_name' THEN n."text" END) AS "name",
                max(CASE WHEN n."field" = 'instrument_model' THEN n."text" END) AS "model"
              FROM normalised n JOIN dataset d ON n."dataset" = d."id"
              WHERE n."field" IN ('instrument_name', 'instrument_model') AND d."instrument" = $instrument
                AND d."id" NOT IN (SELECT unnest($without::VARCHAR[]))
              GROUP BY 1)
            SELECT coalesce("name", '') AS "name", coalesce("model", '') AS "model", count(*) AS n,
              count(*) FILTER ("clock" = 'inner') AS obeyed
            FROM said GROUP BY 1, 2 ORDER BY n DESC, 1, 2"""
        found = self._ask(sql, {"instrument": instrument, "without": list(without)})
        return [(row["name"], row["model"], row["n"], row["obeyed"]) for row in found]

    def count_orphans(self, instrument: str) -> int:
        """How many `orphans` an instrument has."""
        conditions = where('"instrument" = $instrument', instrument=instrument).add(IS_ORPHAN)
        return int(self._ask(f"SELECT count(*) AS n FROM dataset{conditions.sql}", conditions.parameters)[0]["n"])

    def former_versions(self, datasets: Iterable[str]) -> list[FormerVersion]:
        """What lay there before, oldest first."""
        conditions = where(f'"dataset" IN {ANY_OF}', ids=list(datasets))
        return self._many(FormerVersion, conditions, '"dataset", "version"')

    def dataset_at(self, store: str, key: str) -> Dataset | None:
        """The newest version of what lies at a key, which may be the main file's or a companion's."""
        conditions = where('"store" = $store', store=store)
        conditions.add('("key" = $key OR list_contains("companions", $key))', key=codec.to_text(key))
        found = self._many(Dataset, conditions, '"version" DESC, ("key" = $key) DESC', limit=1)
        return found[0] if found else None

    def keys_in(self, store: str, prefix: str) -> dict[str, tuple[str, int, datetime, str]]:
        """{key: (dataset id, bytes with all companions, mtime, its companions' state)} for every key, companions' too.

        A key that a missing dataset once had is that of the one which has it now.
        """
        found = self._ask(
            """SELECT "id", unnest(list_prepend("key", coalesce("companions", []))) AS file, "bytes", "modified",
                coalesce("companions_state", '') AS "state"
            FROM dataset WHERE "store" = $store AND starts_with("key", $prefix)
            ORDER BY "status" <> 'missing', "version" """,
            {"store": store, "prefix": codec.to_text(prefix)},
        )
        return {
            codec.from_text(row["file"]): (row["id"], row["bytes"], codec.to_utc(row["modified"]), row["state"])
            for row in found
        }

    def document(self, dataset_id: str) -> dict[str, Any]:
        """The vendor's tree, unaltered; empty where nothing was extracted."""
        extraction = self.extraction(dataset_id)
        return extraction.metadata if extraction else {}

    def extraction(self, dataset_id: str) -> Extraction | None:
        """All that the extractor said of a dataset; None where nothing was extracted."""
        dataset = self.dataset(dataset_id)
        found = self._ask('SELECT * FROM document WHERE "dataset" = $id', {"id": dataset_id})
        return _extraction(dataset, found[0]) if found else None

    def readers(self) -> dict[str, tuple[str, str]]:
        """{dataset: (extractor, its version)} of all that was extracted."""
        found = self._ask('SELECT "dataset", "extractor", "extractor_version" FROM document ORDER BY "dataset"', {})
        return {row["dataset"]: (row["extractor"], row["extractor_version"]) for row in found}

    def steps(self, dataset_id: str) -> list[Step]:
        self.dataset(dataset_id)
        return self._many(Step, where('"dataset" = $id', id=dataset_id), '"at" NULLS LAST, "step"')

    def telling_steps(self, datasets: Iterable[str]) -> list[Step]:
        """What went wrong with these datasets, and why they have no picture, if so."""
        conditions = where("(\"state\" = 'failed' OR \"step\" = 'preview' AND \"reason\" <> '')")
        conditions.add(f'"dataset" IN {ANY_OF}', ids=list(datasets))
        return self._many(Step, conditions, '"at", "dataset", "step"')

    def failed_steps(self, session: str | None = None) -> list[Step]:
        """Of one session, or all."""
        conditions = where("\"state\" = 'failed'")
        conditions.add('"dataset" IN (SELECT "id" FROM dataset WHERE "session" = $session)', session=session)
        return self._many(Step, conditions, '"at", "dataset", "step"')

    def step_counts(self) -> dict[str, dict[str, int]]:
        """{step: {state: how many datasets}}."""
        counts: dict[str, dict[str, int]] = {}
        for row in self._ask('SELECT "step", "state", count(*) AS n FROM step GROUP BY 1, 2 ORDER BY 1, 2'):
            counts.setdefault(row["step"], {})[row["state"]] = int(row["n"])
        return counts

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

    # --- search --------------------------------------------------------------------------------------------------

    def search(
        self,
        query: str = "",
        *,
        kind: Kind = None,
        limit: int = 50,
        offset: int = 0,
        sort: str = "newest",
        facets: Sequence[str] = (),
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> SearchPage:
        """Records and datasets that match; `search/` says how.

        filters: {field: values, of which one must be there}; a facet is not narrowed by its own.
        Raises Invalid, for a query that cannot be understood with the character where.
        """
        return search_page(
            self._ask,
            query,
            kind=kind,
            limit=limit,
            offset=offset,
            sort=sort,
            facets=facets,
            filters=filters or {},
            as_of=self._snapshot,
        )

    # --- provenance ----------------------------------------------------------------------------------------------

    def run(self, run_id: str) -> Run:
        return self._one(Run, run_id)

    def runs(self, limit: int | None = 200, *, dataset: str | None = None) -> list[Run]:
        """Newest first. dataset: only those that it went into or came out of."""
        conditions = where('list_contains(list_concat("inputs", "outputs"), $dataset)', dataset=dataset)
        return self._many(Run, conditions, '"start" DESC, "id"', limit=limit)

    def relations(self, thing_id: str) -> list[Relation]:
        """Edges that begin or end at a dataset, or were made by a run."""
        return self._many(Relation, where('$id IN ("output", "input", "run")', id=thing_id), '"id"')

    def lineage(self, thing_id: str, direction: Direction = "both") -> Lineage:
        """What a dataset, the datasets of a record, session or activity, or those of a run came from and led to."""
        return lineage_of(self._ask, self._datasets_of(thing_id), direction)

    def _datasets_of(self, thing_id: str) -> list[str]:
        """Raises NoSuchThing where the principal does not see the thing, Invalid where it has no datasets."""
        self.require(thing_id)
        table = table_of(thing_id)
        if table not in DATASETS_OF:
            raise Invalid(f"{thing_id} has no lineage.", hint="Ask for that of a dataset, record, session or run.")
        return [row["id"] for row in self._ask(DATASETS_OF[table], {"id": thing_id})]

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


def _extraction(dataset: Dataset, row: Mapping[str, Any]) -> Extraction:
    return Extraction(
        format=row["format"],
        extractor=row["extractor"],
        extractor_version=row["extractor_version"],
        signals=dataset.signals,
        normalised=dataset.normalised,
        metadata=codec.decode(json.loads(row["metadata"])),
        warnings=tuple(codec.from_text(warning) for warning in row["warnings"] or ()),
    )
