"""A file whose bytes are not what its name says is a failure with a reason, not an ordinary unknown file."""

from pathlib import Path

import pytest

from lims.extractors.extract import extract_file


@pytest.mark.parametrize("name", ["noise.dm3", "noise.TIF", "noise.emd"])
def test_noise_under_a_vendors_name_fails_and_says_so(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(bytes(range(256)) * 4)
    outcome = extract_file(file)
    assert outcome.extraction is None
    assert "damaged" in outcome.failed[0].reason


def test_text_and_emptiness_under_a_vendors_name_fail_too(tmp_path: Path) -> None:
    for name, content, word in (("x.dm3", b"hello", "text"), ("y.dm4", b"", "empty")):
        (tmp_path / name).write_bytes(content)
        assert word in extract_file(tmp_path / name).failed[0].reason


def test_noise_under_a_name_that_promises_nothing_is_an_unknown_file(tmp_path: Path) -> None:
    file = tmp_path / "noise.raw"
    file.write_bytes(bytes(range(256)) * 4)
    outcome = extract_file(file)
    assert outcome.failed == ()
    assert outcome.extraction is not None
    assert outcome.extraction.format == "unknown"
