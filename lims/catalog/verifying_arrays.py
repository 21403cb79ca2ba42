"""Whether the arrays that are searched hold what the tables hold: compared in parts, each of them of one moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lims.catalog.reader import ThreadReader
from lims.catalog.search.index import FILES, OF_FILES, OF_SESSIONS, SESSIONS, TABLES_OF_SESSIONS, TOLD, Index
from lims.catalog.search.shelf import Kind, Mask, Shelf, Slots
from lims.catalog.words import spoken

AT_ONCE = 2_000
"""People's questions wait for a part: some 20 ms."""
LINKS = {"session": "session_id", "copy_of": "copy_id"}
Found = Iterator[tuple[str, str]]


def compare_arrays(index: Index, reader: ThreadReader) -> Found:
    """(dataset or session, what of it differs)"""
    with index.up_to_date():
        assert index.told  # from now on it follows as the rest does; made later, it could be ahead of what is compared
    yield from _compare_all(index, reader, "files", FILES, OF_FILES)
    yield from _compare_all(index, reader, "sessions", SESSIONS, OF_SESSIONS)


@contextmanager
def _at_its_moment(index: Index, reader: ThreadReader) -> Iterator[None]:
    """The index and what this thread reads are of one commit, and the index is held."""
    while True:
        with reader.at_one_moment(), index.lock:
            reader.begin()
            if index.follow() == reader.snapshot:
                yield
                return


def _compare_all(
    index: Index, reader: ThreadReader, shelf_name: str, sql: str, kinds: Mapping[str, Kind]
) -> Found:
    alias = "d" if shelf_name == "files" else "s"
    last, part = "", f' WHERE {alias}."id" > ? ORDER BY {alias}."id" LIMIT {AT_ONCE}'
    while True:
        with _at_its_moment(index, reader):
            rows = index.columns(sql + part, [last])
            ids: list[str] = rows["id"].to_pylist()
            found = list(_compare(index, getattr(index, shelf_name), ids, rows, kinds)) if ids else []
        yield from found
        if not ids:
            break
        last = ids[-1]
    yield from _too_many(index, reader, shelf_name, sql, alias)


def _compare(index: Index, shelf: Shelf, ids: list[str], rows: pa.Table, kinds: Mapping[str, Kind]) -> Found:
    slots = shelf.slots_of(ids)
    wrong = dict.fromkeys(kinds, np.zeros(len(ids), bool))
    should = Shelf(kinds, index.lexicon)
    should.fill(rows)
    for name in kinds:
        if name in LINKS:
            of = index.sessions if name == "session" else index.files
            expected: NDArray[Any] = of.slots_of([one or "" for one in rows[LINKS[name]].to_pylist()])
        else:
            expected = should[name][1:]
        wrong[name] = _differ(shelf[name][slots], expected)
    for name in ("names", "tree") if shelf is index.files else ():
        there = rows[name].is_valid().to_numpy()
        wrong[name] |= there
        wrong[name][there] = ~index.belong(rows[name].drop_null().to_numpy(), slots[there]) | _differ(
            shelf[name][slots[there]], rows[name].drop_null().to_numpy()
        )
    if shelf is index.files:
        wrong |= _wrong_values(index, ids, slots)
    else:
        wrong["title, notes and people"] = _wrong_texts(index, ids, slots)
    missing = (slots == 0) | ~shelf["is_there"][slots]
    for place in np.flatnonzero(missing | np.any([*wrong.values()], axis=0)):
        names = [name for name, differs in wrong.items() if differs[place]]
        yield ids[place], "is not there" if missing[place] else f"is stale: {', '.join(names)}"


def _differ(here: NDArray[Any], there: NDArray[Any]) -> Mask:
    differ: Mask = here != there
    if here.dtype.kind == "f":
        differ &= ~(np.isnan(here) & np.isnan(there))
    return differ


def _wrong_values(index: Index, ids: list[str], slots: Slots) -> dict[str, Mask]:
    """Of the normalised values that somebody has asked for."""
    wrong: dict[str, Mask] = {}
    place = {one: number for number, one in enumerate(ids)}
    for name in index.columns_of_normalised:
        kind, _, field = name.partition(" ")
        sql = f"""SELECT i."dataset", n."{kind}" AS "value" FROM {{normalised_then}} n
            JOIN {{indexed_then}} i ON i."names" = n."doc"
            WHERE n."field" = ? AND i."dataset" IN (SELECT unnest(?::VARCHAR[]))"""
        column: Kind = "number" if kind == "number" else "code"
        should = Shelf({"value": column}, index.lexicon)
        should.fill(pa.table({"id": ids}))
        rows = index.columns(sql, [field, ids])
        at = np.array([place[one] + 1 for one in rows["dataset"].to_pylist()], np.int32)
        should.put(at, rows.select(["value"]))
        wrong[name] = _differ(index.files[name][slots], should["value"][1:])
    return wrong


def _wrong_texts(index: Index, ids: list[str], slots: Slots) -> Mask:
    rows = index.columns(TOLD, of=index.among(ids, TABLES_OF_SESSIONS))
    should = {
        one: spoken([text for text in [*texts, *(notes or ())] if text])
        for one, texts, notes in zip(*(rows[name].to_pylist() for name in ("id", "texts", "notes")), strict=True)
    }
    told = index.told
    return np.array([told[int(slot)] != should[one] for one, slot in zip(ids, slots, strict=True)], bool)


def _too_many(index: Index, reader: ThreadReader, shelf_name: str, sql: str, alias: str) -> Found:
    """What the arrays hold, and the tables do not."""
    with _at_its_moment(index, reader):
        shelf: Shelf = getattr(index, shelf_name)
        there = np.flatnonzero(shelf["is_there"])
        ids = [one.decode() for one in shelf.ids[there].tolist()]
        found = index.columns(f'SELECT "id" FROM ({sql}) WHERE "id" IN (SELECT unnest(?::VARCHAR[]))', [ids])
        gone = sorted(set(ids) - set(found["id"].to_pylist())) if len(found) < len(ids) else []
    for one in gone:
        yield one, "is in the arrays and not in the catalog"
