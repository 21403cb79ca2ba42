"""All results of a search as one table, in their order.

What the arrays hold is taken from them while the index's lock is held. The rest is read afterwards, a statement for all
files and one for all sessions, and put beside it by id: nothing is joined row by row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lims.catalog.search.fields import FIELDS, MANY, Field
from lims.catalog.search.finding import Finding, Kind
from lims.catalog.search.grammar import BadQuery
from lims.catalog.search.index import Index
from lims.catalog.search.leaf_column import leaf_column
from lims.catalog.search.lens import Lens, lens_of
from lims.catalog.search.looking_up import TAGGED, listed
from lims.catalog.search.names import Ask, Leaves, Meaning, Names, Normalised
from lims.catalog.search.shelf import NO_TIME, Mask, Slots
from lims.errors import Invalid
from lims.model import Principal, vocabulary

LARGEST_TABLE = 5_000_000
"""Rows. A million of the usual columns takes some 250 MB while it is made."""
FEW = 20_000
"""So many things are asked for by their ids, more by reading all there are."""

KIND = Field("kind", "text")
"""Whether it is a record or a dataset."""
OF_HITS: dict[str, Field] = {
    "kind": KIND,
    "at": FIELDS["date"],
    "state": Field("state", "text", "status", "state"),
    "failed": Field("failed", "number", "", 'r."failed"', in_sql=True),
    "origin": FIELDS["kind"],
}
"""What a column of this name says of a result, as a `Hit` does; every other name means what it means in a query."""
USUAL = (
    "id", "kind", "name", "at", "instrument", "user", "project", "sample", "session", "record", "format", "state",
    "datasets", "activities", "bytes", "failed",
)  # fmt: skip
OF_A_FILE = {"datasets": 1, "activities": 0, "failed": 0}
"""What a file is itself, so that sums over files and records are right."""

DATASETS = 'SELECT d."id" AS "of", {} FROM {{dataset_then}} d'
SESSIONS = """SELECT s."id" AS "of", {} FROM {{session_then}} s
  LEFT JOIN {{record_then}} r ON r."session" = s."id\""""
NORMALISED = """SELECT i."dataset" AS "of", n."text" FROM {normalised_then} n
  JOIN {indexed_then} i ON i."names" = n."doc" WHERE n."field" = $field"""


def search_table(
    index: Index,
    principal: Principal,
    ask: Ask,
    query: str,
    *,
    columns: Sequence[str],
    kind: Kind,
    sort: str,
    filters: Mapping[str, Sequence[str]],
    limit: int,
) -> pa.Table:
    """See `View.search_table`."""
    if not 0 <= limit <= LARGEST_TABLE:
        raise Invalid(f"limit must be 0 to {LARGEST_TABLE:,}, not {limit}.")
    finding = Finding(index, ask, query, kind=kind, sort=sort, filters=filters)
    table = Table(index, ask, finding.names, columns or USUAL)
    with index.up_to_date():
        lens = lens_of(index, principal, ask)
        files, records, _ = finding.found(lens)
        total = np.count_nonzero(files) + np.count_nonzero(records)
        if total > limit:
            raise Invalid(
                f"There are {total:,} results, and a table may have {limit:,} rows.",
                hint=f"Narrow the search, or give a higher limit, up to {LARGEST_TABLE:,}.",
            )
        table.take(lens, finding.sorting.all(lens, files, records))
    return table.made()


