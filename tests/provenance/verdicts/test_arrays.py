"""Arrays element by element: what is equal, what is near, what is not; and what no array may make fail."""

import math
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.fft
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lims.model.verdicts import Tolerance
from lims.provenance.verdicts.arrays import ArrayDifference, compare_arrays, mismatch

NAN, INF = math.nan, math.inf


def differences(expected: Any, found: Any, declared: Tolerance | None = None) -> list[ArrayDifference]:
    one, other = np.asarray(expected), np.asarray(found)
    assert mismatch(one, other, "", False) == ""
    return list(compare_arrays("x", one, other, declared))


def passes(expected: Any, found: Any, declared: Tolerance | None = None) -> bool:
    return not any(one.beyond for one in differences(expected, found, declared))


def images() -> dict[str, Any]:
    dice = np.random.default_rng(0)
    y, x = np.mgrid[:256, :256]
    return {
        "lattice": 1000 + 200 * np.cos(x * 0.7) * np.cos(y * 0.6) + dice.normal(0, 30, x.shape),
        "counts": dice.poisson(5, x.shape).astype("f8"),
        "disc": ((x - 128) ** 2 + (y - 128) ** 2 < 400) * 1e4 + dice.poisson(0.1, x.shape),
        "peak": np.exp(-((x - 100) ** 2 + (y - 150) ** 2) / 2e3),
    }


@pytest.mark.parametrize("name", images())
def test_fourier_transforms_of_other_versions_and_orders_are_equivalent(name):
    """NumPy 1 transforms single precision in double, NumPy 2 in single; and rows may come before columns."""
    image = images()[name]
    double, single = scipy.fft.fft2(image), scipy.fft.fft2(image.astype("f4"))
    assert single.dtype == np.complex64
    turned = scipy.fft.fft(scipy.fft.fft(image, axis=0), axis=1)
    assert passes(double, single.astype("c16"))
    assert passes(double, turned)
    assert passes(single, scipy.fft.fft(scipy.fft.fft(image.astype("f4"), axis=0), axis=1))


@pytest.mark.parametrize("name", images())
def test_a_peak_of_a_transform_that_changes_by_a_hundredth_of_a_percent_is_found(name):
    double = scipy.fft.fft2(images()[name])
    changed = scipy.fft.fft(scipy.fft.fft(images()[name], axis=0), axis=1)
    at = np.unravel_index(np.argsort(np.abs(double), axis=None)[-20], double.shape)
    changed[at] *= 1.0001
    (found,) = differences(double, changed)
    assert found.beyond
    assert found.index == at


def test_decompositions_by_other_routines_are_equivalent():
    counts = np.random.default_rng(1).poisson(20, (400, 60)).astype("f8")
    one, other = (scipy.linalg.svd(counts, full_matrices=False, lapack_driver=way) for way in ("gesdd", "gesvd"))
    signs = np.sign((one[0] * other[0]).sum(0))
    assert passes(one[0], other[0] * signs)
    assert passes(one[1], other[1])


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16", "f2"])
@pytest.mark.parametrize("level", [1.0, 1e-2, 1e-4, 1e-6])
def test_one_pixel_by_a_hundredth_of_a_percent_is_found_however_dim_it_is(dtype, level):
    image = np.random.default_rng(2).uniform(0.5, 1, (64, 64)).astype(dtype)
    image[0, 0] = level
    changed = image.copy()
    changed[0, 0] = np.nextafter(changed[0, 0], np.float16(9)) if dtype == "f2" else level * 1.0001
    (found,) = differences(image, changed)
    assert (found.size, found.beyond, found.index) == (1, 1, (0, 0))


@pytest.mark.parametrize("count", [1, 2, 5, 15, 300])
def test_some_changed_pixels_are_found_beside_rounding_in_all_others(count):
    """Rounding of a few last bits, and up to a twelfth of the pixels by 0.01 %, in pixels of 1e-4 of the maximum."""
    image = np.full((64, 64), 1e-4)
    image[-1, -1] = 1.0
    changed = image * (1 + 4e-16 * np.random.default_rng(3).integers(-2, 3, image.shape))
    changed.flat[:count] *= 1.0001
    (found,) = differences(image, changed)
    assert found.beyond == count


def test_a_small_array_has_no_floor_to_hide_under():
    (found,) = differences([1e6, 1.0, 2.0], [1e6, 1.0001, 2.0])
    assert (found.beyond, found.index) == (1, (1,))


@pytest.mark.parametrize(
    ("expected", "found", "equal"),
    [
        ([1.0, NAN], [1.0, NAN], True),
        ([1.0, NAN], [1.0, 2.0], False),
        ([1.0, 2.0], [1.0, NAN], False),
        ([INF], [INF], True),
        ([INF], [-INF], False),
        ([INF], [1e308], False),
        ([1e308], [-1e308], False),
        ([complex(NAN, 1)], [complex(NAN, 1)], True),
        ([complex(NAN, 1)], [complex(NAN, 2)], False),
        ([complex(1, NAN)], [complex(NAN, 1)], False),
    ],
)
def test_what_is_no_number_must_be_none_in_the_same_place(expected, found, equal):
    result = differences(expected, found)
    assert bool(result) is not equal
    assert passes(expected, found) is equal
    assert all(one.max_abs is None or math.isfinite(one.max_abs) for one in result)


