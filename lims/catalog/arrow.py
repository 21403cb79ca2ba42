"""Columns as an Arrow table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lims.catalog.sequences import Coded, Numbers

TYPES = {
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DOUBLE": pa.float64(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
}


def table_of(kinds: Sequence[tuple[str, str]], columns: Sequence[Sequence[Any]]) -> pa.Table:
    """kinds: (name, SQL type) of each column."""
    return pa.table({name: _column(values, kind) for (name, kind), values in zip(kinds, columns, strict=True)})


def _column(values: Sequence[Any], kind: str) -> pa.Array:
    match values:
        case Coded():
            return pa.DictionaryArray.from_arrays(np.frombuffer(values.codes, np.int32), pa.array(values.words))
        case Numbers():
            return pa.array(np.frombuffer(values.values), from_pandas=True)
        case _:
            return pa.array(values, TYPES[kind])


def in_order(table: pa.Table, by: str) -> pa.Table:
    """Sorted by this column, of few different texts and no NULL, and by "number", as the lake does to them.

    The lake takes a third of the time over rows that are in order already.
    """
    names, numbers = table[by].combine_chunks(), table["number"].to_numpy()
    if not pa.types.is_dictionary(names.type):
        names = names.dictionary_encode()
        table = table.set_column(table.column_names.index(by), by, names)
    ranks = np.empty(len(names.dictionary), np.int32)
    ranks[np.argsort(np.array(names.dictionary.to_pylist(), object))] = np.arange(len(ranks))
    return table.take(np.lexsort((numbers, ranks[names.indices.to_numpy()])))