class Table:
    """Of one search."""

    def __init__(self, index: Index, ask: Ask, names: Names, columns: Sequence[str]) -> None:
        """Raises Invalid, with the nearest name, for a column that means nothing."""
        self._index, self._ask, self._names = index, ask, names
        self._meant = {name: OF_HITS.get(name) or self._meaning(name) for name in dict.fromkeys(columns)}
        self._taken: dict[str, NDArray[Any]] = {}

    def _meaning(self, name: str) -> Meaning:
        try:
            return self._names.meaning(name, 0)
        except BadQuery as error:
            raise no_column(error) from error

    # --- with the lock held --------------------------------------------------------------------------------------

    def take(self, lens: Lens, slots: Slots) -> None:
        """slots: of files, and of records with a minus. Slot 0, which is nobody's, stands for what is no file."""
        files, sessions = lens.index.files, lens.index.sessions
        self._is_record: Mask = slots < 0
        self._files = np.where(self._is_record, 0, slots)
        self._sessions = np.where(self._is_record, -slots, lens.session[self._files])
        self._ids_of_files, self._ids_of_sessions = files.ids, sessions.ids  # a slot's id never changes
        self._lexicon = self._index.lexicon
        for name, meaning in self._meant.items():
            found = self._column(name, meaning, lens)
            if found is not None:
                self._taken[name] = found

    def _column(self, name: str, meaning: Meaning, lens: Lens) -> NDArray[Any] | None:
        """What the arrays say; None where SQL has to be asked."""
        if isinstance(meaning, Normalised):
            numbers, codes = self._index.normalised(meaning.name)
            if not self._names.is_common(meaning):
                self._require(lens.sees(meaning, None), name)
            found = numbers if meaning.unit is not None else codes
            return None if found is None else found[self._files]
        if isinstance(meaning, Leaves) or meaning.in_sql or meaning.kind == "tag" or meaning is KIND:
            return None
        if meaning.kind == "text":
            own = lens.codes_of_files(meaning, self._files)
            return np.where(self._is_record, lens.codes_of_sessions(meaning)[self._sessions], own)
        of_session = lens.index.sessions[meaning.session][self._sessions]
        of_file = lens.index.files[meaning.file][self._files] if meaning.file else OF_A_FILE[meaning.name]
        return np.where(self._is_record, of_session, of_file)

    # --- afterwards ----------------------------------------------------------------------------------------------

    def made(self) -> pa.Table:
        """Raises Invalid for a path that only hidden files have. What was removed meanwhile is left out."""
        of_sessions, of_files = self._ids_of_sessions[self._sessions], self._ids_of_files[self._files]
        self._things = _texts(np.where(self._is_record, of_sessions, of_files))
        used = np.flatnonzero(np.bincount(self._sessions, minlength=1))
        self._used_sessions = _texts(self._ids_of_sessions[used])
        self._place_of_session = np.searchsorted(used, self._sessions)
        self._there = np.ones(len(self._files), bool)
        self._read = self._fields_in_sql()
        fields, columns = [], []
        for name, meaning in self._meant.items():
            values, unit = self._values(name, meaning)
            fields.append(pa.field(name, values.type, metadata={"unit": unit} if unit else None))
            columns.append(values)
        table = pa.Table.from_arrays(columns, schema=pa.schema(fields))
        return table if self._there.all() else table.filter(pa.array(self._there))

    def _values(self, name: str, meaning: Meaning) -> tuple[pa.Array, str]:
        """(a column, its unit)"""
        if isinstance(meaning, Leaves):
            values, unit = leaf_column(self._index, meaning, self._things)
            self._require(values.null_count < len(values) or self._is_path(meaning), name)
            return values, unit
        if name in self._taken:
            return self._of_array(self._taken[name], meaning)
        if isinstance(meaning, Normalised):
            return self._too_many_texts(meaning), ""
        if meaning is KIND:
            codes = pa.array(self._is_record.astype(np.int8))
            return pa.DictionaryArray.from_arrays(codes, ["dataset", "record"]), ""
        return self._tags() if meaning.kind == "tag" else self._read[name], ""

    def _of_array(self, values: NDArray[Any], meaning: Normalised | Field) -> tuple[pa.Array, str]:
        if values.dtype == np.int32:
            return coded(values, self._lexicon.texts), ""
        if values.dtype == np.int64:
            return pa.array(values, mask=values == NO_TIME).cast(pa.timestamp("us", "UTC")), ""
        if isinstance(meaning, Normalised):
            return pa.array(values, from_pandas=True), vocabulary.FIELDS.get(meaning.name, meaning.unit or "")
        return pa.array(np.nan_to_num(values).astype(np.int64), mask=np.isnan(values)), meaning.unit

    def _require(self, is_seen: bool, name: str) -> None:
        """A name that only hidden files have is no name."""
        if not is_seen:
            raise no_column(self._names.unknown(name, 0))

    def _is_path(self, meaning: Leaves) -> bool:
        """Whether any file that the principal sees has a value there."""
        those = f'l."path" IN ({listed(meaning.codes)})'
        return bool(self._ask(f'SELECT 1 FROM leaf l JOIN indexed i ON i."tree" = l."doc" WHERE {those} LIMIT 1'))

    # --- what SQL says, by id ------------------------------------------------------------------------------------

    def _fields_in_sql(self) -> dict[str, pa.Array]:
        """Of files by one statement, of sessions by another."""
        asked = {name: one for name, one in self._meant.items() if isinstance(one, Field) and one.in_sql}
        of_files = {name: said(one, one.file) for name, one in asked.items() if one.file}
        of_sessions = {name: said(one, one.session) for name, one in asked.items() if one.session}
        files = self._files_in_sql(of_files) if of_files else {}
        sessions = self._sessions_in_sql(of_sessions) if of_sessions else {}
        return {name: self._both(one, files.get(name), sessions.get(name)) for name, one in asked.items()}

    def _both(self, field: Field, of_files: pa.Array | None, of_sessions: pa.Array | None) -> pa.Array:
        if of_files is None or of_sessions is None or field.inherits:
            return self._of_records(field, of_sessions) if of_files is None else of_files
        return pc.if_else(pa.array(self._is_record), of_sessions, of_files)

    def _of_records(self, field: Field, of_sessions: pa.Array) -> pa.Array:
        if field.inherits:
            return of_sessions
        of_a_file = pa.scalar(OF_A_FILE.get(field.name), of_sessions.type)
        return pc.if_else(pa.array(self._is_record), of_sessions, of_a_file)

    def _files_in_sql(self, expressions: Mapping[str, str]) -> dict[str, pa.Array]:
        things = self._things.filter(pa.array(~self._is_record))
        rows = self._rows(DATASETS, "d", expressions, things)
        places = pc.index_in(self._things, value_set=rows["of"])
        self._there &= self._is_record | places.is_valid().to_numpy(zero_copy_only=False)
        return {name: rows[f"c{number}"].take(places) for number, name in enumerate(expressions)}

    def _sessions_in_sql(self, expressions: Mapping[str, str]) -> dict[str, pa.Array]:
        rows = self._rows(SESSIONS, "s", expressions, self._used_sessions)
        found = pc.index_in(self._used_sessions, value_set=rows["of"])
        places = found.take(pa.array(self._place_of_session))
        self._there &= ~self._is_record | places.is_valid().to_numpy(zero_copy_only=False)
        columns = {name: rows[f"c{number}"].take(found) for number, name in enumerate(expressions)}
        return {name: shared(values, self._place_of_session) for name, values in columns.items()}

    def _rows(self, sql: str, table: str, expressions: Mapping[str, str], ids: pa.Array) -> pa.Table:
        """With the columns "of", and c0, c1, … for the expressions."""
        selected = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(expressions.values()))
        text = sql.format(selected)
        if len(ids) > FEW:
            rows = self._index.columns(text)
        else:
            among = f'{text} WHERE {table}."id" IN (SELECT unnest($ids::VARCHAR[]))'
            rows = self._index.columns(among, {"ids": ids.to_pylist()})
        return rows.combine_chunks()

    def _too_many_texts(self, meaning: Normalised) -> pa.Array:
        rows = self._index.columns(NORMALISED, {"field": meaning.name})
        return rows["text"].combine_chunks().take(pc.index_in(self._things, value_set=rows["of"]))

    def _tags(self) -> pa.Array:
        """Of a record also those of its session."""
        rows = self._index.columns(TAGGED)
        places = pc.index_in(rows["id"], value_set=self._things)
        tagged = pa.table({"place": places, "tag": rows["tag"]}).filter(places.is_valid())
        tagged = tagged.group_by(["place", "tag"]).aggregate([]).sort_by([("place", "ascending"), ("tag", "ascending")])
        counts = np.bincount(tagged["place"].to_numpy(), minlength=len(self._things))
        ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), tagged["tag"].combine_chunks())


