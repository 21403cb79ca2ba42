"""Arrays that stay in their file: what numpy makes of the same array, and how little of it is read."""

from typing import Any

import numpy as np
import pytest

from lims.extractors.lazy import CHUNK_BYTES, MOST_CHUNKS, Joined, Scanned, as_lazy, chunks_of, rows_and_columns

FRAMES = np.arange(12 * 5 * 7, dtype=np.int32).reshape(12, 5, 7)


class Watched:
    """A stack that remembers which frames were asked for."""

    shape, dtype = FRAMES.shape, FRAMES.dtype

    def __init__(self) -> None:
        self.read: list[int] = []

    def __getitem__(self, key: Any) -> Any:
        self.read += range(*key[0].indices(12))
        return FRAMES[key]


@pytest.mark.parametrize(
    "places",
    [rows_and_columns(3, 4), np.arange(12), np.array([[3, 2, 1], [0, -1, 4]]), np.array([[-1, 0, 1], [-1, -1, 2]])],
    ids=["rows", "a row", "any order", "with gaps"],
)
@pytest.mark.parametrize("key", [(), (slice(None, None, 2),), (1,), (..., 3), (..., slice(1, 4), slice(None, None, 3))])
def test_a_scan_is_its_frames_where_they_lie(places: Any, key: Any) -> None:
    whole = np.where(places[..., None, None] < 0, 0, FRAMES[places])
    assert np.array_equal(as_lazy(Scanned(FRAMES, places))[key].compute(), whole[key])


def test_many_short_runs_are_picked_out_of_the_whole() -> None:
    values, places = np.arange(400.0), np.random.default_rng(0).permutation(400).reshape(20, 20)
    assert np.array_equal(as_lazy(Scanned(values, places)).compute(), values[places])


def test_one_frame_of_a_scan_reads_that_frame() -> None:
    watched = Watched()
    assert np.array_equal(as_lazy(Scanned(watched, rows_and_columns(3, 4)))[1, 2].compute(), FRAMES[6])
    assert watched.read == [6]


def test_stacks_are_one_behind_the_other() -> None:
    joined = Joined([FRAMES[:5], FRAMES[5:6], FRAMES[6:]])
    assert joined.shape == FRAMES.shape
    for part in (slice(None), slice(4, 8), slice(11, 12), slice(5, 5)):
        assert np.array_equal(joined[part, 1:3], FRAMES[part, 1:3])


class Claimed:
    """An array that only says how large it is."""

    def __init__(self, shape: tuple[int, ...], chunks: tuple[int, ...] | None = None) -> None:
        self.shape, self.dtype, self.chunks = shape, np.dtype("u2"), chunks


def test_chunks_hold_whole_frames_and_follow_the_files_own() -> None:
    assert chunks_of(Claimed((1000, 512, 512))) == (CHUNK_BYTES // (512 * 512 * 2), 512, 512)
    assert chunks_of(Claimed((1000, 512, 512), (3, 512, 512)))[0] % 3 == 0


def test_an_array_of_any_size_has_a_bounded_number_of_chunks() -> None:
    shape = (1_000_000, 4096, 4096)
    count = np.prod([-(-size // step) for size, step in zip(shape, chunks_of(Claimed(shape)), strict=True)])
    assert count <= 2 * MOST_CHUNKS
