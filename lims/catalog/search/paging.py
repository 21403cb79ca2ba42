"""One page out of all results: in order, by offset or from where an earlier page ended."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lims.catalog.search.fields import FIELDS, Field
from lims.catalog.search.grammar import BadQuery
from lims.catalog.search.index import Index
from lims.catalog.search.lens import Lens
from lims.catalog.search.looking_up import listed
from lims.catalog.search.names import Leaves, Names, Normalised
from lims.catalog.search.ordering import Key, Turned, code_key, first_of, in_order, places
from lims.catalog.search.shelf import Mask, Shelf, Slots
from lims.errors import Invalid

SORTS = {"newest": "-date", "oldest": "date", "largest": "-bytes", "smallest": "bytes"}
"""Other names of an order by a field; a minus before a field turns it round."""
LARGEST_PAGE = 10_000
NAMES = """SELECT i."names" AS "doc", NULL AS "id", regexp_extract(d."key", '[^/]*$') AS "name"
    FROM {dataset_then} d JOIN {indexed_then} i ON i."dataset" = d."id"
  UNION ALL SELECT NULL, s."id", coalesce(nullif(r."title", ''), s."title")
    FROM {session_then} s JOIN {record_then} r ON r."session" = s."id" """
RANKED = """SELECT "doc", "id", rank() OVER (ORDER BY lower("name"), "name") AS "rank" FROM ({})"""


@dataclass(frozen=True)
class Place:
    """A result: the shelf's slot."""

    is_record: bool
    slot: int


