"""Every sample of the test data is read once, and the page of formats says what came of it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.extractors import Pool
from tests.formats_page import Sample, page, survey

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "formats.md"


@pytest.fixture(scope="module")
def surveyed(sample_data: Path) -> Iterator[list[Sample]]:
    with Pool() as pool:
        yield survey(sample_data / "vendor", pool)


def test_every_sample_belongs_to_a_dataset_and_every_dataset_has_a_status(
    surveyed: list[Sample], sample_data: Path
) -> None:
    vendor = sample_data / "vendor"
    files = {str(one.relative_to(vendor)) for one in vendor.rglob("*") if one.is_file()}
    told = {key for one in surveyed for key in (one.main, *one.companions)}
    assert files <= told
    for one in surveyed:
        reasons = [failure.reason for failure in one.outcome.failed]
        assert (one.found is None) == bool(reasons), one.main
        assert all(reasons), one.main


def test_no_reason_and_no_warning_tells_a_path_of_this_machine(surveyed: list[Sample], sample_data: Path) -> None:
    words = [failure.reason for one in surveyed for failure in one.outcome.failed]
    words += [warning for one in surveyed if one.found for warning in one.found.warnings]
    assert not [one for one in words if str(sample_data) in one or sys.prefix in one]


def test_the_page_of_formats_tells_the_truth(surveyed: list[Sample], sample_data: Path) -> None:
    """When this fails: make formats."""
    assert PAGE.read_text(encoding="utf-8") == page(surveyed, sample_data / "MANIFEST.csv")
