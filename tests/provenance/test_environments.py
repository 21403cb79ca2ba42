import copy
from typing import Any

import pytest

from lims.errors import Invalid
from lims.provenance import environment
from lims.provenance.environments import Change, as_lock, compare, facts, used_generators

THEN: dict[str, Any] = {
    "packages": {"numpy": "1.26.4", "Scikit_Image": "0.22", "black": "23.1", "jupyter-lims": "0.1.0"},
    "package_hashes": {"numpy": "aa" * 32, "Scikit_Image": "bb" * 32, "black": "", "jupyter-lims": ""},
    "used": ["numpy", "Scikit_Image"],
    "python": {"version": "3.11.7", "implementation": "CPython", "compiler": "GCC 12"},
    "system": {"name": "Linux-5.15-x86_64-with-glibc2.36", "libc": "glibc 2.36", "machine": "x86_64"},
    "cpu": {"model": "Xeon", "count": 8, "usable": 2},
    "host": "node-1",
    "locale": {"name": "C", "encoding": "UTF-8", "lang": "en_US.UTF-8"},
    "timezone": {"name": "", "zones": ["CET", "CEST"], "offset_s": 3600},
    "threads": {},
    "variables": {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "LANG": "en_US.UTF-8"},
    "pools": [{"internal_api": "openblas", "num_threads": 1, "architecture": "Haswell"}],
    "blas": {"name": "scipy-openblas", "version": "0.3.27", "simd": ["X86_V3"]},
    "container": {},
}


def changed(**parts: Any) -> dict[str, Any]:
    """THEN with a part exchanged; of a dictionary only the given keys."""
    now = copy.deepcopy(THEN)
    for part, value in parts.items():
        now[part] = {**now[part], **value} if isinstance(value, dict) and part in now else value
    return now


def test_the_same_environment_has_no_changes():
    assert compare(THEN, copy.deepcopy(THEN)) == compare(THEN, THEN)
    assert compare(THEN, THEN).same
    assert compare(THEN, THEN).changes == ()


@pytest.mark.parametrize(
    "parts",
    [
        {"host": "node-2"},
        {"timezone": {"offset_s": 7200}},
        {"system": {"name": "Linux-6.8-x86_64-with-glibc2.36"}},
        {"cpu": {"model": "Xeon Gold", "count": 64}},
        {"variables": {"LANG": "de_DE.UTF-8", "PYTHONUNBUFFERED": ""}},
        {"packages": {"scikit-image": "0.22"}},
        {"random": {"python": "x"}},
        {"kernel": "python3"},
    ],
    ids=str,
)
def test_what_cannot_change_a_result_is_not_told(parts):
    now = changed(**parts)
    if "packages" in parts:
        del now["packages"]["Scikit_Image"]
    assert compare(THEN, now).changes == ()


