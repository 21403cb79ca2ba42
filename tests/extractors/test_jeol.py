"""JEOL's analyses and event lists, beside RosettaSciIO's own decoding and the numbers in the files."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from rsciio.jeol import file_reader

from lims.extractors.companions import Group, group_companions
from lims.extractors.rosetta import extractor
from lims.facility.signals import is_large
from lims.model import Extraction

MAP = "vendor/jeol/Sample/00_View000/View000_0000006.pts"


def analysis(root: Path, name: str) -> Extraction:
    """Read an .asw with what belongs to it by name."""
    keys = [str(file.relative_to(root)) for file in root.rglob("*.*")]
    group = next(group for group in group_companions(keys) if group.main == name)
    return extractor.extract(root / name, [root / key for key in group.companions])


def test_an_event_list_is_a_spectrum_image_and_never_an_array(sample_data: Path) -> None:
    found = extractor.extract(sample_data / MAP, [])
    signal = found.signals[0]
    # Pixels "512x512", 12-bit channels; CoefA, ScanSize / Mag stand in the file
    assert (signal.shape, signal.dtype, signal.signal_type) == ((512, 512, 4096), "uint8", "EDS_TEM")
    assert signal.axes[1].scale == pytest.approx(178.0 / 40000 * 1e3 / 512)
    assert (signal.axes[1].unit, signal.axes[2].unit) == ("µm", "keV")
    assert signal.axes[2].scale == pytest.approx(0.00999866)
    assert is_large((sample_data / MAP).stat().st_size, found.signals)  # so it is opened lazily
    assert found.normalised["instrument_name"].value == "JEM-2100F(UHR)"
    assert found.normalised["live_time"].value == pytest.approx(325.46)


def test_its_picture_is_the_counts_that_rosettasciio_decodes(sample_data: Path) -> None:
    decoded = file_reader(str(sample_data / MAP), rebin_energy=4096, SI_dtype=np.uint32)[0]["data"][..., 0]
    frame = extractor.preview(sample_data / MAP, [], 0)
    assert np.array_equal(frame.data, decoded)
    coarse = file_reader(str(sample_data / MAP), downsample=512, SI_dtype=np.uint32)[0]["data"]
    data = extractor.opened(sample_data / MAP, []).signals[0].data
    assert np.array_equal(data.over_positions(), coarse[0, 0])


def test_an_analysis_has_its_images_its_event_list_and_its_own_words(sample_data: Path) -> None:
    found = analysis(sample_data / "vendor/jeol", "181019-BN.ASW")
    titles = [signal.title for signal in found.signals]
    assert titles == ["IMG1", "C K", "O K", "S K", "Fe K", "Cu K", "View000_0000006"]
    assert found.signals[-1].shape == (512, 512, 4096)
    views = found.metadata["asw"]["SampleInfo"]["0"]["ViewInfo"]["0"]
    assert views["ViewData"]["3"]["Keyword"] == "MAP,B K,"
    assert not any("asw" in tree for tree in found.metadata["signals"].values())


def test_of_two_analyses_in_one_folder_each_takes_what_bears_its_name(tmp_path: Path) -> None:
    keys = ["a/one.ASW", "a/Two.asw", "a/One/00_v/v_0.img", "a/Sample/00_v/two_0000001.map", "a/Sample/00_v/v_2.map"]
    assert group_companions(keys) == [
        Group("a/Sample/00_v/v_2.map"),
        Group("a/Two.asw", ("a/Sample/00_v/two_0000001.map",)),
        Group("a/one.ASW", ("a/One/00_v/v_0.img",)),
    ]


def test_an_analysis_whose_files_are_datasets_of_their_own_still_says_what_it_knows(
    sample_data: Path, tmp_path: Path
) -> None:
    for name in ("a.ASW", "b.ASW"):
        shutil.copyfile(sample_data / "vendor/jeol/181019-BN.ASW", tmp_path / name)
    (tmp_path / "Sample").mkdir()
    shutil.copyfile(sample_data / "vendor/jeol/Sample/00_View000/View000_0000001.map", tmp_path / "Sample/v_1.map")
    found = analysis(tmp_path, "a.ASW")
    assert found.signals == ()
    assert "datasets of their own" in found.warnings[0]
    assert found.normalised["acceleration_voltage"].value == 200_000.0  # "Volt": 200.0
    assert found.normalised["magnification"].value == 100_000


def test_a_damaged_map_costs_an_analysis_only_itself(sample_data: Path, tmp_path: Path) -> None:
    shutil.copyfile(sample_data / "vendor/jeol/181019-BN.ASW", tmp_path / "a.ASW")
    shutil.copytree(sample_data / "vendor/jeol/Sample", tmp_path / "Sample", copy_function=shutil.copyfile)
    damaged = tmp_path / "Sample/00_View000/View000_0000002.map"
    damaged.write_bytes(damaged.read_bytes()[:2000])
    found = analysis(tmp_path, "a.ASW")
    assert len(found.signals) == 6
    assert any(words.startswith("View000_0000002.map cannot be read: ") for words in found.warnings)


def test_a_map_of_impossible_size_is_refused_before_anything_is_made(sample_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "map.pts"
    raw = (sample_data / MAP).read_bytes()
    assert raw.count(b"512x512\0") > 1
    path.write_bytes(raw.replace(b"512x512\0", b"99x9999\0"))
    with pytest.raises(ValueError, match="99 × 9999 pixels"):
        extractor.extract(path, [])
