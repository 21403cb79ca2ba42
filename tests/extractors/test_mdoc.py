"""SerialEM's .mdoc beside an image: the expected numbers are read off its own text, in its own units."""

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lims.demo.formats import WRITERS
from lims.demo.shot import Shot
from lims.extractors.companions import group_companions
from lims.extractors.extract import extract_file
from lims.extractors.rosetta.mdoc import beside, parsed
from lims.model import Extraction

SERIES = """PixelSpacing = 5.4
Voltage = 300
ImageFile = TS_01.mrc
ImageSize = 48 32
DataMode = 1

[T = SerialEM: Krios D3692                         30-Nov-15  15:20:46    ]

[T =     Tilt axis angle = 175.3, binning = 1  spot = 8  camera = 2]

[ZValue = 0]
TiltAngle = -60.0012
StagePosition = 20.7936 -155.287
StageZ = 163.803
Magnification = 105000
Intensity = 0.00900259
PixelSpacing = 5.4
SpotSize = 8
Defocus = -2.68083
ImageShift = -0.0108126 -0.121079
ExposureTime = 0.8
SubFramePath = D:\\DATA\\frames\\TS_01_000_0.0.mrc
DateTime = 30-Nov-15  15:21:38

[ZValue = 1]
TiltAngle = -57
Magnification = 105000
DateTime = 30-Nov-15  15:23:02
"""


def shot(**more: object) -> Shot:
    data = np.arange(32 * 48, dtype=np.uint16).reshape(32, 48)
    at = datetime(2026, 7, 4, 12, 0, 1, tzinfo=UTC)
    given = {"voltage_v": 300e3, "magnification": 81000.0, "pixel_m": 2e-10, "tilt_deg": 12.5, "dwell_s": 1.5} | more
    return Shot(at=at, operator="Ada", sample="grid 7", detector="K3", data=data, recording="noise", **given)  # type: ignore[arg-type]


def read(folder: Path, text: str | None, **more: object) -> Extraction:
    """An image as SerialEM writes it, with this text beside it, else its own."""
    path = folder / "TS_01.mrc"
    WRITERS["mrc"](path, shot(**more))
    if text is not None:
        (folder / "TS_01.mrc.mdoc").write_text(text, newline="")
    (group,) = group_companions([file.name for file in folder.iterdir()])
    outcome = extract_file(folder / group.main, [folder / name for name in group.companions])
    assert outcome.failed == ()
    assert outcome.extraction is not None
    return outcome.extraction


def test_the_text_is_kept_as_it_is_spelled() -> None:
    tree = parsed(SERIES.replace("\n", "\r\n"))
    assert (tree["Voltage"], tree["ImageSize"]) == ("300", "48 32")
    assert tree["T"][1] == "Tilt axis angle = 175.3, binning = 1  spot = 8  camera = 2"
    assert list(tree["ZValue"]) == ["0", "1"]
    assert tree["ZValue"]["0"]["SubFramePath"] == "D:\\DATA\\frames\\TS_01_000_0.0.mrc"
    assert tree["ZValue"]["0"]["DateTime"] == "30-Nov-15  15:21:38"
    assert tree["ZValue"]["1"] == {"TiltAngle": "-57", "Magnification": "105000", "DateTime": "30-Nov-15  15:23:02"}


def test_odd_lines_and_repeated_keys_are_kept() -> None:
    assert parsed("a = 1\na = 2\na = 3\nnonsense\n[x]\n[FrameSet = 0]\nb =\n") == {
        "a": ["1", "2", "3"],
        "lines": ["nonsense", "[x]"],
        "FrameSet": {"0": {"b": ""}},
    }


def test_a_series_fills_the_vocabulary_in_si_with_its_source(tmp_path: Path) -> None:
    found = read(tmp_path, SERIES)
    expected = {
        "acceleration_voltage": (300e3, "V", "mdoc.Voltage", "300"),
        "magnification": (105000.0, "", "mdoc.ZValue.0.Magnification", "105000"),
        "defocus": (-2.68083e-6, "m", "mdoc.ZValue.0.Defocus", "-2.68083"),
        "stage_x": (20.7936e-6, "m", "mdoc.ZValue.0.StagePosition", "20.7936 -155.287"),
        "stage_y": (-155.287e-6, "m", "mdoc.ZValue.0.StagePosition", "20.7936 -155.287"),
        "stage_z": (163.803e-6, "m", "mdoc.ZValue.0.StageZ", "163.803"),
        "tilt_alpha": (math.radians(-60.0012), "rad", "mdoc.ZValue.0.TiltAngle", "-60.0012"),
        "exposure_time": (0.8, "s", "mdoc.ZValue.0.ExposureTime", "0.8"),
    }
    for field, (number, unit, source, original) in expected.items():
        value = found.normalised[field]
        assert value.value == pytest.approx(number, rel=1e-12), field
        assert (value.unit, value.source, value.text) == (unit, source, original), field
    assert found.normalised["start_time"].value == "2015-11-30T15:21:38"  # no zone in it
    assert found.normalised["start_time"].text == "30-Nov-15  15:21:38"
    assert found.normalised["end_time"].value == "2015-11-30T15:23:02"
    assert found.metadata["mdoc"] == parsed(SERIES)


def test_the_image_itself_says_its_pixel_size_and_the_text_only_where_it_does_not(tmp_path: Path) -> None:
    own = read(tmp_path, SERIES).normalised["pixel_size_x"]
    assert (own.value, own.source) == (pytest.approx(2e-10, rel=1e-6), "signals.0.axes.1.scale")
    without = read(tmp_path, SERIES, pixel_m=0.0).normalised
    assert (without["pixel_size_x"].value, without["pixel_size_x"].unit) == (pytest.approx(5.4e-10), "m")
    assert without["pixel_size_y"].source == "mdoc.ZValue.0.PixelSpacing"


def test_the_spacing_of_a_diffraction_pattern_is_no_length(tmp_path: Path) -> None:
    values = read(tmp_path, SERIES.replace("Magnification = 105000", "CameraLength = 850"), pixel_m=0.0).normalised
    assert (values["camera_length"].value, values["camera_length"].text) == (0.85, "850")
    assert "pixel_size_x" not in values


def test_what_the_demos_krios_writes_is_found_by_its_voltage(tmp_path: Path) -> None:
    values = read(tmp_path, None).normalised
    text = (tmp_path / "TS_01.mrc.mdoc").read_text()
    assert "Voltage = 300\n" in text
    assert "DateTime = 04-Jul-2026  12:00:01\n" in text
    assert values["acceleration_voltage"].value == 300e3
    assert values["start_time"].value == "2026-07-04T12:00:01"
    assert (values["operator"].value, values["sample_id"].value, values["detector_name"].value) == (
        "Ada",
        "grid 7",
        "K3",
    )


def test_a_tiff_with_such_a_text_is_read_alike(tmp_path: Path, sample_data: Path) -> None:
    image = tmp_path / "a.tif"
    image.write_bytes((sample_data / "vendor/tiff/olympus_SIS.tif").read_bytes())
    (tmp_path / "a.tif.mdoc").write_text(SERIES)
    outcome = extract_file(image, [tmp_path / "a.tif.mdoc"])
    assert outcome.extraction is not None
    assert outcome.extraction.normalised["acceleration_voltage"].source == "mdoc.Voltage"


def test_bytes_that_are_no_text_are_a_failure_and_not_silence(tmp_path: Path) -> None:
    (tmp_path / "a.mdoc").write_bytes(bytes(range(256)))
    with pytest.raises(ValueError, match="no text"):
        beside([tmp_path / "a.mdoc"])