@pytest.mark.parametrize(
    ("parts", "change"),
    [
        ({"packages": {"numpy": "2.4.6"}}, Change("package numpy", "1.26.4", "2.4.6")),
        ({"python": {"version": "3.12.1"}}, Change("Python", "CPython 3.11.7", "CPython 3.12.1")),
        (
            {"system": {"libc": "glibc 2.41"}},
            Change("operating system", "Linux glibc 2.36 x86_64", "Linux glibc 2.41 x86_64"),
        ),
        (
            {"pools": [{"internal_api": "openblas", "num_threads": 2, "architecture": "Haswell"}]},
            Change(
                "linear algebra's threads and processor", "openblas Haswell, 1 thread", "openblas Haswell, 2 threads"
            ),
        ),
        (
            {"pools": [{"internal_api": "openblas", "num_threads": 1, "architecture": "SkylakeX"}]},
            Change(
                "linear algebra's threads and processor", "openblas Haswell, 1 thread", "openblas SkylakeX, 1 thread"
            ),
        ),
        ({"blas": {"version": "0.3.31"}}, Change("linear algebra", "scipy-openblas 0.3.27", "scipy-openblas 0.3.31")),
        ({"blas": {"simd": ["X86_V4"]}}, Change("NumPy's processor features", "X86_V3", "X86_V4")),
        ({"locale": {"encoding": "ISO-8859-1"}}, Change("text encoding", "UTF-8", "ISO-8859-1")),
        ({"timezone": {"zones": ["UTC", "UTC"]}}, Change("time zone", "CET/CEST", "UTC")),
        ({"variables": {"HDF5_USE_FILE_LOCKING": "FALSE"}}, Change("HDF5_USE_FILE_LOCKING", "", "FALSE")),
        ({"variables": {"OMP_NUM_THREADS": "4"}}, Change("OMP_NUM_THREADS", "1", "4")),
        ({"container": {"image": "lab:3"}}, Change("container", "", "image lab:3")),
        (
            {"package_hashes": {"numpy": "cc" * 32}},
            Change("package numpy", f"1.26.4 (code {'aa' * 6})", f"1.26.4 (code {'cc' * 6})"),
        ),
    ],
    ids=lambda value: value.what if isinstance(value, Change) else "",
)
def test_what_can_change_a_result_is_told_before_and_after(parts, change):
    comparison = compare(THEN, changed(**parts))
    assert comparison.changes == (change,)
    assert not comparison.same


def test_a_package_that_no_run_loaded_comes_last_and_does_not_count():
    now = changed(packages={"black": "24.0", "numpy": "2.4.6"})
    assert [(one.what, one.counts) for one in compare(THEN, now).changes] == [
        ("package numpy", True),
        ("unused package black", False),
    ]
    only_unused = compare(THEN, changed(packages={"black": "24.0"}))
    assert only_unused.same
    assert len(only_unused.changes) == 1


def test_a_package_that_only_one_of_them_has_is_told():
    now = changed(packages={"new": "1"}, used=["numpy", "Scikit_Image", "new"])
    del now["packages"]["numpy"]
    assert set(compare(THEN, now).changes) == {Change("package new", "", "1"), Change("package numpy", "1.26.4", "")}


def test_without_word_of_what_was_loaded_every_package_counts():
    then, now = copy.deepcopy(THEN), changed(packages={"black": "24.0"})
    del then["used"], now["used"]
    assert not compare(then, now).same


def test_an_environment_of_an_older_version_is_compared_as_far_as_it_tells():
    old = {key: THEN[key] for key in ("packages", "python", "system", "threads")}
    assert compare(old, THEN).same
    assert compare({}, THEN).same


def test_another_processor_counts_where_the_linear_algebra_tells_nothing():
    then, now = changed(pools=[]), changed(pools=[], cpu={"model": "Apple M4"})
    assert compare(then, now).changes == (Change("processor", "Xeon", "Apple M4"),)


def test_this_python_twice_is_the_same():
    first = {**environment.describe(), **environment.describe_loaded()}
    second = {**environment.describe(), **environment.describe_loaded()}
    assert compare(first, second).changes == ()
    assert facts(first) == facts(second)


def test_a_lock_is_sorted_and_leaves_us_out():
    assert as_lock(THEN) == "black==23.1\nnumpy==1.26.4\nscikit-image==0.22\n"


@pytest.mark.parametrize(
    ("name", "version"),
    [("-r /etc/passwd", "1"), ("six", "1 @ file:///x"), ("six", "1\n--pre"), ("", "1"), ("six", "")],
)
def test_a_lock_holds_no_options_or_paths(name, version):
    with pytest.raises(Invalid):
        as_lock({"packages": {name: version}})


def test_the_generators_that_a_run_used_are_named():
    start = {"random_start": {"python": "a"}}
    assert used_generators({**start, "random": {"python": "a", "numpy_global_used": False}}) == ()
    assert used_generators({**start, "random": {"python": "b", "numpy_global_used": True}}) == (
        "random",
        "numpy.random",
    )
    assert used_generators({}) == ()
