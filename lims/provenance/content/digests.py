"""How words and arrays are put into a hash: each with its length, so that no two contents are the same bytes."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, Protocol

import numpy as np

from lims.provenance.content.slabs import Array, slabs


class Digest(Protocol):
    def update(self, data: Any, /) -> None: ...


def add(digest: Digest, *parts: str) -> None:
    """Each part with its length, so that no two lists of parts are the same bytes."""
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)


def describe(value: Any) -> tuple[str, ...]:
    """dtype, shape and contents of a small array as text; words by their letters, however they are stored."""
    if value.dtype.kind in "OSU":
        return ("text", repr(value.shape), *(letters(one) for one in value.flat))
    return (value.dtype.str, repr(value.shape), value.tobytes().hex())


def letters(one: Any) -> str:
    return one.decode("utf-8", "surrogateescape") if isinstance(one, bytes) else str(one)


def add_array(digest: Digest, item: Array) -> None:
    """dtype, shape and every value in C order, whatever the chunks, the order in memory and the order of the bytes."""
    add(digest, "array", kind_of(item.dtype), repr(tuple(item.shape)))
    if item.dtype.names or item.dtype.hasobject or item.dtype.kind == "U":
        add_cells(digest, item.dtype, slabs(item))
    else:
        add_bytes(digest, (little_endian(slab) for slab in slabs(item)))


def add_cells(digest: Digest, dtype: "np.dtype[Any]", pieces: Iterable[Any]) -> None:
    """What cannot be taken as bytes: a table column by column without the gaps between them, objects one by one."""
    columns = {path: hashlib.sha256() for path in columns_of(dtype)}
    for piece in pieces:
        for path, column in columns.items():
            values = piece
            for name in path:
                values = values[name]
            if values.dtype.kind in "OU":
                add(column, *chain.from_iterable(map(cell, values.flat)))
            else:
                column.update(little_endian(values).tobytes())
    for path, column in columns.items():
        add(digest, ".".join(path), column.hexdigest())


def columns_of(dtype: "np.dtype[Any]") -> list[tuple[str, ...]]:
    """The paths of the innermost fields; one path without a name for what is no table."""
    if not dtype.names:
        return [()]
    return [(name, *path) for name in dtype.names for path in columns_of(dtype[name])]


def cell(one: Any) -> tuple[str, ...]:
    """An object as words: text by its letters, a ragged array's row by its values."""
    if isinstance(one, np.ndarray | np.generic) and not isinstance(one, np.str_ | np.bytes_):
        return describe(little_endian(np.asarray(one)))
    return ("text", letters(one))


def kind_of(dtype: "np.dtype[Any]") -> str:
    """A dtype in words that do not tell the order of bytes, nor the gaps between a table's columns."""
    if dtype.names:
        return "{" + ", ".join(f"{name!r}: {kind_of(dtype[name])}" for name in dtype.names) + "}"
    if dtype.subdtype:
        return f"{kind_of(dtype.subdtype[0])}{dtype.subdtype[1]}"
    return "object" if dtype.kind == "O" else dtype.str.lstrip("<>=|")


def little_endian(values: Any) -> Any:
    return values.astype(values.dtype.newbyteorder("<"), copy=False)


def add_bytes(digest: Digest, pieces: Iterator[Any]) -> None:
    """The bytes of the pieces in C order. A second piece is read while the first is hashed; both let others run."""
    first = list(islice(pieces, 2))
    if len(first) < 2:
        for piece in first:
            digest.update(buffer_of(piece))
        return
    with ThreadPoolExecutor(1) as hashing:
        running: Future[None] | None = None
        for piece in chain(first, pieces):
            buffer = buffer_of(piece)
            if running:
                running.result()
            running = hashing.submit(digest.update, buffer)


def buffer_of(piece: Any) -> Any:
    whole = np.ascontiguousarray(piece)
    return whole.data if whole.dtype.kind not in "MmV" else whole.tobytes()
