"""The first few of many by a key, without sorting all of them."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.catalog.search.ordering import first_of, in_order
from lims.catalog.search.shelf import Shelf
from lims.catalog.sequences import Lexicon

VALUES = st.sampled_from([0.0, 1.0, 2.0, np.nan])


@settings(deadline=None)
@given(
    st.lists(VALUES, min_size=1, max_size=40),
    st.lists(st.tuples(st.text("abz", min_size=3, max_size=3), VALUES), max_size=8),
    st.integers(0, 12),
    st.randoms(),
)
def test_ties_come_by_their_ids_also_of_what_was_added_later(sorted_ones, late, count, chance) -> None:
    shelf = Shelf({"number": "number"}, Lexicon())
    ids = [f"{'ab'[number % 2]}{number:02}" for number in range(len(sorted_ones))]
    pairs = sorted(zip(ids, sorted_ones, strict=True))
    shelf.fill(pa.table({"id": [one for one, _ in pairs], "number": pa.array([value for _, value in pairs])}))
    if late:
        shelf.put(shelf.add([name for name, _ in late]), pa.table({"number": pa.array([value for _, value in late])}))
    mask = np.array([False, *(chance.random() < 0.8 for _ in range(shelf.size - 1))])
    key = shelf["number"]
    whole = in_order(shelf, key, np.flatnonzero(mask).astype(np.int32))
    assert first_of(shelf, key, mask, count)[:count].tolist() == whole[:count].tolist()
