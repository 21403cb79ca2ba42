"""How many results there are of each value, and choosing by values: facets."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lims.catalog.search.fields import MANY, Field
from lims.catalog.search.index import NORMALISED, Index
from lims.catalog.search.lens import Lens
from lims.catalog.search.looking_up import TAGGED, listed
from lims.catalog.search.masks import is_among
from lims.catalog.search.names import Meaning, Names, Normalised
from lims.catalog.search.shelf import NO_CODE, Mask, Slots, coded
from lims.catalog.sequences import Lexicon

MOST_FACETS = 100
MOST_CELLS = 50_000_000
FILE_VALUES = """SELECT i."names" AS "doc", {} AS "text" FROM {{dataset_then}} d
  JOIN {{indexed_then}} i ON i."dataset" = d."id" """
SESSION_VALUES = """SELECT s."id", {} AS "text" FROM {{session_then}} s
  LEFT JOIN {{record_then}} r ON r."session" = s."id" """


def _counted(codes: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """How often each of so many codes is there."""
    return np.bincount(codes + 1, minlength=count + 1)[1:]


@dataclass(frozen=True)
class Values:
    """Codes of one shelf's rows: by slot, or, with `slots`, any number for each of these."""

    codes: NDArray[np.int32]
    slots: Slots | None = None

    def counts(self, mask: Mask, count: int) -> NDArray[np.int64]:
        return _counted(self.codes.compress(mask if self.slots is None else mask.take(self.slots)), count)

    def with_any(self, wanted: set[int], size: int, count: int) -> Mask:
        fitting = is_among(self.codes, wanted, count)
        if self.slots is None:
            return fitting
        found = np.zeros(size, bool)
        found[self.slots[fitting]] = True
        return found


@dataclass(frozen=True)
class OfFiles:
    """What files have, by their sessions or themselves: worked out for those that are counted."""

    lens: Lens
    meaning: Field
    slots = None

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        return self.lens.codes_of_files(self.meaning)

    def counts(self, mask: Mask, count: int) -> NDArray[np.int64]:
        return _counted(self.lens.codes_of_files(self.meaning, np.flatnonzero(mask)), count)

    def with_any(self, wanted: set[int], size: int, count: int) -> Mask:
        return is_among(self.codes, wanted, count)


NOTHING = Values(np.zeros(0, np.int32), np.zeros(0, np.int32))


@dataclass(frozen=True)
class Choice:
    """A field by which results are counted or chosen."""

    lexicon: Lexicon
    files: Values | OfFiles
    records: Values

    def counts(self, files: Mask, records: Mask) -> list[tuple[str, int]]:
        """(value, how many), most first; not those without one."""
        count = len(self.lexicon.texts)
        found = self.files.counts(files, count) + self.records.counts(records, count)
        there = np.flatnonzero(found)
        if len(there) > 10 * MOST_FACETS:
            there = there[np.argpartition(-found[there], 2 * MOST_FACETS)[: 2 * MOST_FACETS]]
        texts = ((self.lexicon.texts[code], int(found[code])) for code in there)
        return sorted((one for one in texts if one[0]), key=lambda one: (-one[1], one[0]))[:MOST_FACETS]

    def values(self, files: Mask, records: Mask) -> list[str]:
        """All that there are."""
        count = len(self.lexicon.texts)
        found = self.files.counts(files, count) + self.records.counts(records, count)
        return [self.lexicon.texts[code] for code in np.flatnonzero(found).tolist()]

    def chosen(self, values: Sequence[str], lens: Lens) -> tuple[Mask, Mask]:
        """The files and the records that have one of these values."""
        wanted = {self.lexicon[value] for value in values if value in self.lexicon}
        count = len(self.lexicon.texts)
        files, sessions = lens.index.files.size, lens.index.sessions.size
        return self.files.with_any(wanted, files, count), self.records.with_any(wanted, sessions, count)


