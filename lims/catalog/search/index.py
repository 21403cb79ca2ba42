"""What is searched, in memory: files and sessions as arrays of one snapshot, kept up with the commits.

It holds everybody's rows. What is told of them goes through a `Lens` (`lens.py`), which knows what one principal sees.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lims.catalog.changes import Changes, Feed
from lims.catalog.following import Following
from lims.catalog.lake import quote
from lims.catalog.leaves import number_of, text_of
from lims.catalog.reader import ThreadReader
from lims.catalog.search.kept import NOTHING_YET, Kept
from lims.catalog.search.ordering import Orders
from lims.catalog.search.shelf import NO_CODE, NO_TIME, Kind, Mask, Shelf, Slots, ids_of
from lims.catalog.search.told import Told
from lims.catalog.sequences import Lexicon
from lims.catalog.tables import BY_ROW
from lims.catalog.words import spoken
from lims.model import Dataset, Principal, Value

OF_FILES: dict[str, Kind] = {
    "names": "doc",
    "tree": "doc",
    "session": "slot",
    "copy_of": "slot",
    "moment": "time",
    "day": "day",
    "bytes": "number",
    "format": "code",
    "kind": "code",
    "status": "code",
    "store": "code",
    "owner": "code",
    "instrument": "code",
    "project": "code",
    "name": "text",
    "no_picture": "code",
    "blank": "code",
    "preview_size": "code",
    "has_companions": "flag",
}
FILES = """SELECT d."id", i."names", i."tree", d."session" AS "session_id", d."copy_of" AS "copy_id",
    epoch_us(coalesce(d."acquired", d."modified")) AS "moment", CAST(d."bytes" AS DOUBLE) AS "bytes",
    CAST(CAST(coalesce(d."acquired", d."modified") AS DATE) - DATE '1970-01-01' AS INTEGER) AS "day",
    d."format", d."kind", d."status", d."store", d."owner", d."instrument", d."project",
    split_part(d."key", '/', -1) AS "name", p."reason" AS "no_picture", nullif(d."blank", '') AS "blank",
    d."preview_size", len(d."companions") > 0 AS "has_companions"
  FROM {dataset_then} d JOIN {indexed_then} i ON i."dataset" = d."id"
    LEFT JOIN {step_then} p ON p."dataset" = d."id" AND p."step" = 'preview' AND p."reason" <> '' """

OF_SESSIONS: dict[str, Kind] = {
    "has_record": "flag",
    "state": "code",
    "instrument": "code",
    "user": "code",
    "operator": "code",
    "project": "code",
    "sample": "code",
    "start": "time",
    "day": "day",
    "end": "time",
    "bytes": "number",
    "datasets": "number",
    "activities": "number",
    "has_notes": "flag",
    "has_reservation": "flag",
    "has_people": "flag",
}
SESSIONS = """SELECT s."id", r."id" IS NOT NULL AS "has_record", r."state", s."instrument",
    s."user", s."operator", s."project", s."sample", epoch_us(s."start") AS "start", epoch_us(s."end") AS "end",
    CAST(CAST(s."start" AS DATE) - DATE '1970-01-01' AS INTEGER) AS "day",
    CAST(r."bytes" AS DOUBLE) AS "bytes", CAST(r."datasets" AS DOUBLE) AS "datasets",
    CAST(r."activities" AS DOUBLE) AS "activities", s."notes" <> '' AS "has_notes",
    s."reservation" IS NOT NULL AS "has_reservation", len(s."people") > 0 AS "has_people"
  FROM {session_then} s LEFT JOIN {record_then} r ON r."session" = s."id" """

# What was said about a session: the words that find it and all its files.
OF_TOLD = """FROM {session_then} s LEFT JOIN {record_then} r ON r."session" = s."id"
    LEFT JOIN {instrument_then} i ON s."instrument" = i."id" LEFT JOIN {reservation_then} v ON s."reservation" = v."id"
    LEFT JOIN {project_then} j ON s."project" = j."id" LEFT JOIN {sample_then} m ON s."sample" = m."id"
    LEFT JOIN (SELECT "session", list("text" ORDER BY "at", "id") AS "texts" FROM {session_event_then} GROUP BY 1) n
      ON n."session" = s."id" """
TOLD = f"""SELECT s."id", [r."title", s."title", s."notes", s."user", s."operator", array_to_string(s."people", ' '),
    s."project", s."sample", s."instrument", i."name", v."title", j."title", m."title"] AS "texts", n."texts" AS "notes"
  {OF_TOLD}"""
NORMALISED = 'SELECT "doc", "number", "text" FROM {normalised_then} WHERE "field" = ?'
VALUES = 'SELECT "field", any_value("unit") AS "unit", count("number") AS n FROM {normalised_then} GROUP BY 1'
PATHS = 'SELECT "key", "code", "unit" FROM {path_then} ORDER BY "key", "code"'
TABLES_OF_FILES = {"dataset": "id", "indexed": "dataset", "step": "dataset"}
TABLES_OF_SESSIONS = {"session": "id", "record": "session", "session_event": "session"}
"""What is read of a file, and of a session, and where its id stands there."""
MOST_WORDS = 50_000
"""A normalised text with more different values is looked for in its table instead."""
_VALUES = next(column for column in BY_ROW[Dataset].columns if column.name == "normalised")
LEAST_AT_ONCE, MOST_PARTS = 40_000, 25
"""Files that are read at once: of a million, all would take 600 MB beside the 100 that stay. Each part looks at all."""


def values_of(stored: str) -> dict[str, Value]:
    """The normalised values of a dataset, of what its row has."""
    found: dict[str, Value] = _VALUES.load(stored)
    return found


class Index(Following):
    """One snapshot's arrays. The lock is held for milliseconds, and longer only where they are read anew."""

    def __init__(self, reader: ThreadReader, base: Mapping[str, str], feed: Feed | None) -> None:
        """base: what the tables are called (`relations.py`)."""
        super().__init__(reader, feed)
        self.base = base

    def sql(self, text: str) -> str:
        return text.format_map(self.base)

    def rows(self, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
        return self.reader.rows(self.sql(sql), parameters)

    def rows_of(self, sql: str, ids: Iterable[Any]) -> list[dict[str, Any]]:
        """Those of these things, which a statement names one by one where it says $ids: so an index finds them."""
        asked = list(ids)
        return self.rows(sql.replace("$ids", ", ".join("?" * len(asked))), asked) if asked else []

    def columns(self, sql: str, parameters: Any = None, *, of: Mapping[str, str] | None = None) -> pa.Table:
        """of: what the tables are called, `base` else."""
        return self.reader.columns(sql.format_map(of or self.base), parameters)

    def docs(self, sql: str, parameters: Any = None) -> NDArray[Any]:
        """Those that a statement names in its column "doc"."""
        found: NDArray[Any] = self.columns(sql, parameters)["doc"].to_numpy()
        return found

    @property
    def bytes(self) -> int:
        """Memory of the arrays; 0 before anybody has searched."""
        if self._snapshot < 0:
            return 0
        columns = [self.files[name] for name in (*OF_FILES, *self.columns_of_normalised)]
        columns += [self.sessions[name] for name in OF_SESSIONS]
        own = (self.files.ids, self.sessions.ids, self._slot_of_doc)
        return sum(one.nbytes for one in (*columns, *own)) + self.kept.bytes

    @property
    def columns_of_normalised(self) -> list[str]:
        """Those that somebody has asked for: "number voltage", "text detector"."""
        names = [f"{kind} {field}" for field in sorted(self._normalised) for kind in ("number", "text")]
        return [name for name in names if name in self.files]

    def belong(self, docs: NDArray[Any], slots: Slots) -> Mask:
        """Which of these documents are taken for those of these files."""
        places = np.minimum(docs + self._offset, len(self._slot_of_doc) - 1)
        found: Mask = (self._slot_of_doc[places] == slots) & (docs + self._offset == places)
        return found

    # --- following the commits -----------------------------------------------------------------------------------

    @property
    def settled(self) -> int:
        """The last document of those all of which this thread's tables have. With the lock held, after `follow`."""
        is_known = self._feed is not None and self._snapshot <= self.reader.snapshot
        return self._settled if is_known else NOTHING_YET

    def _load(self) -> None:
        self.lexicon = Lexicon()
        self.files, self.sessions = Shelf(OF_FILES, self.lexicon), Shelf(OF_SESSIONS, self.lexicon)
        self.orders = Orders()
        self._normalised: set[str] = set()
        self._told: Told | None = None
        self._paths: dict[str, list[tuple[int, str]]] | None = None
        self._fields: dict[str, str | None] | None = None
        self.seen: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self.lenses: OrderedDict[Principal, tuple[int, Any]] = OrderedDict()
        self.known: dict[Principal, Any] = {}
        self._last_doc = self._settled = NOTHING_YET
        self.generation = self.sessions_generation = 0
        sessions = self.columns(SESSIONS + ' ORDER BY s."id"')
        self.sessions.fill(sessions)
        lowest = self.rows('SELECT min("names") AS "doc" FROM {indexed_then}')[0]["doc"]
        self._offset = -min(lowest or 0, 0)
        self._slot_of_doc = np.zeros(1, np.int32)
        ids = ids_of(self.columns('SELECT "id" FROM {dataset_then} ORDER BY "id"')["id"])
        self.files.begin(ids)
        self.kept = Kept(lambda: self.files.size)
        at_once = max(LEAST_AT_ONCE, len(ids) // MOST_PARTS)
        for part in range(0, len(ids), at_once):
            ends = ids[part], ids[part : part + at_once][-1]
            self._load_files([one.decode() for one in ends])
        self._settled = self._last_doc

    def _load_files(self, ends: list[str]) -> None:
        """From one id to another. What has come just now is left to whoever follows."""
        files = self.columns(f'{FILES} WHERE d."id" BETWEEN ? AND ? ORDER BY d."id"', ends)
        slots = self.files.find(ids_of(files["id"]))
        known = slots > 0
        if not known.all():
            slots, files = slots[known], files.filter(pa.array(known))
        self.files.put(slots, files)
        self._link(slots, files)

    def _link(self, slots: Slots, rows: pa.Table) -> None:
        """Which session, which original, which documents."""
        sessions = rows["session_id"].combine_chunks().dictionary_encode()
        places = np.append(self.sessions.slots_of(sessions.dictionary.to_pylist()), 0).astype(np.int32)
        self.files["session"][slots] = places[sessions.indices.fill_null(len(places) - 1).to_numpy()]
        copies = np.flatnonzero(rows["copy_id"].is_valid().to_numpy())
        originals = [one for one in rows["copy_id"].to_pylist() if one is not None] if len(copies) else []
        self.files["copy_of"][slots] = 0
        self.files["copy_of"][slots[copies]] = self.files.slots_of(originals)
        for name in ("names", "tree"):
            there = rows[name].is_valid().to_numpy()
            docs = rows[name].drop_null().to_numpy() + self._offset
            if len(docs) and docs.max() >= len(self._slot_of_doc):
                more = np.zeros(docs.max() + 1 + len(self._slot_of_doc) // 8 - len(self._slot_of_doc), np.int32)
                self._slot_of_doc = np.concatenate([self._slot_of_doc, more])
            self._slot_of_doc[docs] = slots[there]
            self._last_doc = max(self._last_doc, int(docs.max(initial=0)) - self._offset)

    def _take(self, changes: Changes) -> bool:
        self.generation += bool(changes.sessions or changes.datasets)
        self.sessions_generation += bool(changes.sessions)
        if changes.paths:
            self._paths = None
        if changes.names:
            self._told = None
        if changes.sessions:
            self._take_sessions(sorted(changes.sessions))
        if changes.datasets:
            self._take_files(sorted(changes.datasets))
        self._settled = self._last_doc
        return True

    def _take_sessions(self, ids: list[str]) -> None:
        among = self.among(ids, TABLES_OF_SESSIONS)
        rows = self.columns(SESSIONS, of=among)
        slots = self._places(self.sessions, ids, rows["id"].to_pylist())
        self.sessions.put(slots, rows)
        self.orders.note(self.sessions, slots)
        if self._told is not None:
            self._tell(self._told, self.columns(TOLD, of=among))

    def _take_files(self, ids: list[str]) -> None:
        among = self.among(ids, TABLES_OF_FILES)
        rows = self.columns(FILES, of=among)
        old = self.files.slots_of(ids)
        self._forget_docs(old[old > 0])
        slots = self._places(self.files, ids, rows["id"].to_pylist())
        self.files.put(slots, rows)
        self._link(slots, rows)
        self.orders.note(self.files, slots)
        if self._normalised or self._fields is not None:
            self._take_normalised(ids, among)

    def among(self, ids: list[str], tables: Mapping[str, str]) -> Mapping[str, str]:
        """The tables with these things' rows alone, which are named one by one: so the hot tables' index finds them."""
        asked = ", ".join(map(quote, ids))
        narrowed = {
            f"{table}_then": f"""(SELECT * FROM {self.base[f"{table}_then"]} WHERE "{column}" IN ({asked}))"""
            for table, column in tables.items()
        }
        return {**self.base, **narrowed}

    def _forget_docs(self, slots: Slots) -> None:
        """What was written down of them before finds nothing any more."""
        for name in ("names", "tree"):
            docs = self.files[name][slots]
            self._slot_of_doc[docs[docs != NO_TIME] + self._offset] = 0

    @staticmethod
    def _places(shelf: Shelf, asked: list[str], found: list[str]) -> Slots:
        """The slots of what was found, new ones too; the others that were asked for are gone."""
        known = shelf.slots_of(found)
        gone = shelf.slots_of(sorted(set(asked) - set(found)))
        shelf.remove(gone[gone > 0])
        new = np.flatnonzero(known == 0)
        if len(new):
            known[new] = shelf.add([found[place] for place in new])
        return known

    def is_code(self, codes: NDArray[np.int32], text: str) -> Mask:
        """Where a column of codes has this text."""
        return codes == self.lexicon.get(text, NO_CODE - 1)

    # --- what SQL found, as slots --------------------------------------------------------------------------------

    def slots_of_docs(self, docs: NDArray[Any]) -> Slots:
        """Of each the file; 0 for those that are nobody's any more, or not yet."""
        places = np.add(docs, self._offset, dtype=np.intp)
        slots = self._slot_of_doc.take(places, mode="clip")
        if len(places) and places.max() >= len(self._slot_of_doc):
            slots[places >= len(self._slot_of_doc)] = 0
        return slots

    # --- normalised values ---------------------------------------------------------------------------------------

    def normalised(self, field: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """(the field's number in each file; the code of its text, None where there are too many texts)"""
        if field not in self._normalised:
            sql = f'SELECT DISTINCT "text" FROM {{normalised_then}} WHERE "field" = $f LIMIT {MOST_WORDS + 1}'
            texts = self.reader.fresh(lambda: self.rows(sql, {"f": field}))
            self.files.add_column(f"number {field}", "number")
            if len(texts) <= MOST_WORDS:
                self.files.add_column(f"text {field}", "code")
            self._put_normalised(field, self.reader.fresh(lambda: self.columns(NORMALISED, [field])))
            self._normalised.add(field)
        has_codes = f"text {field}" in self.files
        return self.files[f"number {field}"], self.files[f"text {field}"] if has_codes else None

    def has_normalised(self, field: str) -> Mask:
        numbers, codes = self.normalised(field)
        there: Mask = ~np.isnan(numbers)
        return there if codes is None else there | (codes != NO_CODE)

    def _take_normalised(self, ids: list[str], among: Mapping[str, str]) -> None:
        """From the datasets themselves: their table holds the values of millions, in the order of the fields."""
        there = self.files.slots_of(ids)
        for name in self.columns_of_normalised:
            self.files[name][there] = np.nan if name.startswith("number ") else NO_CODE
        rows = self.reader.rows('SELECT "id", "normalised" FROM {dataset_then}'.format_map(among))
        slots = self.files.slots_of([row["id"] for row in rows]).tolist()
        said: dict[str, list[tuple[int, Value]]] = {}
        for slot, row in zip(slots, rows, strict=True):
            for field, value in values_of(row["normalised"]).items():
                said.setdefault(field, []).append((slot, value))
        for field, values in said.items():
            if self._fields is not None:
                is_number = any(number_of(value.value) is not None for _, value in values)
                self._fields[field] = values[0][1].unit if is_number else None
            if field in self._normalised:
                numbers = pa.array([number_of(value.value) for _, value in values], pa.float64())
                texts = pa.array([text_of(value.value) for _, value in values], pa.string())
                columns = pa.table({f"number {field}": numbers, f"text {field}": texts})
                self.files.put(np.array([slot for slot, _ in values], np.int32), columns)

    def _put_normalised(self, field: str, rows: pa.Table) -> None:
        slots = self.slots_of_docs(rows["doc"].to_numpy())
        columns = pa.table({f"number {field}": rows["number"], f"text {field}": rows["text"]})
        there = slots > 0
        self.files.put(slots[there], columns.filter(pa.array(there)))

    @property
    def fields(self) -> dict[str, str | None]:
        """Normalised fields that there are, each with its unit, None for a text."""
        if self._fields is None:
            rows = self.reader.fresh(lambda: self.rows(VALUES))
            self._fields = {row["field"]: (row["unit"] or "") if row["n"] else None for row in rows}
        return self._fields

    # --- vendors' paths ------------------------------------------------------------------------------------------

    @property
    def paths(self) -> dict[str, list[tuple[int, str]]]:
        """{path: (code, unit) of each way its numbers are written}"""
        if self._paths is None:
            found: dict[str, list[tuple[int, str]]] = {}
            for row in self.reader.fresh(lambda: self.rows(PATHS)):
                found.setdefault(row["key"], []).append((row["code"], row["unit"]))
            self._paths = found
        return self._paths

    # --- what was said of sessions -------------------------------------------------------------------------------

    @property
    def told(self) -> Told:
        if self._told is None:
            rows = self.reader.fresh(lambda: self.columns(TOLD))
            self._told = Told()
            self._tell(self._told, rows)
        return self._told

    def _tell(self, told: Told, rows: pa.Table) -> None:
        slots = self.sessions.slots_of(rows["id"].to_pylist()).tolist()
        said = zip(slots, rows["texts"].to_pylist(), rows["notes"].to_pylist(), strict=True)
        texts = {slot: spoken([text for text in [*texts, *(notes or ())] if text]) for slot, texts, notes in said}
        texts.pop(0, None)  # of a session that has come just now
        told.put(texts.keys(), texts.values(), self.sessions.size)
