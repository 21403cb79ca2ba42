"""One change of the catalog: what is put is staged, audited and written together, first in memory."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lims.catalog import codec
from lims.catalog.effects import Delete, Effect, Insert, among, as_lists
from lims.catalog.hot import HotTables
from lims.catalog.leaves import haystack_of, leaves_of, normalised_rows
from lims.catalog.reader import TransactionReader
from lims.catalog.relations import IN_TRANSACTION, OF_DATASETS
from lims.catalog.requests import Answer, about, answer_of
from lims.catalog.tables import BY_NAME, BY_ROW, Table, Thing, table_of
from lims.catalog.view import View
from lims.errors import Conflict, Invalid
from lims.model import SYSTEM, Dataset, Extraction, Principal, new_id

Key = tuple[Any, ...]
LONGEST_TAG = 100


@dataclass(frozen=True)
class Staged:
    """after: None to remove."""

    after: Any
    action: str


class Transaction:
    """Handed to a change by `Catalog.write`; of no use after it."""

    def __init__(
        self,
        hot: HotTables,
        *,
        by: Principal,
        clock: Callable[[], datetime],
        request_key: str | None = None,
    ) -> None:
        """clock: gives a later time at each call, so that the history has an order."""
        self.by = by
        self.effects: list[Effect] = []
        self._hot = hot
        self._clock = clock
        self._request_key = request_key
        self._staged: dict[str, dict[Key, Staged]] = {}
        self._extractions: dict[str, Extraction | None] = {}
        self._audit: list[tuple[Any, ...]] = []
        self._reader = TransactionReader(hot.connection)
        self._failed: Exception | None = None

    # --- reading -------------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What the author of this change sees, with all that this change has done so far.

        Here rows are whole, so that they can be put back; to show a row to people, read it with `Catalog.view`.
        """
        self.flush()
        return View(self.by, self._reader, IN_TRANSACTION, whole=True)

    @property
    def unrestricted(self) -> View:
        """Everything, for rules that hold whoever asks. Never tell the caller more of it than `view` would."""
        self.flush()
        return View(SYSTEM, self._reader, IN_TRANSACTION)

    # --- writing -------------------------------------------------------------------------------------------------

    def put(self, thing: Thing, *, action: str) -> None:
        """Insert, or replace what has the same id. Where nothing differs nothing is written, nor audited."""
        table = BY_ROW[type(thing)]
        self._stage(table, table.key_of(thing), Staged(thing, action))

    def put_all(self, things: Sequence[Thing], *, action: str) -> None:
        for thing in things:
            self.put(thing, action=action)

    def remove(self, thing: Thing, *, action: str) -> None:
        """What is not there needs no removing: that is no error."""
        table = BY_ROW[type(thing)]
        self._stage(table, table.key_of(thing), Staged(None, action))

    def put_extraction(self, dataset_id: str, extraction: Extraction) -> None:
        """Keep the vendor's tree, whole and as leaves, in place of an earlier one."""
        self._extractions[dataset_id] = extraction

    def drop_extraction(self, dataset_id: str) -> None:
        """Keep nothing of what was read of a dataset's files; its own row says nothing of it either, or is removed."""
        self._extractions[dataset_id] = None

    def tag(self, thing_id: str, tag: str) -> list[str]:
        """Returns all tags of the thing. Raises NoSuchThing where the author does not see it, Invalid for no tag."""
        self._check_tag(thing_id, tag)
        if tag not in self.view.tags(thing_id):
            self._do(Insert("tag", [(thing_id, codec.to_text(tag), self.by.name, self._clock())]))
            self._note("tag", table_of(thing_id), thing_id, None, {"tag": tag})
        return self.view.tags(thing_id)

    def untag(self, thing_id: str, tag: str) -> list[str]:
        """Returns the tags that remain. A tag that is not there needs no taking off."""
        self._check_tag(thing_id, tag)
        if tag in self.view.tags(thing_id):
            self._do(Delete("tag", ("thing", "tag"), [(thing_id, codec.to_text(tag))]))
            self._note("untag", table_of(thing_id), thing_id, {"tag": tag}, None)
        return self.view.tags(thing_id)

    def _check_tag(self, thing_id: str, tag: str) -> None:
        if not tag.strip() or len(tag) > LONGEST_TAG or not tag.isprintable():
            raise Invalid(f"{tag!r} cannot be a tag.", hint=f"Use one line of 1 to {LONGEST_TAG} letters.")
        self.view.require(thing_id)

    # --- the answer of a request that is repeated ----------------------------------------------------------------

    def earlier_answer(self) -> Answer:
        return answer_of(self._reader, IN_TRANSACTION["request"], self.by.name, self._request_key)

    def keep_answer(self, answer: Any) -> None:
        if self._request_key is not None:
            text, key = codec.dumps(codec.encode(answer)), self._request_key
            self._do(Insert("request", [(self.by.name, str(key), text, self._clock(), about(key))]))

    # --- staged to written ---------------------------------------------------------------------------------------

    def _stage(self, table: Table[Any], key: Key, staged: Staged) -> None:
        if key in self._staged.get(table.name, {}):
            self.flush()
        self._staged.setdefault(table.name, {})[key] = staged

    def finish(self) -> None:
        """Write the rest. A change that swallowed an error of its writes fails all the same: half of it is gone."""
        self.flush()
        if self._failed:
            raise self._failed

    def flush(self) -> None:
        """Write what is staged into the open transaction."""
        try:
            self._flush()
        except Exception as error:
            self._failed = error
            raise

    def _flush(self) -> None:
        staged, self._staged = self._staged, {}
        for name, changes in staged.items():
            self._write(BY_NAME[name], changes)
        extractions, self._extractions = self._extractions, {}
        self._write_extractions(extractions)
        audit, self._audit = self._audit, []
        self._do(Insert("audit", audit))

    def _write(self, table: Table[Any], changes: dict[Key, Staged]) -> None:
        before = self._things(table, list(changes))
        changes = {key: staged for key, staged in changes.items() if staged.after != before.get(key)}
        afters = [staged.after for staged in changes.values() if staged.after is not None]
        self._check_unique(table, changes, afters)
        self._do(Delete(table.name, table.key, [key for key in changes if key in before]))
        self._do(Insert(table.name, [table.store(after) for after in afters]))
        if table.row is Dataset:
            removed = [key for key, staged in changes.items() if staged.after is None]
            self._do(Delete("normalised", ("dataset",), removed))
            self._write_normalised(before, afters)
        if table.audited:
            for key, staged in changes.items():
                self._note_change(table, key, before.get(key), staged)

    def _things(self, table: Table[Any], keys: Sequence[Key]) -> dict[Key, Any]:
        found = [table.load(row) for row in self._find(table.name, table.key, keys)]
        return {table.key_of(thing): thing for thing in found}

    def _check_unique(self, table: Table[Any], changes: dict[Key, Staged], afters: Sequence[Any]) -> None:
        for columns in table.unique if afters else ():
            taken = {_values(table, columns, after): table.key_of(after) for after in afters}
            if len(taken) < len(afters):
                raise _conflict(table, columns)
            for row in self._find(table.name, columns, list(taken)):
                if tuple(row[name] for name in table.key) not in changes:
                    raise _conflict(table, columns)

    def _write_normalised(self, before: dict[Key, Any], afters: Sequence[Dataset]) -> None:
        changed = [a for a in afters if (a.id,) not in before or before[(a.id,)].normalised != a.normalised]
        self._do(Delete("normalised", ("dataset",), [(a.id,) for a in changed if (a.id,) in before]))
        self._do(Insert("normalised", [row for a in changed for row in normalised_rows(a.id, a.normalised)]))

    def _write_extractions(self, staged: dict[str, Extraction | None]) -> None:
        """None to drop what there is."""
        old = {row["dataset"]: row for row in self._find("document", ("dataset",), [(i,) for i in staged])}
        extractions = {i: extraction for i, extraction in staged.items() if extraction is not None}
        for name in OF_DATASETS:
            self._do(Delete(name, ("dataset",), [(dataset_id,) for dataset_id in old]))
        self._do(Insert("document", [_document(i, e) for i, e in extractions.items()]))
        leaves = {dataset_id: list(leaves_of(one.metadata)) for dataset_id, one in extractions.items()}
        self._do(Insert("leaf", [(i, *leaf) for i, of_one in leaves.items() for leaf in of_one]))
        self._do(Insert("haystack", [(i, haystack_of(of_one)) for i, of_one in leaves.items()]))
        for dataset_id, extraction in extractions.items():
            before = _reader_of(old[dataset_id]) if dataset_id in old else None
            after = {"extractor": extraction.extractor, "extractor_version": extraction.extractor_version}
            self._note("extract", "dataset", dataset_id, before, after)
        for dataset_id in old.keys() - extractions.keys():
            self._note("extract.drop", "dataset", dataset_id, _reader_of(old[dataset_id]), None)

    def _find(self, table: str, columns: Sequence[str], keys: Sequence[Key]) -> list[dict[str, Any]]:
        if not keys:
            return []
        return self._reader.rows(f"SELECT * FROM {IN_TRANSACTION[table]} WHERE {among(table, columns)}", as_lists(keys))

    def _do(self, effect: Effect) -> None:
        self._hot.do(effect)
        self.effects.append(effect)

    # --- the audit -----------------------------------------------------------------------------------------------

    def _note_change(self, table: Table[Any], key: Key, before: Any, staged: Staged) -> None:
        """Both sides in full where a thing appears or goes; where it changes, the fields that differ."""
        old = None if before is None else table.as_json(before)
        new = None if staged.after is None else table.as_json(staged.after)
        if old is not None and new is not None:
            differ = [name for name in new if new[name] != old[name]]
            old, new = {name: old[name] for name in differ}, {name: new[name] for name in differ}
        self._note(staged.action, table.name, "/".join(key), old, new)

    def _note(self, action: str, kind: str, thing: str, before: Any, after: Any) -> None:
        sides = (None if side is None else codec.dumps(codec.encode(side)) for side in (before, after))
        key = None if self._request_key is None else str(self._request_key)
        entry = (new_id("audit"), self._clock(), self.by.name, action, kind, thing, *sides, key)
        self._audit.append(entry)


def _values(table: Table[Any], columns: Iterable[str], thing: Any) -> Key:
    stored = dict(zip((c.name for c in table.columns), table.store(thing), strict=True))
    return tuple(stored[name] for name in columns)


def _conflict(table: Table[Any], columns: Sequence[str]) -> Conflict:
    return Conflict(
        f"There is already a {table.name} with the same {', '.join(columns)}.",
        hint="Read it again and change that one, or choose another.",
    )


def _document(dataset_id: str, extraction: Extraction) -> tuple[Any, ...]:
    return (
        dataset_id,
        extraction.format,
        extraction.extractor,
        extraction.extractor_version,
        [codec.to_text(warning) for warning in extraction.warnings],
        codec.dumps(codec.encode(extraction.metadata)),
    )


def _reader_of(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("extractor", "extractor_version")}
