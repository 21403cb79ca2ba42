"""Each vendor's words in the common vocabulary: expected values are computed from the text beside them."""

import math
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from lims.extractors.normalise.elements import from_numbers
from lims.extractors.normalise.rules import Rule, apply, fallbacks
from lims.extractors.normalise.times import from_serial
from lims.extractors.normalise.vendors import by_vendor
from lims.model import Extraction
from tests.extractors.test_rosetta import extract

PICTURE = np.arange(12, dtype=np.uint8).reshape(3, 4)


def values(found: Extraction) -> dict[str, Any]:
    return {name: value.value for name, value in found.normalised.items()}


def test_the_text_beside_a_jeol_picture_is_read(sample_data: Path, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "sampleA_001.tif", PICTURE)
    shutil.copy(sample_data / "vendor/text/text_preview_jeol_ansi.txt", tmp_path / "sampleA_001.txt")
    found = extract(tmp_path / "sampleA_001.tif")
    said = values(found)
    assert said["acceleration_voltage"] == 1000.0  # $CM_ACCEL_VOLT 1.00, in kV
    assert said["magnification"] == 1000.0
    assert said["working_distance"] == pytest.approx(3.78e-3)
    assert said["emission_current"] == pytest.approx(44.4e-6)
    assert (said["stage_x"], said["stage_z"]) == (pytest.approx(-3.12e-3), pytest.approx(4.6e-3))
    assert said["pixel_size_x"] == pytest.approx(10e-6 / 106)  # 10um over 106 pixels
    assert said["start_time"] == "2023-07-13T14:38:59"
    assert (said["operator"], said["detector_name"], said["instrument_model"]) == ("Guest", "LED", "7800F")
    assert said["chamber_pressure"] == pytest.approx(9.634e-5)
    assert found.normalised["acceleration_voltage"].source == "jeol.$CM_ACCEL_VOLT"
    assert "9.375µm" in found.metadata["jeol"]["$AN_TEXT%0"]  # written in Windows-1252


HITACHI = """[SemImageFile]
InstructName=SU8230
SampleName=Näherei
SignalName=SE(U)
AcceleratingVoltage=5000 Volt
EmissionCurrent=9800 nA
Magnification=30000
WorkingDistance=8100 um
PixelSize=3.307292
StagePositionX=55000000
Date=03/12/2019
Time=10:22:13 AM
"""