class Sorting:
    """One order. What needs SQL is read before the lock is held."""

    def __init__(self, index: Index, names: Names, sort: str) -> None:
        """Raises Invalid for what is no order."""
        self._index, self._names, self.sort = index, names, sort
        said = SORTS.get(sort, sort)
        self._is_descending = said.startswith("-")
        self._field = said.removeprefix("-")
        try:
            self._meaning = names.meaning(self._field, 0)
        except BadQuery as error:
            raise self._no_order(error.hint) from error
        self._read: Any = None
        meaning = self._meaning
        if isinstance(meaning, Leaves):
            self._read = self._leaves(meaning, "number")
            if self._read["number"].null_count == len(self._read):
                self._read = self._leaves(meaning, "text")
        elif isinstance(meaning, Field) and meaning.name == "name":
            self._read = index.columns(RANKED.format(NAMES))
        elif isinstance(meaning, Field) and (meaning.in_sql or meaning.kind == "tag"):
            able = ", ".join(name for name, one in FIELDS.items() if not one.in_sql and one.kind != "tag")
            raise self._no_order(
                f"Sort by {', '.join(SORTS)}, name, {able}, or any field of the files; -field turns it round."
            )

    def _leaves(self, meaning: Leaves, column: str) -> pa.Table:
        where = f'FROM {{leaf_then}} WHERE "path" IN ({listed(meaning.codes)})'
        if len(meaning.codes) == 1:
            return self._index.columns(f'SELECT "doc", "{column}" {where}')
        return self._index.columns(f'SELECT "doc", min("{column}") AS "{column}" {where} GROUP BY 1')

    def _no_order(self, hint: str) -> Invalid:
        return Invalid(f"Results cannot be sorted by {self.sort!r}.", hint=hint)

    # --- with the lock held --------------------------------------------------------------------------------------

    def page(
        self, lens: Lens, files: Mask, records: Mask, *, limit: int, offset: int, cursor: str
    ) -> tuple[list[Place], str]:
        """(the results, where the next page begins; "" where there is none)"""
        keys = self._keys(lens)
        if cursor:
            offset = self._after(cursor, keys, files, records)
        merged = self._merged(keys, files, records, offset + limit)
        found = [Place(slot < 0, abs(slot)) for slot in merged[offset : offset + limit].tolist()]
        total = np.count_nonzero(files) + np.count_nonzero(records)
        return found, self._cursor(found[-1], keys) if found and offset + len(found) < total else ""

    def all(self, lens: Lens, files: Mask, records: Mask) -> Slots:
        """Every result: the slots of files, and of records with a minus."""
        return self._merged(self._keys(lens), files, records, int(np.count_nonzero(files) + np.count_nonzero(records)))

    def _merged(self, keys: tuple[Key, Key], files: Mask, records: Mask, count: int) -> Slots:
        """Slots of files, and of records with a minus: at least the first so many."""
        index = self._index
        of_files = self._sorted(index.files, keys[0], files, count)
        of_records = self._sorted(index.sessions, keys[1], records, count)
        if not len(of_records):
            return of_files
        where = places(of_files, keys[0], index.files, of_records, keys[1], index.sessions)
        return np.insert(of_files, where, -of_records)

    def _sorted(self, shelf: Shelf, key: Key, mask: Mask, count: int) -> Slots:
        meaning = self._meaning
        is_file = shelf is self._index.files
        if isinstance(meaning, Field) and meaning.kind in ("time", "number") and not meaning.in_sql:
            column = meaning.file if is_file else meaning.session
            if column and isinstance(key, Turned):
                return self._index.orders.first_of(shelf, column, key, mask, count)
        if np.count_nonzero(mask) <= count:
            return in_order(shelf, key, np.flatnonzero(mask).astype(np.int32))
        return first_of(shelf, key, mask, count)

    def _keys(self, lens: Lens) -> tuple[Key, Key]:
        """Of files and of sessions, comparable with each other."""
        index, meaning, turned = self._index, self._meaning, self._is_descending
        nothing = np.full(index.sessions.size, np.nan)
        docs = self._read["doc"].to_numpy() if isinstance(meaning, Leaves) else None
        if not self._names.is_common(meaning) and not lens.sees(meaning, docs):
            raise self._no_order(self._names.unknown(self._field, 0).hint)
        if isinstance(meaning, Leaves):
            return self._leaf_key(), nothing
        if isinstance(meaning, Normalised):
            numbers, codes = index.normalised(meaning.name)
            if meaning.unit is None and codes is not None:
                return code_key(codes, index.lexicon, turned), nothing
            return Turned(numbers, turned), nothing
        if meaning.name == "name":
            return self._name_keys()
        if meaning.kind != "text":
            shelves = ((index.files, meaning.file), (index.sessions, meaning.session))
            of_files, of_sessions = (
                Turned(shelf[column], turned) if column else np.full(shelf.size, np.nan) for shelf, column in shelves
            )
            return of_files, of_sessions
        codes = np.concatenate([lens.codes_of_files(meaning), lens.codes_of_sessions(meaning)])
        key = code_key(codes, index.lexicon, turned)
        return key[: index.files.size], key[index.files.size :]

    def _name_keys(self) -> tuple[Key, Key]:
        rows, index = self._read, self._index
        is_file = rows["doc"].is_valid().to_numpy()
        ranks = rows["rank"].to_numpy().astype(float) * (-1 if self._is_descending else 1)
        of_files, of_sessions = (np.full(shelf.size, np.nan) for shelf in (index.files, index.sessions))
        of_files[index.slots_of_docs(rows["doc"].drop_null().to_numpy())] = ranks[is_file]
        of_sessions[index.sessions.slots_of(rows["id"].drop_null().to_pylist())] = ranks[~is_file]
        return of_files, of_sessions

    def _leaf_key(self) -> Key:
        """By number; where there are none, by text."""
        rows, index = self._read, self._index
        slots = index.slots_of_docs(rows["doc"].to_numpy())
        key = np.full(index.files.size, np.nan)
        if "number" in rows.column_names:
            key[slots] = rows["number"].to_numpy()
        else:
            coded = rows["text"].combine_chunks().dictionary_encode()
            texts = np.array([text.casefold() for text in coded.dictionary.to_pylist()], object)
            ranks = np.empty(len(texts))
            ranks[np.argsort(texts, kind="stable")] = np.arange(len(texts))
            key[slots] = ranks[coded.indices.to_numpy()]
        key[0] = np.nan
        return -key if self._is_descending else key

    # --- cursors -------------------------------------------------------------------------------------------------

    def _cursor(self, last: Place, keys: tuple[Key, Key]) -> str:
        shelf = self._index.sessions if last.is_record else self._index.files
        value = keys[last.is_record][last.slot].item()
        stored = [self.sort, last.is_record, shelf.id_of(last.slot), None if np.isnan(value) else value]
        return base64.urlsafe_b64encode(json.dumps(stored).encode()).decode()

    def _after(self, cursor: str, keys: tuple[Key, Key], files: Mask, records: Mask) -> int:
        """How many results stand up to where the earlier page ended."""
        try:
            sort, is_record, last, value = json.loads(base64.urlsafe_b64decode(cursor))
            if sort != self.sort or not isinstance(last, str) or not isinstance(value, float | int | None):
                raise ValueError
            number = np.nan if value is None else float(value)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Invalid("This cursor is of no page in this order.", hint="Ask for the first page again.") from error
        slot = (self._index.sessions if is_record else self._index.files).slots_of([last])[0]
        if slot and self._meaning_is_ranked:
            number = float(keys[bool(is_record)][slot])
        count = 0
        shelves = ((self._index.files, files, keys[0], False), (self._index.sessions, records, keys[1], True))
        for shelf, mask, of_all, of_records in shelves:
            key = of_all[:]
            before = (key < number) | (np.isnan(number) & ~np.isnan(key))
            ties = np.flatnonzero(mask & ((key == number) | (np.isnan(number) & np.isnan(key))))
            count += int(np.count_nonzero(mask & before))
            if of_records == bool(is_record):
                count += int(np.count_nonzero(shelf.ids[ties] <= last.encode("utf-8", "surrogatepass")))
            else:
                count += len(ties) if is_record else 0
        return count

    @property
    def _meaning_is_ranked(self) -> bool:
        """Whether what orders a thing depends on which others there are."""
        return isinstance(self._meaning, Leaves) or getattr(self._meaning, "kind", "text") == "text"
