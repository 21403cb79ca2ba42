from pathlib import Path

import pytest

from lims.extractors.extract import extract_file
from lims.extractors.text import extractor


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_encodings_instruments_write(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("Größe 5 µm\nDruck 3 mbar\n".encode(encoding))
    found = extractor.extract(tmp_path / "a.txt", [])
    assert found.metadata["head"] == ["Größe 5 µm", "Druck 3 mbar"]


def test_a_letter_cut_in_two_at_the_end_of_the_head_is_still_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(("µ" * 3000).encode()[:4097])
    outcome = extract_file(tmp_path / "a.txt")
    assert outcome.extraction is not None
    assert outcome.extraction.format == "text"


def test_a_table_tells_its_columns(sample_data: Path) -> None:
    found = extractor.extract(sample_data / "vendor/sensorlog/chiller_log.csv", [])
    assert found.format == "csv"
    first = (sample_data / "vendor/sensorlog/chiller_log.csv").read_text().splitlines()[0]
    assert found.metadata["columns"] == first.split(",")


def test_only_the_head_of_a_long_log_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x" * 1000 + "\n" + "line\n" * 1000)
    tree = extractor.extract(tmp_path / "a.log", []).metadata
    assert (len(tree["head"]), len(tree["head"][0]), tree["lines"]) == (40, 200, 1001)
