"""What is asked of files: where they lie, what they say, whose they are, what became of each step."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from lims.catalog import codec
from lims.catalog.asking import Asking
from lims.catalog.tables import BY_ROW
from lims.catalog.where import ANY_OF, Window, where
from lims.errors import NoSuchThing
from lims.model import Dataset, Extraction, FormerVersion, Step
from lims.model.datasets import LATE

IS_ORPHAN = """"session" IS NULL AND "owner" IS NULL AND "kind" = 'raw' AND "copy_of" IS NULL AND "status" <> 'missing'
    AND "id" NOT IN (SELECT "thing" FROM settlement WHERE "about" = 'home')"""


OF_DATASETS = ("dataset", "dataset_then")


class Files(Asking):
    """That part of a `View` which is about datasets."""

    def dataset(self, dataset_id: str) -> Dataset:
        """The rule is asked of this one row, and of the one it is a copy of: to ask it of a million takes its time."""
        ids = {"id": codec.to_text(dataset_id)}
        copies = self._read('SELECT "copy_of" FROM {dataset_then} WHERE "id" = $id', ids)
        ids["original"] = copies[0]["copy_of"] or "" if copies else ""
        few = {name: f'(SELECT * FROM {self._base[name]} WHERE "id" IN ($id, $original))' for name in OF_DATASETS}
        found = self._ask('SELECT * FROM dataset WHERE "id" = $id', ids, base={**self._base, **few}) if copies else []
        if not found:
            raise NoSuchThing("dataset", dataset_id)
        one: Dataset = BY_ROW[Dataset].load(found[0])
        return one

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

    def session_of_folder(self, store: str, folder: str, *, without: str = "") -> str | None:
        """The session that most files of a folder are in. folder: with `/` at its end. without: a dataset left out."""
        sql = """SELECT "session", count(*) AS n FROM dataset
            WHERE "store" = $store AND starts_with("key", $folder) AND "session" IS NOT NULL AND "id" <> $without
            GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1"""
        found = self._ask(sql, {"store": store, "folder": codec.to_text(folder), "without": without})
        return str(found[0]["session"]) if found else None

    def orphans(self, instrument: str | None = None) -> list[Dataset]:
        """Raw files in no session, oldest first; not those of which a person said so, nor copies of other files."""
        conditions = where('"instrument" = $instrument', instrument=instrument).add(IS_ORPHAN)
        return self._many(Dataset, conditions, 'coalesce("acquired", "modified"), "key"')

    def stragglers(self, instrument: str) -> list[Dataset]:
        """Files in no session whose own time may not be that of what they say: late copies, rewritten ones."""
        conditions = where('"instrument" = $instrument', instrument=instrument)
        conditions.add(
            """"session" IS NULL AND "kind" = 'raw' AND ("version" > 1 OR contains("clock_note", $late))""", late=LATE
        )
        return self._many(Dataset, conditions, '"modified", "key"')

    def identities(self, instrument: str, *, without: Iterable[str] = ()) -> list[tuple[str, str, int, int]]:
        """(name, model, how many files, of how many the time inside was obeyed) of what an instrument's files say they
        are from, most first.

        without: ids of datasets that are not asked.
        """
        sql = """WITH said AS (
              SELECT i."dataset", any_value(d."clock") AS "clock",
                max(CASE WHEN n."field" = 'instrument_name' THEN n."text" END) AS "name",
                max(CASE WHEN n."field" = 'instrument_model' THEN n."text" END) AS "model"
              FROM normalised n JOIN indexed i ON i."names" = n."doc" JOIN dataset d ON d."id" = i."dataset"
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

        A key that a missing dataset once had is that of the one which has it now. A dataset's main key comes before
        its companions'.
        """
        found = self._ask(
            """SELECT "id", unnest(list_prepend("key", coalesce("companions", []))) AS file, "bytes", "modified",
                coalesce("companions_state", '') AS "state"
            FROM dataset WHERE "store" = $store AND starts_with("key", $prefix)
            ORDER BY "status" <> 'missing', "version", file <> "key" """,
            {"store": store, "prefix": codec.to_text(prefix)},
        )
        keys: dict[str, tuple[str, int, datetime, str]] = {}
        for row in found:
            key = codec.from_text(row["file"])
            keys.pop(key, None)  # or it would keep the place of the missing one's
            keys[key] = (row["id"], row["bytes"], codec.to_utc(row["modified"]), row["state"])
        return keys

    def document(self, dataset_id: str) -> dict[str, Any]:
        """The vendor's tree, unaltered; empty where nothing was extracted."""
        extraction = self.extraction(dataset_id)
        return extraction.metadata if extraction else {}

    def extraction(self, dataset_id: str) -> Extraction | None:
        """All that the extractor said of a dataset; None where nothing was extracted."""
        dataset = self.dataset(dataset_id)
        sql = 'SELECT "tree" FROM {indexed_then} WHERE "dataset" = $id AND "tree" IS NOT NULL'
        tree = self._read(sql, {"id": codec.to_text(dataset_id)})
        found = self._read('SELECT * FROM {document_then} WHERE "doc" = $doc', {"doc": tree[0]["tree"]}) if tree else []
        return _extraction(dataset, found[0]) if found else None

    def readers(self) -> dict[str, tuple[str, str]]:
        """{dataset: (extractor, its version)} of all that was extracted."""
        found = self._ask(
            """SELECT d."dataset", d."extractor", d."extractor_version" FROM document d
            JOIN indexed i ON d."doc" = i."tree" ORDER BY 1"""
        )
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
