"""Columns as an Arrow table, and a table as bytes."""

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lims.catalog.sequences import Coded, Numbers

BATCH = 65_536
"""Rows: so few that their texts, written out, stay far below the 2 GB that one array of texts can hold."""
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
        case array():
            return pa.array(np.frombuffer(values, values.typecode))
        case Numbers():
            return pa.array(np.frombuffer(values.values), from_pandas=True)
        case _:
            return pa.array(values, TYPES[kind])


def stream_of(table: pa.Table) -> bytes:
    """Arrow IPC in batches. With zstd it is a third of the size, and no slower than without."""
    sink, options = pa.BufferOutputStream(), pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=BATCH)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def in_order(table: pa.Table, by: str, then: str) -> pa.Table:
    """Sorted by two columns without NULL, as the lake does to them; texts are few different ones, numbers come second.

    The lake takes a third of the time over rows that are in order already.
    """
    first = table[by].combine_chunks()
    if pa.types.is_string(first.type):
        first = first.dictionary_encode()
    if pa.types.is_dictionary(first.type):
        table = table.set_column(table.column_names.index(by), by, first)
        words = np.array(first.dictionary.to_pylist(), object)
        ranks = np.empty(len(words), np.int32)
        ranks[np.argsort(words)] = np.arange(len(ranks))
        order = ranks[first.indices.to_numpy()]
    else:
        order = first.to_numpy()
    return table.take(np.lexsort((table[then].to_numpy(), order)))
