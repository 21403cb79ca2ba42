import errno
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from lims import plugins
from lims.extractors.arrays import ArrayExtractor
from lims.extractors.extract import extract_file
from lims.extractors.outcome import Outcome, PreviewTarget, from_json, to_json
from lims.extractors.text import Text
from lims.model import Extraction
from lims.plugins import extractors, reason_of


def test_bytes_that_nobody_knows_are_a_dataset_and_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(range(256)) * 8)
    outcome = extract_file(path, preview=tmp_path / "x.png")
    assert outcome.failed == ()
    assert outcome.extraction is not None
    assert (outcome.extraction.format, outcome.extraction.signals) == ("unknown", ())
    assert not (tmp_path / "x.png").exists()


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "x.log").touch()
    outcome = extract_file(tmp_path / "x.log")
    assert outcome.extraction is not None
    assert outcome.extraction.format == "empty"


def test_a_broken_file_of_a_known_format_says_why_and_with_which_version(tmp_path: Path) -> None:
    (tmp_path / "x.dm3").write_bytes(b"\0\0\0\3" + bytes(40))
    outcome = extract_file(tmp_path / "x.dm3")
    (failure,) = outcome.failed
    assert outcome.extraction is None
    assert (failure.step, bool(failure.reason)) == ("extract", True)
    assert failure.version.startswith("rosetta ")


def test_an_hdf5_file_of_no_known_writer_goes_to_the_next_extractor(sample_data: Path) -> None:
    outcome = extract_file(sample_data / "vendor/zdf/synthetic_like.zdf")
    assert outcome.failed == ()
    assert outcome.extraction is not None
    assert (outcome.extraction.extractor, outcome.extraction.format) == ("hdf5", "zdf")


def test_metadata_stay_when_only_the_picture_fails(sample_data: Path, tmp_path: Path) -> None:
    whole = (sample_data / "vendor/tiff/test_tiff_Zeiss_SEM_512pix.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 2])
    outcome = extract_file(tmp_path / "cut.tif", preview=tmp_path / "cut.png")
    assert outcome.extraction is not None
    assert outcome.extraction.normalised["acceleration_voltage"].value == 5000
    assert [failure.step for failure in outcome.failed] == ["preview"]
    assert outcome.failed[0].reason.startswith("the file is cut off or damaged")
    assert [file.name for file in tmp_path.iterdir()] == ["cut.tif"]


def test_the_first_signal_that_shows_something_is_drawn(sample_data: Path, tmp_path: Path) -> None:
    path = sample_data / "vendor/dm3/TEM_list_signal_dataZeroed.dm3"  # an image of zeros, then a profile
    outcome = extract_file(path, preview=PreviewTarget(tmp_path / "a.webp"))
    assert (outcome.preview_size, outcome.blank) == ((768, 432), "")


def test_a_full_disk_is_told_by_its_number_and_not_by_words(
    sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(picture: bytes, to: Path) -> None:
        raise OSError(errno.ENOSPC, "pas de place", str(to))

    monkeypatch.setattr("lims.extractors.drawing.picture.write", full)
    outcome = extract_file(sample_data / "vendor/ser_emi/16_STOimage.emi", preview=tmp_path / "a.png")
    assert outcome.extraction is not None
    (failure,) = outcome.failed
    assert (failure.step, failure.errno) == ("preview", errno.ENOSPC)
    assert str(tmp_path) not in failure.reason
    assert from_json(to_json(outcome)) == outcome


def test_an_outcome_survives_its_journey(sample_data: Path) -> None:
    outcome = extract_file(sample_data / "vendor/dm4/EELS_SI.dm4")
    assert outcome.extraction is not None
    assert from_json(to_json(outcome)) == outcome
    assert from_json(to_json(Outcome(None, blank="ü\n"))) == Outcome(None, blank="ü\n")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "it needs more memory than a file may use"),
        (StopIteration(), "the file ends too early"),
        (ModuleNotFoundError("No module named 'zarr'", name="zarr"), "a library that reads it is not installed (zarr)"),
        (ValueError("mmap length is greater than file size"), "the file is cut off or damaged (mmap"),
        (OSError("Cannot interpret: /secret/folder/x.dens"), "Cannot interpret: x.dens"),
        (KeyError("Experiment_date"), "KeyError: 'Experiment_date'"),
        (Exception(), "the reader gave up without a word (Exception)"),
    ],
)
def test_reasons_are_plain_and_tell_no_folder(error: Exception, words: str) -> None:
    assert reason_of(error, Path("/secret/folder/x.dens")).startswith(words)


def test_a_warning_tells_no_folder_and_is_one_line(tmp_path: Path) -> None:
    class Complaining(Text):
        def extract(self, path: Path, companions: Sequence[Path]) -> Extraction:
            said = f"not found:\n {path} in {tmp_path.parent}/x"
            return Extraction("text", self.name, self.version, warnings=(said,))

    (tmp_path / "a.txt").write_text("a note")
    found = extract_file(tmp_path / "a.txt", readers=[Complaining()]).extraction
    assert found is not None
    assert found.warnings == ("not found: a.txt in x",)


def test_what_is_damaged_deep_inside_is_still_a_dataset(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"a": np.random.default_rng(1).random((50, 50))}, do_compression=True)
    raw = bytearray((tmp_path / "a.mat").read_bytes())
    raw[150:190] = bytes(40)
    (tmp_path / "a.mat").write_bytes(raw)
    found = extract_file(tmp_path / "a.mat").extraction
    assert found is not None
    assert (found.format, any("damaged" in words for words in found.warnings)) == ("matlab", True)


def test_an_extractor_that_fails_to_sniff_costs_no_file_that_others_read(sample_data: Path) -> None:
    class Stumbling(ArrayExtractor):
        name, version, formats = "stumbling", "3", ("x",)

        def sniff(self, head: bytes, name: str) -> bool:
            raise IndexError("index out of range")

    outcome = extract_file(sample_data / "vendor/dm3/test_STEM_image.dm3", readers=[Stumbling(), *extractors()])
    assert outcome.extraction is not None
    assert outcome.extraction.format == "dm3"
    assert any("stumbling 3 failed to sniff it" in words for words in outcome.extraction.warnings)


def test_an_installed_extractor_that_cannot_be_imported_costs_no_file(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = EntryPoint("broken", "no.such.module:extractor", plugins.EXTRACTORS)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [broken])
    plugins.extractors.cache_clear()
    try:
        assert [one.name for one in plugins.extractors()] == [name for name, _ in plugins.BUILT_IN]
    finally:
        plugins.extractors.cache_clear()
    assert "broken" in caplog.text