def test_no_tolerance_lets_a_nan_pass():
    assert not passes([1.0, 2.0], [1.0, NAN], Tolerance(absolute=1e300))


def test_signs_of_zeros_are_other_bits_and_equal_numbers():
    (found,) = differences([0.0, 1.0], [-0.0, 1.0])
    assert (found.size, found.beyond, found.max_abs) == (1, 0, 0.0)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i8", "u8", "i4"])
def test_whole_numbers_are_compared_exactly_and_without_overflow(dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    (found,) = differences(np.array([low, high], dtype), np.array([high, high - 1], dtype))
    assert (found.size, found.beyond, found.index) == (2, 2, (0,))
    assert found.max_abs == float(int(high) - int(low))
    (last,) = differences(np.array([high], dtype), np.array([high - 1], dtype))
    assert (last.beyond, last.max_abs) == (1, 1.0)
    assert passes(np.array([high], dtype), np.array([high - 1], dtype), Tolerance(absolute=1))


def test_booleans_times_and_words_are_exact():
    assert not passes([True, False], [True, True])
    assert not passes(np.array(["2018-11-13"], "M8[ms]"), np.array(["2018-11-14"], "M8[ms]"))
    assert passes(np.array(["2018-11-13", "NaT"], "M8[ms]"), np.array(["2018-11-13", "NaT"], "M8[ms]"))
    (found,) = differences(np.array(["a", "b"], object), np.array([b"a", b"c"]))
    assert (found.index, found.max_abs, found.odd) == ((1,), None, 1)


def test_ragged_rows_are_compared_by_value():
    one, other = np.empty(2, object), np.empty(2, object)
    one[:] = [np.arange(2000.0), np.arange(3)]
    other[:] = [np.arange(2000.0), np.arange(3)]
    assert not differences(one, other)
    other[0][1000] = np.nextafter(1000, 0)
    assert differences(one, other)[0].index == (0,)


def test_tables_are_compared_column_by_column():
    dtype = np.dtype([("flag", "u1"), ("place", [("x", "f8", (2,))]), ("name", "S4")], align=True)
    one = np.zeros(5, dtype)
    other = one.copy()
    other["place"]["x"][3, 1] = 1e-3
    other["name"][2] = b"a"
    found = {difference.name: difference for difference in differences(one, other)}
    assert {name: difference.index for name, difference in found.items()} == {"x.place.x": (3, 1), "x.name": (2,)}


@pytest.mark.parametrize("dtype", ["f8", "u8", "c8", "?", "S3", "O", [("a", "f4")], "M8[s]"])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 1, 1)])
def test_empty_arrays_and_single_elements_of_all_kinds(dtype, shape):
    assert differences(np.zeros(shape, dtype), np.zeros(shape, dtype)) == []


def test_the_index_is_right_in_an_array_of_many_slabs(tmp_path):
    """3 × 5 × 2 MB, cut at other places than its chunks; the memory for it is another's business."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = np.zeros((3, 5, 512, 1024), "f4")
        one = file.create_dataset("one", data=data)
        data[2, 3, 500, 1000] = 1
        data[0, 0, 0, 0] = 0.5
        other = file.create_dataset("other", data=data, chunks=(2, 3, 100, 100), compression="gzip")
        for first, second in ((one, other), (other, one)):
            (found,) = compare_arrays("x", first, second, None)
            assert (found.size, found.index, found.max_abs) == (2, (2, 3, 500, 1000), 1.0)


DTYPES = st.one_of(
    hnp.integer_dtypes(endianness="?"), hnp.floating_dtypes(endianness="?"), hnp.complex_number_dtypes(endianness="?"),
    hnp.boolean_dtypes(), hnp.byte_string_dtypes(max_len=4), hnp.unicode_string_dtypes(max_len=4),
    hnp.datetime64_dtypes(), hnp.timedelta64_dtypes(),
)  # fmt: skip
PAIRS = st.tuples(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)).flatmap(
    lambda kind: st.tuples(hnp.arrays(*kind), hnp.arrays(*kind))
)


@settings(max_examples=400, deadline=None)
@given(PAIRS)
def test_any_two_arrays_have_a_finite_difference_that_is_empty_for_the_same(pair):
    one, other = pair
    assert list(compare_arrays("x", one, one.copy(), None)) == []
    for found in compare_arrays("x", one, other, None):
        assert 0 < found.size <= one.size
        assert found.beyond <= found.size
        assert len(found.index) == one.ndim
        assert all(math.isfinite(value) for value in (found.max_abs, found.rms) if value is not None)
        assert found.max_abs is None or found.rms <= found.max_abs * (1 + 1e-12)


@settings(max_examples=300, deadline=None)
@given(
    hnp.arrays("f8", (20,), elements=st.floats(-1e6, 1e6)), hnp.arrays("f8", (20,), elements=st.floats(-1, 1)),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_a_declared_tolerance_is_that_of_isclose(expected, error, absolute, relative):
    found = expected + error
    close = np.abs(found - expected) <= absolute + relative * np.abs(expected)
    difference = differences(expected, found, Tolerance(absolute, relative))
    assert sum(one.beyond for one in difference) == np.count_nonzero(~close)
