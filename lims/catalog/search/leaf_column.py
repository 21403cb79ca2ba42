"""One column of what vendors wrote: numbers in one unit where all are numbers, else texts as they stand there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lims.catalog.search.index import Index
from lims.catalog.search.looking_up import listed
from lims.catalog.search.names import Leaves
from lims.catalog.units import registry, unit_of

LEAVES = """SELECT i."dataset" AS "of", l."path", {} FROM {{leaf_then}} l
  JOIN {{indexed_then}} i ON i."tree" = l."doc" WHERE l."path" IN ({})"""
NUMBERS = """l."number", CASE WHEN l."number" IS NULL THEN nullif(trim(l."text"), '') END AS "text\""""


def leaf_column(index: Index, meaning: Leaves, things: pa.Array) -> tuple[pa.Array, str]:
    """(the value of each of these things, its unit). Of several values in one file the smallest, as sorting has it."""
    rows, places = _rows(index, NUMBERS, meaning, things)
    is_there = pc.or_(rows["number"].is_valid(), rows["text"].is_valid()).to_numpy()
    rows, places = rows.filter(pa.array(is_there)), places[is_there]
    if not len(rows):
        return pa.nulls(len(things)), ""
    if rows["number"].null_count == 0:
        units = dict(meaning.paths)
        codes, which = np.unique(rows["path"].to_numpy(), return_inverse=True)
        found = in_one_unit(rows["number"].to_numpy(), [units[code] for code in codes.tolist()], which)
        if found is not None:
            return pa.array(smallest(found[0], places, len(things)), from_pandas=True), found[1]
    rows, places = _rows(index, 'l."text"', meaning, things)
    texts = rows["text"].combine_chunks().dictionary_encode()
    ranks = pc.rank(texts.dictionary, tiebreaker="first").to_numpy().astype(float)
    first = smallest(ranks[texts.indices.to_numpy()], places, len(things))
    by_rank = pa.array(np.argsort(ranks).astype(np.int32))
    indices = by_rank.take(pa.array(np.nan_to_num(first, nan=1).astype(np.int32) - 1, mask=np.isnan(first)))
    return pa.DictionaryArray.from_arrays(indices, texts.dictionary), ""


def _rows(index: Index, columns: str, meaning: Leaves, things: pa.Array) -> tuple[pa.Table, NDArray[Any]]:
    """The leaves of these things, and to which of them each belongs."""
    rows = index.columns(LEAVES.format(columns, listed(meaning.codes)))
    places = pc.index_in(rows["of"], value_set=things)
    among = places.is_valid()
    return rows.filter(among), places.filter(among).to_numpy()


def in_one_unit(
    numbers: NDArray[np.float64], units: Sequence[str], which: NDArray[Any]
) -> tuple[NDArray[np.float64], str] | None:
    """(the numbers in that unit of theirs which most have, the unit); None where the units do not fit each other.

    which: the place among `units` of each number's.
    """
    often = np.bincount(which, minlength=len(units))
    counts: dict[str, int] = {}
    for unit, count in zip(units, often.tolist(), strict=True):
        counts[unit] = counts.get(unit, 0) + count
    common = max(counts, key=lambda unit: counts[unit])
    found = numbers.copy()
    for place, unit in enumerate(units):
        if unit == common:
            continue
        given, wanted = unit_of(unit), unit_of(common)
        if not unit or not common or given is None or wanted is None or not given.is_compatible_with(wanted):
            return None
        mine = which == place
        found[mine] = registry().Quantity(numbers[mine], given).to(wanted).magnitude
    return found, common


def smallest(values: NDArray[np.float64], places: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Of the values at each place; NaN where there is none."""
    found = np.full(count, np.nan)
    np.fmin.at(found, places, values)
    return found
