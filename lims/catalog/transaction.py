"""One change of the catalog: what is put is staged, audited and written together, first in memory."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from lims.catalog import codec
from lims.catalog.effects import Delete, Effect, Insert
from lims.catalog.hot import HotTables
from lims.catalog.leaves import Trees, Words, normalised_columns, says_the_same, texts_of
from lims.catalog.relations import IN_TRANSACTION
from lims.catalog.requests import Answer, about, answer_of
from lims.catalog.tables import BY_NAME, BY_ROW, Table, Thing, table_of
from lims.catalog.view import View
from lims.errors import Conflict, Invalid
from lims.model import SYSTEM, Dataset, Extraction, Principal, new_id

Key = tuple[Any, ...]
LONGEST_TAG = 100
OF_READER = ("format", "extractor", "extractor_version")


class Staged(NamedTuple):
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
        self._by = codec.to_text(by.name)
        self.effects: list[Effect] = []
        self._hot = hot
        self._clock = clock
        self._request_key = request_key
        self._staged: defaultdict[str, dict[Key, Staged]] = defaultdict(dict)
        self._extractions: dict[str, Extraction | None] = {}
        self._audit = _no_entries()
        self._failed: Exception | None = None

    # --- reading -------------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What the author of this change sees, with all that this change has done so far.

        Here rows are whole, so that they can be put back; to show a row to people, read it with `Catalog.view`.
        """
        self.flush()
        return View(self.by, self._hot, IN_TRANSACTION, whole=True)

    @property
    def unrestricted(self) -> View:
        """Everything, for rules that hold whoever asks. Never tell the caller more of it than `view` would."""
        self.flush()
        return View(SYSTEM, self._hot, IN_TRANSACTION)

    # --- writing -------------------------------------------------------------------------------------------------

    def put(self, thing: Thing, *, action: str) -> None:
        """Insert, or replace what has the same id. Where nothing differs nothing is written, nor audited."""
        self._stage(thing, Staged(thing, action))

    def put_all(self, things: Sequence[Thing], *, action: str) -> None:
        for thing in things:
            self.put(thing, action=action)

    def remove(self, thing: Thing, *, action: str) -> None:
        """What is not there needs no removing: that is no error."""
        self._stage(thing, Staged(None, action))

    def put_extraction(self, dataset_id: str, extraction: Extraction) -> None:
        """Keep the vendor's tree, whole and as leaves, in place of an earlier one."""
        self._extractions[dataset_id] = extraction

    def drop_extraction(self, dataset_id: str) -> None:
        """Keep nothing of what was read of a dataset's files; its own row says nothing of it either, or is removed."""
        self._extractions[dataset_id] = None

    def tag(self, thing_id: str, tag: str) -> list[str]:
        """Returns all tags of the thing. Raises NoSuchThing where the author does not see it, Invalid for no tag."""
        self._check_tag(thing_id, tag)
        tags = self.view.tags(thing_id)
        if tag in tags:
            return tags
        self._do(Insert.of_rows("tag", [(thing_id, codec.to_text(tag), self.by.name, self._clock())]))
        self._note("tag", table_of(thing_id), thing_id, None, _told({"tag": tag}))
        return sorted([*tags, tag])

    def untag(self, thing_id: str, tag: str) -> list[str]:
        """Returns the tags that remain. A tag that is not there needs no taking off."""
        self._check_tag(thing_id, tag)
        tags = self.view.tags(thing_id)
        if tag in tags:
            self._do(Delete("tag", ("thing", "tag"), [(thing_id, codec.to_text(tag))]))
            self._note("untag", table_of(thing_id), thing_id, _told({"tag": tag}), None)
        return [one for one in tags if one != tag]

    def _check_tag(self, thing_id: str, tag: str) -> None:
        if not tag.strip() or len(tag) > LONGEST_TAG or not tag.isprintable():
            raise Invalid(f"{tag!r} cannot be a tag.", hint=f"Use one line of 1 to {LONGEST_TAG} letters.")
        self.view.require(thing_id)

    # --- the answer of a request that is repeated ----------------------------------------------------------------

    def earlier_answer(self) -> Answer:
        return answer_of(self._hot, IN_TRANSACTION["request"], self.by.name, self._request_key)

    def keep_answer(self, answer: Any) -> None:
        if self._request_key is not None:
            text, key = codec.dumps(codec.encode(answer)), self._request_key
            self._do(Insert.of_rows("request", [(self.by.name, str(key), text, self._clock(), about(key))]))

    # --- staged to written ---------------------------------------------------------------------------------------

    def _stage(self, thing: Thing, staged: Staged) -> None:
        table = BY_ROW[type(thing)]
        key = table.key_of(thing)
        if key in self._staged[table.name]:
            self.flush()
        self._staged[table.name][key] = staged

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
        staged, self._staged = self._staged, defaultdict(dict)
        for name, changes in staged.items():
            self._write(BY_NAME[name], changes)
        extractions, self._extractions = self._extractions, {}
        self._write_extractions(extractions)
        audit, self._audit = self._audit, _no_entries()
        self._do(Insert("audit", audit))

    def _write(self, table: Table[Any], changes: dict[Key, Staged]) -> None:
        before = self._things(table, list(changes))
        changes = {key: staged for key, staged in changes.items() if staged.after != before.get(key)}
        afters = {key: staged.after for key, staged in changes.items() if staged.after is not None}
        columns = table.store(list(afters.values()))
        self._check_unique(table, changes, columns)
        self._do(Delete(table.name, table.key, [key for key in changes if key in before]))
        self._do(Insert(table.name, columns))
        if table.row is Dataset:
            self._write_names(before, changes)
        if table.audited:
            new = [place for place, key in enumerate(afters) if key not in before]
            told = table.told([[column[place] for place in new] for column in columns])
            self._note_changes(table, before, changes, iter(told))

    def _things(self, table: Table[Any], keys: Sequence[Key]) -> dict[Key, Any]:
        columns = [column.name for column in table.columns]
        found = [table.load(row) for row in self._hot.find(table.name, table.key, keys, read=columns)]
        return {table.key_of(thing): thing for thing in found}

    def _check_unique(self, table: Table[Any], changes: dict[Key, Staged], stored: Sequence[Sequence[Any]]) -> None:
        """stored: the columns of what is new or another."""
        by_name = dict(zip((column.name for column in table.columns), stored, strict=True))
        for columns in table.unique:
            taken = list(zip(*(by_name[name] for name in columns), strict=True))
            if len(set(taken)) < len(taken):
                raise _conflict(table, columns)
            for row in self._hot.find(table.name, columns, taken, read=table.key):
                if tuple(row[name] for name in table.key) not in changes:
                    raise _conflict(table, columns)

    def _write_names(self, before: dict[Key, Dataset], changes: dict[Key, Staged]) -> None:
        """The words and values of datasets that are called, or say, something else now; none of removed ones."""
        gone = [key for key, staged in changes.items() if staged.after is None]
        others = [
            staged.after
            for key, staged in changes.items()
            if staged.after is not None and not (key in before and says_the_same(staged.after, before[key]))
        ]
        docs = self._hot.numbering.docs(len(others))
        words = Words()
        for doc, one in zip(docs, others, strict=True):
            words.add(doc, words.codes_of(texts_of(one)))
        self._do(Insert("word", words.columns))
        self._do(Insert("normalised", normalised_columns(docs, others)))
        self._index("names", dict(zip((one.id for one in others), docs, strict=True)))
        self._do(Delete("indexed", ("dataset",), gone))

    def _write_extractions(self, staged: dict[str, Extraction | None]) -> None:
        """None to drop what there is: nobody finds it any more."""
        old = self._readers_of(list(staged))
        trees = {i: extraction for i, extraction in staged.items() if extraction is not None}
        docs = dict(zip(trees, self._hot.numbering.docs(len(trees)), strict=True))
        self._insert_extractions(docs, trees)
        self._index("tree", docs | {i: None for i in staged if i not in trees and i in old})
        for dataset_id, extraction in staged.items():
            if extraction is not None:
                after = {name: getattr(extraction, name) for name in OF_READER[1:]}
                self._note("extract", "dataset", dataset_id, _told(old.get(dataset_id)), _told(after))
            elif dataset_id in old:
                self._note("extract.drop", "dataset", dataset_id, _told(old[dataset_id]), None)

    def _readers_of(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        """By which reader a dataset was read so far."""
        indexed = self._hot.find("indexed", ("dataset",), [(i,) for i in ids], read=("dataset", "tree"))
        docs = {row["tree"]: row["dataset"] for row in indexed if row["tree"] is not None}
        found = self._hot.find("document", ("doc",), [(doc,) for doc in docs], read=("doc", *OF_READER[1:]))
        return {docs[row.pop("doc")]: row for row in found}

    def _insert_extractions(self, docs: dict[str, int], extractions: dict[str, Extraction]) -> None:
        trees = Trees()
        documents = [trees.add(docs[dataset_id], one.metadata) for dataset_id, one in extractions.items()]
        codes, new = self._hot.numbering.codes_of(trees.used)
        all_of = extractions.values()
        of_reader = [[codec.to_text(getattr(one, name)) for one in all_of] for name in OF_READER]
        warnings = [[codec.to_text(text) for text in one.warnings] for one in all_of]
        self._do(Insert("document", (list(docs.values()), list(docs), *of_reader, warnings, documents)))
        self._do(Insert.of_rows("path", new))
        self._do(Insert("leaf", trees.columns(codes)))
        self._do(Insert("word", trees.words.columns))

    def _index(self, column: str, docs: Mapping[str, int | None]) -> None:
        """From now on the datasets are found by these documents. column: names or tree."""
        other = "tree" if column == "names" else "names"
        found = self._hot.find("indexed", ("dataset",), [(i,) for i in docs], read=("dataset", other))
        kept = {row["dataset"]: row[other] for row in found}
        self._do(Delete("indexed", ("dataset",), [(i,) for i in kept]))
        names, trees = docs.values(), [kept.get(i) for i in docs]
        columns = (names, trees) if column == "names" else (trees, names)
        self._do(Insert("indexed", (list(docs), *map(list, columns))))

    def _do(self, effect: Effect) -> None:
        if len(effect):
            self._hot.do(effect)
            self.effects.append(effect)

    # --- the audit -----------------------------------------------------------------------------------------------

    def _note_changes(
        self, table: Table[Any], before: dict[Key, Any], changes: dict[Key, Staged], new: Iterator[str]
    ) -> None:
        """Both sides in full where a thing appears or goes; where it changes, the fields that differ.

        new: what is told of each thing that appears.
        """
        for key, staged in changes.items():
            thing = "/".join(key)
            if key not in before:
                self._note(staged.action, table.name, thing, None, next(new))
                continue
            old = table.as_json(before[key])
            if staged.after is None:
                self._note(staged.action, table.name, thing, _told(old), None)
                continue
            now = table.as_json(staged.after)
            differ = [name for name in now if now[name] != old[name]]
            sides = (_told({name: side[name] for name in differ}) for side in (old, now))
            self._note(staged.action, table.name, thing, *sides)

    def _note(self, action: str, kind: str, thing: str, before: str | None, after: str | None) -> None:
        """before, after: JSON."""
        key = None if self._request_key is None else codec.to_text(str(self._request_key))
        entry = (new_id("audit"), self._clock(), self._by, action, kind, thing, before, after, key)
        for column, value in zip(self._audit, entry, strict=True):
            column.append(value)


def _no_entries() -> list[list[Any]]:
    """The audit's columns, a list rather than a row each: a large import has millions of entries."""
    return [[] for _ in BY_NAME["audit"].columns]


def _told(side: Any) -> str | None:
    return None if side is None else codec.dumps(codec.encode(side))


def _conflict(table: Table[Any], columns: Sequence[str]) -> Conflict:
    return Conflict(
        f"There is already a {table.name} with the same {', '.join(columns)}.",
        hint="Read it again and change that one, or choose another.",
    )
