"""Large arrays of which nothing is read before somebody looks."""

from math import ceil, prod
from pathlib import Path

import numpy as np
import psutil
import pytest

from lims.extractors.planes import MOST_CHUNKS, chunks_of, lazy, mapped


def test_only_the_plane_that_is_looked_at_is_read() -> None:
    asked: list[tuple[int, ...]] = []

    def read(index: tuple[int, ...], rows: slice, columns: slice) -> np.ndarray:
        asked.append(index)
        return np.full((20, 30), 10 * index[0] + index[1])[rows, columns]

    data = lazy((3, 4, 20, 30), np.int64, read)
    assert asked == []
    assert (data[2, 1].compute() == 21).all()
    assert set(asked) == {(2, 1)}
    assert data[1:, ::2, 5, 3:9].compute().tolist() == [[[10] * 6, [12] * 6], [[20] * 6, [22] * 6]]


@pytest.mark.parametrize("leading", [(), (7,), (1_000_000,), (1_000_000, 10), (10, 1_000_000), (3, 5, 2)])
def test_there_are_never_more_chunks_than_dask_can_count(leading: tuple[int, ...]) -> None:
    chunks = chunks_of(leading)
    count = prod(ceil(length / size) for length, size in zip(leading, chunks, strict=True))
    assert count <= 2 * MOST_CHUNKS
    if prod(leading) <= MOST_CHUNKS:
        assert set(chunks) <= {1}


def test_a_mapped_file_is_not_copied_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(1 << 30)
    before = psutil.Process().memory_info().rss
    data = mapped(np.memmap(tmp_path / "big", np.uint8, "r", shape=(256, 2048, 2048)), (1, 2048, 2048))
    assert int(data[100].compute().sum()) == 0
    assert psutil.Process().memory_info().rss - before < 100 << 20