class Choices:
    """Made for one question. What needs SQL is read before the lock is held."""

    def __init__(self, index: Index, names: Names, *, of_records: bool = True) -> None:
        """of_records: whether records are among the results."""
        self._index, self._names, self._counts_records = index, names, of_records
        self._read: dict[str, tuple[pa.Table | None, pa.Table | None]] = {}

    def look_up(self, name: str) -> None:
        """Raises Invalid for a name that means nothing."""
        meaning = self._names.meaning(name, 0)
        if isinstance(meaning, Field):
            self._read[name] = self._field_values(meaning)
        elif isinstance(meaning, Normalised):
            with self._index.lock:
                is_kept = self._index.normalised(meaning.name)[1] is not None
            self._read[name] = None if is_kept else self._index.columns(NORMALISED, [meaning.name]), None
        else:
            sql = f'SELECT "doc", "text" FROM {{leaf_then}} WHERE "path" IN ({listed(meaning.codes)})'
            self._read[name] = self._index.columns(sql), None

    def _field_values(self, meaning: Field) -> tuple[pa.Table | None, pa.Table | None]:
        if meaning.kind == "tag":
            return None, self._index.columns(TAGGED.replace('t."tag"', 't."tag" AS "text"'))
        if not meaning.in_sql:
            return None, None
        unnested = "unnest({})" if meaning.name in MANY else "{}"
        files = self._index.columns(FILE_VALUES.format(unnested.format(meaning.file))) if meaning.file else None
        sessions = SESSION_VALUES.format(unnested.format(meaning.session)) if meaning.session else ""
        return files, self._index.columns(sessions) if sessions else None

    # --- with the lock held --------------------------------------------------------------------------------------

    def choice(self, name: str, lens: Lens) -> Choice:
        """Raises BadQuery for a field that only files have which the principal does not see."""
        meaning = self._names.meaning(name, 0)
        found = self._choice(name, meaning, lens)
        count = len(found.lexicon.texts)
        if not self._names.is_common(meaning) and not found.files.counts(lens.all_files, count).any():
            raise self._names.unknown(name, 0)
        return found

    def _choice(self, name: str, meaning: Meaning, lens: Lens) -> Choice:
        if isinstance(meaning, Field) and not meaning.in_sql and meaning.kind != "tag":
            return self._of_columns(meaning, lens)
        if isinstance(meaning, Normalised) and self._read[name][0] is None:
            codes = self._index.normalised(meaning.name)[1]
            files = Values(codes if codes is not None else np.full(self._index.files.size, NO_CODE, np.int32))
            return Choice(self._index.lexicon, files, self._through_files(files, self._index.lexicon, lens))
        return self._of_rows(meaning, *self._read[name], lens)

    def _of_columns(self, meaning: Field, lens: Lens) -> Choice:
        if meaning.kind != "text":
            return self._of_numbers(meaning)
        lexicon = self._index.lexicon
        files = OfFiles(lens, meaning)
        if not meaning.session:
            return Choice(lexicon, files, self._through_files(files, lexicon, lens))
        return Choice(lexicon, files, Values(lens.codes_of_sessions(meaning)))

    def _of_numbers(self, meaning: Field) -> Choice:
        """Numbers and times as texts."""
        lexicon, found = Lexicon(), []
        for shelf, column in ((self._index.files, meaning.file), (self._index.sessions, meaning.session)):
            codes = np.full(shelf.size, NO_CODE, np.int32)
            if column:
                values = shelf[column]
                there = np.flatnonzero(~np.isnan(values)) if values.dtype.kind == "f" else np.arange(shelf.size)
                different, places = np.unique(values[there], return_inverse=True)
                texts = pa.array([f"{value:.17g}" for value in different.tolist()], pa.string())
                codes[there] = coded(lexicon, pa.chunked_array([texts]))[places]
            found.append(Values(codes))
        return Choice(lexicon, *found)

    def _of_rows(self, meaning: Any, files: pa.Table | None, sessions: pa.Table | None, lens: Lens) -> Choice:
        lexicon = Lexicon()
        of_files = of_records = NOTHING
        if files is not None:
            codes = coded(lexicon, files["text"])
            slots = self._index.slots_of_docs(files["doc"].to_numpy())
            of_files = Values(codes, slots)
        if sessions is not None:
            codes = coded(lexicon, sessions["text"])
            of_records = Values(codes, self._index.sessions.slots_of(sessions["id"].to_pylist()))
        if not isinstance(meaning, Field):
            return Choice(lexicon, of_files, self._through_files(of_files, lexicon, lens))
        if meaning.kind == "tag":
            of_files = Values(of_records.codes, self._index.files.slots_of(sessions["id"].to_pylist()))  # type: ignore[index]
            through = self._through_files(of_files, lexicon, lens)
            return Choice(lexicon, of_files, _both(through, of_records))
        if meaning.inherits:
            of_files = _by_file(of_records, lens)
        if not meaning.session:
            of_records = self._through_files(of_files, lexicon, lens)
        return Choice(lexicon, of_files, of_records)

    def _through_files(self, files: Values | OfFiles, lexicon: Lexicon, lens: Lens) -> Values:
        """Each value that one of a record's files has, once."""
        if not self._counts_records:
            return NOTHING
        slots = np.arange(self._index.files.size, dtype=np.int32) if files.slots is None else files.slots
        there = lens.files[slots] & (files.codes != NO_CODE) & (lens.session[slots] != 0)
        sessions, codes = lens.session[slots[there]].astype(np.int64), files.codes[there]
        used = np.flatnonzero(np.bincount(codes, minlength=len(lexicon.texts)))
        if len(used) * self._index.sessions.size <= MOST_CELLS:
            places = np.zeros(len(lexicon.texts), np.int32)
            places[used] = np.arange(len(used))
            table = np.zeros((self._index.sessions.size, len(used)), bool)
            table[sessions, places[codes]] = True
            found, values = np.nonzero(table)
            values = used[values]
        else:
            found, values = np.divmod(np.unique(sessions * len(lexicon.texts) + codes), len(lexicon.texts))
        return Values(values.astype(np.int32), found.astype(np.int32))


def _both(one: Values, other: Values) -> Values:
    """Of both, each once."""
    pairs = np.stack([np.concatenate([one.slots, other.slots]), np.concatenate([one.codes, other.codes])])
    slots, codes = np.unique(pairs, axis=1)
    return Values(codes.astype(np.int32), slots.astype(np.int32))


def _by_file(of_sessions: Values, lens: Lens) -> Values:
    """What each file's session has."""
    slots: Slots = np.asarray(of_sessions.slots)
    order = np.argsort(slots, kind="stable")
    slots, codes = slots[order], of_sessions.codes[order]
    first, last = (np.searchsorted(slots, lens.session, side) for side in ("left", "right"))
    counts = np.where(lens.session == 0, 0, last - first)
    files = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    starts = np.repeat(first, counts)
    places = starts + np.arange(len(files)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Values(codes[places], files)
