"""Which things a search finds, and in which order: what a page, a count and a table of the results have in common."""

from collections.abc import Mapping, Sequence

import numpy as np

from lims.catalog.search.counting import Choices
from lims.catalog.search.grammar import parse
from lims.catalog.search.index import Index
from lims.catalog.search.lens import Lens
from lims.catalog.search.looking_up import LookUp
from lims.catalog.search.masks import Masks
from lims.catalog.search.names import Ask, Names
from lims.catalog.search.paging import Sorting
from lims.catalog.search.shelf import Mask
from lims.model import SearchKind

Kind = SearchKind | None
Counts = dict[str, list[tuple[str, int]]]


class Finding:
    """One search. What of it needs SQL is read when it is made, the rest is asked with the index's lock held."""

    def __init__(
        self,
        index: Index,
        ask: Ask,
        query: str,
        *,
        kind: Kind,
        sort: str,
        filters: Mapping[str, Sequence[str]],
        facets: Sequence[str] = (),
    ) -> None:
        """Raises Invalid, for a query that cannot be understood with the character where."""
        self.node, self._kind, self._facets = parse(query), kind, facets
        with index.up_to_date():
            pass  # what is asked next, without the lock, is of this commit or a later one
        self.looked_up = LookUp(index, ask)
        self.looked_up.all_of(self.node)
        self.chosen = {name: values for name, values in filters.items() if values}
        self._choices = Choices(index, self.names, of_records=kind != "dataset")
        self._choosing = dict.fromkeys([*facets, *self.chosen])
        for name in self._choosing:
            self._choices.look_up(name)
        self.sorting = Sorting(index, self.names, sort)

    @property
    def names(self) -> Names:
        return self.looked_up.names

    # --- with the lock held --------------------------------------------------------------------------------------

    def found(self, lens: Lens) -> tuple[Mask, Mask, Counts]:
        """(files, sessions of records, how many have each value of a facet, which its own filter does not narrow)"""
        files, records = self._matching(lens)
        made = {name: self._choices.choice(name, lens) for name in self._choosing}
        narrowed = {name: made[name].chosen(values, lens) for name, values in self.chosen.items()}
        counts = {}
        for name in self._facets:
            others = [pair for other, pair in narrowed.items() if other != name]
            counts[name] = made[name].counts(*_within(files, records, others))
        return *_within(files, records, list(narrowed.values())), counts

    def _matching(self, lens: Lens) -> tuple[Mask, Mask]:
        masks, node = Masks(lens, self.looked_up), self.node
        files, records = np.zeros(lens.index.files.size, bool), np.zeros(lens.index.sessions.size, bool)
        if self._kind != "record":
            files = masks.on_files(node) & lens.files
        if self._kind != "dataset":
            records = masks.on_records(node) & lens.records
        return files, records


def _within(files: Mask, records: Mask, pairs: Sequence[tuple[Mask, Mask]]) -> tuple[Mask, Mask]:
    for of_files, of_records in pairs:
        files, records = files & of_files, records & of_records
    return files, records