def test_the_text_beside_a_hitachi_picture_is_read(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", PICTURE)
    (tmp_path / "a.txt").write_text(HITACHI, encoding="utf-16")
    said = values(extract(tmp_path / "a.tif"))
    assert said["acceleration_voltage"] == 5000.0
    assert said["working_distance"] == pytest.approx(8.1e-3)
    assert said["emission_current"] == pytest.approx(9.8e-6)
    assert said["pixel_size_x"] == pytest.approx(3.307292e-9)
    assert said["stage_x"] == pytest.approx(0.055)
    assert said["start_time"] == "2019-03-12T10:22:13"
    assert (said["sample_id"], said["detector_name"]) == ("Näherei", "SE(U)")


FEI = """[User]
Date=03/12/2019
Time=10:22:13 AM
User=Müller
[System]
SystemType=Quanta 3D FEG
[Beam]
HV=30000
Beam=IBeam
Scan=IScan
[EBeam]
HV=5000
[IBeam]
HV=30000
BeamCurrent=1e-011
HFW=1.28e-005
WD=0.0165
ScanRotation=1.5708
[IScan]
Dwell=3e-006
PixelWidth=1.25e-008
PixelHeight=1.25e-008
FrameTime=1.2
[Stage]
StageT=0.907571
StageR=-2.5
[Detectors]
Name=CDEM
[CDEM]
Signal=SI
[Vacuum]
ChPressure=
[PrivateFei]
TimeOfCreation=12.03.2019 10:22:13
"""


def test_of_two_beams_the_one_that_made_the_picture_is_asked(tmp_path: Path) -> None:
    text = FEI.replace("\n", "\r\n").encode("cp1252")
    tifffile.imwrite(tmp_path / "a.tif", PICTURE, extratags=[(34682, 2, len(text), text, True)])
    found = extract(tmp_path / "a.tif")
    said = values(found)
    assert said["acceleration_voltage"] == 30_000.0
    assert said["beam_current"] == pytest.approx(10e-12)
    assert said["field_of_view_x"] == pytest.approx(12.8e-6)
    assert said["pixel_size_x"] == pytest.approx(12.5e-9)
    assert said["dwell_time"] == pytest.approx(3e-6)
    assert said["tilt_alpha"] == pytest.approx(math.radians(52), rel=1e-4)
    assert (said["detector_name"], said["detector_type"]) == ("CDEM", "SI")
    assert said["start_time"] == "2019-03-12T10:22:13"
    assert "chamber_pressure" not in said  # blank
    assert "magnification" not in said  # not stored
    assert found.normalised["start_time"].others == ()  # both say the same


def test_a_stack_has_the_words_of_the_image_it_was_made_of() -> None:
    info = {"Voltage": 200_000.0, "STEM Camera Length": 15.0}
    tags = {"Microscope Info": info, "DataBar": {"Device Name": "DigiScan"}}
    tree = {"ImageList": {"TagGroup0": {"ImageTags": {"source": {"Tags at creation": tags}}}}}
    found = by_vendor("dm3", tree)
    assert found["acceleration_voltage"].value == 200_000.0
    assert found["camera_length"].value == 0.015
    assert found["detector_name"].source == "ImageList.TagGroup0.ImageTags.source.Tags at creation.DataBar.Device Name"


def test_digitalmicrographs_tags_in_a_tiff_are_opened(sample_data: Path) -> None:
    found = extract(sample_data / "vendor/tiff/test_loading_image_saved_with_DM.tif")
    tags = found.metadata["DigitalMicrograph"]
    assert found.normalised["acceleration_voltage"].value == tags["Microscope Info"]["Voltage"] == 200_000.0
    assert found.normalised["acceleration_voltage"].source == "DigitalMicrograph.Microscope Info.Voltage"
    assert found.normalised["start_time"].value.startswith("2015-")


def test_imagejs_lines_of_a_digitalmicrograph_file_are_read(sample_data: Path) -> None:
    found = extract(sample_data / "vendor/tiff/test_loading_image_saved_with_imageJ.tif")
    same = extract(sample_data / "vendor/tiff/test_loading_image_saved_with_DM.tif").normalised
    for field in ("acceleration_voltage", "magnification", "exposure_time", "start_time"):
        assert found.normalised[field].value == same[field].value  # the same image, saved by two programs
    assert found.normalised["acceleration_voltage"].source == "IJMetadata.Info"


def test_an_indicated_magnification_is_contradicted_by_the_actual_one(sample_data: Path) -> None:
    session = sample_data / "store/Titan_TEM/researcher_a/project_alpha/20181113"
    magnification = extract(session / "image_001.dm3").normalised["magnification"]
    assert magnification.value == 13_000.0
    assert [(other.value, other.source.rpartition(".")[2]) for other in magnification.others] == [
        (17_677.0, "Actual Magnification")
    ]
    assert "indicates" in magnification.note


def test_two_clocks_that_differ_are_both_kept(sample_data: Path) -> None:
    start = extract(sample_data / "vendor/tiff/test_hamamatsu_streak_FOCUS.tif").normalised["start_time"]
    assert start.value == "2022-02-10T13:00:03.484000"
    assert [other.value for other in start.others] == ["2022-02-10T13:00:35"]
    assert "written" in start.note


def test_a_copyright_is_no_operator(sample_data: Path) -> None:
    assert "operator" not in extract(sample_data / "vendor/tiff/test_hamamatsu_streak_FOCUS.tif").normalised


def test_a_series_of_tia_ends_with_its_last_element(sample_data: Path) -> None:
    found = values(extract(sample_data / "vendor/ser_emi_old/16x16-spectrum_image-5x5x1024.emi"))
    assert found["start_time"] == "2016-02-22T11:55:58+01:00"  # the .ser's clock is in UTC
    assert found["end_time"] == "2016-02-22T10:56:32+00:00"


def test_tias_integration_time_of_a_spectrum_is_its_exposure() -> None:
    tree = {"ObjectInfo": {"AcquireInfo": {"IntegrationTime": "0.050000"}}}
    assert by_vendor("emi", tree)["exposure_time"].value == 0.05


def test_the_original_text_of_a_time_is_what_stands_there(sample_data: Path) -> None:
    start = extract(sample_data / "vendor/tiff/test_tiff_Zeiss_SEM_512pix.tif").normalised["start_time"]
    assert (start.value, start.text) == ("2018-09-25T08:20:42", "25 Sep 2018 8:20:42")


def test_tvips_packs_its_date(sample_data: Path) -> None:
    found = values(extract(sample_data / "vendor/tiff/TVIPS_bin4.tif"))
    assert found["start_time"] == "2017-04-12T09:01:17"  # its own name ends with 12-04-2017
    assert found["title"].endswith("12-04-2017_001")


def test_emsa_units_are_the_standards_where_a_key_has_none(sample_data: Path) -> None:
    found = extract(sample_data / "vendor/msa/ISO_22029_2022_compliance.msa")
    said = values(found)
    assert said["dwell_time"] == pytest.approx(0.1)  # milliseconds
    assert said["probe_current"] == pytest.approx(12.345e-9)
    assert said["emission_current"] == pytest.approx(5.5e-6)
    assert said["acceleration_voltage"] == 120_000.0
    assert said["operator"] == "EMSA/MAS TASK FORCE"


def test_what_hyperspy_saved_again_speaks_as_its_first_vendor() -> None:
    tree = {"ImageList": {"TagGroup0": {"ImageTags": {"Microscope Info": {"Voltage": 80_000.0}}}}}
    assert by_vendor("hspy", tree)["acceleration_voltage"].value == 80_000.0


def test_diffraction_patterns_of_a_camera_have_the_scans_pixels(sample_data: Path) -> None:
    path = sample_data / "vendor/blo/test1.blo"
    step_nm = struct.unpack_from("<d", path.read_bytes(), 30)[0]  # SX of the header
    assert extract(path).normalised["pixel_size_x"].value == pytest.approx(step_nm * 1e-9)


def test_elements_come_from_their_numbers() -> None:
    assert from_numbers("8,27,16") == ["O", "Co", "S"]
    assert from_numbers(["41"]) == ["Nb"]
    assert from_numbers([1, 103]) == ["H", "Lr"]
    with pytest.raises(IndexError):
        from_numbers([0])


def test_days_are_counted_as_in_a_spreadsheet() -> None:
    assert from_serial(42832.756006944444) == "2017-04-07T18:08:39"


def test_a_fallback_is_asked_last_and_contradicts_nobody() -> None:
    tree = {"a": 5, "b": 7}
    first, second = Rule("magnification", "a"), Rule("magnification", "b")
    assert apply([first, second], tree)["magnification"].others[0].value == 7.0
    assert apply([first, *fallbacks([second])], tree)["magnification"].others == ()
    assert apply([Rule("magnification", "c"), *fallbacks([second])], tree)["magnification"].value == 7.0


def test_a_rule_may_read_what_stands_beside() -> None:
    tree = {"scan": {"time": {"value": "200", "unit": "ns"}}}
    rule = Rule("dwell_time", "*/time/value", read=lambda value, unit: f"{value} {unit}", beside="unit")
    found = apply([rule], tree)["dwell_time"]
    assert (found.value, found.unit, found.source, found.text) == (2e-7, "s", "scan.time.value", "200 ns")


def test_a_slash_in_a_key_is_no_step() -> None:
    found = apply([Rule("dwell_time", r"scan/Dwell (s\/px)", "s")], {"scan": {"Dwell (s/px)": 2}})
    assert found["dwell_time"].source == "scan.Dwell (s/px)"


@pytest.mark.parametrize("nothing", ["", " ", "Unknown", "DO NOT EDIT", "Enter User Name", "Map data 40", "n/a"])
def test_what_programs_write_by_themselves_is_nobody(nothing: str) -> None:
    assert apply([Rule("operator", "a")], {"a": nothing}) == {}