def no_column(error: BadQuery) -> Invalid:
    """What a query says of such a name, without the place in it."""
    return Invalid(f"{error.what}.", hint=error.hint)


def said(field: Field, expression: str) -> str:
    """NULL for what says nothing."""
    return f"nullif({expression}, '')" if field.kind == "text" and field.name not in MANY else expression


def coded(codes: NDArray[np.int32], texts: Sequence[str]) -> pa.DictionaryArray:
    """With the texts that occur and no others: the lexicon holds everybody's. An empty one is none."""
    used = [code for code in np.flatnonzero(np.bincount(codes + 1)[1:]).tolist() if texts[code]]
    places = np.full(len(texts) + 1, -1, np.int32)
    places[used] = np.arange(len(used))
    found = places[codes]  # NO_CODE is -1: the last, which is none
    indices = pa.array(found, mask=found < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array([texts[code] for code in used], pa.string()))


def shared(values: pa.ChunkedArray, places: NDArray[Any]) -> pa.Array:
    """The value at each place. Texts are kept once for all that share them."""
    whole = values.combine_chunks()
    if not pa.types.is_string(whole.type):
        return whole.take(pa.array(places))
    once = whole.dictionary_encode()
    return pa.DictionaryArray.from_arrays(once.indices.take(pa.array(places)), once.dictionary)


def _texts(ids: NDArray[np.bytes_]) -> pa.Array:
    return pa.array(ids).cast(pa.string())
