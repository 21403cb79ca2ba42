"""What is read from real files, beside what others read: tifffile, h5py, struct, the README of the data."""

import json
import math
import re
import shutil
import struct
from pathlib import Path

import h5py
import pytest
import tifffile

from lims.extractors.companions import Group, group_companions
from lims.extractors.rosetta import extractor
from lims.extractors.rosetta.formats import identify
from lims.model import Extraction
from lims.plugins import NotMine, head_of

SESSION = "store/Titan_TEM/researcher_a/project_alpha/20181113"
README_TIMES = {
    "image_001.dm3": "2018-11-13T17:49:32+00:00",
    "image_002.dm3": "2018-11-13T17:55:49",
    "image_003.dm3": "2018-11-13T18:08:21",
    "image_004.dm3": "2018-11-13T18:51:22",
    "image_005.dm3": "2018-11-13T19:14:04",
    "image_006.dm3": "2018-11-13T19:25:20",
    "image_007.dm3": "2018-11-13T19:34:26",
    "image_008.dm3": "2018-11-13T19:44:52",
    "scan_001.emi": "2018-11-13T15:04:44",
    "orion-fibics_dataZeroed.tif": "2025-05-27T",
    "tescan-pfib_dataZeroed.tif": "2025-12-03T",
}


def extract(path: Path) -> Extraction:
    """Read a file with the companions beside it."""
    groups = group_companions([file.name for file in path.parent.iterdir()])
    group = next((group for group in groups if group.main == path.name), Group(path.name))
    return extractor.extract(path, [path.parent / name for name in group.companions])


@pytest.mark.parametrize("name", README_TIMES)
def test_the_time_inside_is_the_one_the_publisher_names(sample_data: Path, name: str) -> None:
    start = extract(sample_data / SESSION / name).normalised["start_time"].value
    assert start.startswith(README_TIMES[name])
    assert start.endswith("+00:00") == name.endswith(".dm3")  # only DigitalMicrograph's clock is UTC


def test_digitalmicrograph_values_are_si_with_their_source(sample_data: Path) -> None:
    found = extract(sample_data / "vendor/dm3/test_STEM_image.dm3")
    values = found.normalised
    # Gatan's own "Formatted Voltage" and "Formatted Indicated Mag" say 200kV and 225kx; see below
    assert (values["acceleration_voltage"].value, values["acceleration_voltage"].unit) == (200_000.0, "V")
    assert values["magnification"].value == 225_000.0
    assert values["camera_length"].value == pytest.approx(0.135)
    assert values["tilt_alpha"].value == pytest.approx(math.radians(24.950478513002935))
    assert values["stage_x"].value == pytest.approx(-461.276e-6)
    assert values["dwell_time"].value == pytest.approx(3.5e-6)
    assert values["pixel_size_x"].value == pytest.approx(0.24853801727294922e-9)
    tags = found.metadata["ImageList"]["TagGroup0"]["ImageTags"]["Microscope Info"]
    assert tags["Formatted Voltage"] == "200kV"
    assert tags["Formatted Indicated Mag"] == "225kx"
    assert tags["Emission Current (µA)"] == 0.0


def test_in_tem_diffraction_the_magnification_is_a_camera_length(sample_data: Path) -> None:
    values = extract(sample_data / "vendor/dm3/test_diffraction_pattern.dm3").normalised
    assert "magnification" not in values
    assert values["camera_length"].value == pytest.approx(0.32)


def test_several_images_of_one_dm_file_are_several_signals(sample_data: Path) -> None:
    found = extract(sample_data / "vendor/dm3/multi_signal.dm3")
    assert [signal.shape for signal in found.signals] == [(512, 512), (512,)]
    assert found.normalised["operator"].value == "JohnDoe"


def test_an_eels_map_is_turned_so_that_the_spectrum_is_last(sample_data: Path) -> None:
    signal = extract(sample_data / "vendor/dm4/EELS_SI.dm4").signals[0]
    assert signal.shape == (2, 2, 2048)
    assert [(axis.name, axis.is_navigation) for axis in signal.axes] == [
        ("y", True),
        ("x", True),
        ("Energy loss", False),
    ]


def test_tia_axes_agree_with_the_ser_header_read_by_struct(sample_data: Path) -> None:
    folder = sample_data / "vendor/ser_emi"
    raw = (folder / "16_STOimage_1.ser").read_bytes()
    table = struct.unpack_from("<Q" if struct.unpack_from("<H", raw, 4)[0] > 0x210 else "<I", raw, 22)[0]
    start = struct.unpack_from("<I", raw, table)[0]
    offset_m, delta_m = struct.unpack_from("<dd", raw, start)
    found = extract(folder / "16_STOimage.emi")
    axis = found.signals[0].axes[1]
    assert axis.unit == "nm"
    assert axis.scale == pytest.approx(delta_m * 1e9)
    assert axis.offset == pytest.approx(offset_m * 1e9)
    assert found.normalised["pixel_size_x"].value == pytest.approx(delta_m)


def test_the_voltage_of_an_emi_is_the_one_in_its_xml(sample_data: Path) -> None:
    for path in sorted((sample_data / "vendor").glob("ser_emi*/*.emi")):
        xml = path.read_bytes()
        volts = float(re.search(rb"<AcceleratingVoltage>([\d.]+)<", xml)[1])  # type: ignore[index]
        assert extract(path).normalised["acceleration_voltage"].value == pytest.approx(volts), path.name


def test_an_emi_and_its_ser_prove_the_zone_together(sample_data: Path) -> None:
    found = extract(sample_data / "vendor/ser_emi/16_STOimage.emi").normalised
    assert found["start_time"].value == "2011-10-18T18:18:46-07:00"


def test_fei_tags_agree_with_tifffile(sample_data: Path) -> None:
    path = sample_data / "vendor/tiff/FEI-Helios-Ebeam-8bits.tif"
    with tifffile.TiffFile(path) as file:
        tags = file.fei_metadata
    assert tags is not None
    values = extract(path).normalised
    assert values["acceleration_voltage"].value == tags["EBeam"]["HV"]
    assert values["working_distance"].value == tags["EBeam"]["WD"]
    assert values["pixel_size_x"].value == tags["Scan"]["PixelWidth"]
    assert values["dwell_time"].value == tags["Scan"]["Dwelltime"]
    assert values["chamber_pressure"].value == tags["Vacuum"]["ChPressure"]
    assert values["detector_name"].value == tags["Detectors"]["Name"]
    assert values["operator"].value == tags["User"]["User"]
    assert values["start_time"].value == "2016-06-13T17:06:40"  # PrivateFei.TimeOfCreation writes the day first
    assert tags["PrivateFei"]["TimeOfCreation"] == "13.06.2016 17:06:40"


def test_zeiss_tags_agree_with_tifffile(sample_data: Path) -> None:
    path = sample_data / "vendor/tiff/test_tiff_Zeiss_SEM_512pix.tif"
    with tifffile.TiffFile(path) as file:
        tags = file.sem_metadata
    assert tags is not None
    values = extract(path).normalised
    assert values["acceleration_voltage"].value == tags["ap_actualkv"][1] * 1000
    assert values["magnification"].value == 50_000
    assert values["working_distance"].value == pytest.approx(tags["ap_wd"][1] / 1000)
    # AP_PIXEL_SIZE is that of the full image; this one has half as many pixels over the same field of view.
    assert values["pixel_size_x"].value == pytest.approx(tags["ap_width"][1] * 1e-6 / 512, rel=1e-3)
    assert values["stage_x"].value == pytest.approx(tags["ap_stage_at_x"][1] / 1000)
    assert values["detector_name"].value == tags["dp_detector_channel"][1]
    assert values["operator"].value == tags["sv_user_name"][1]
    assert values["start_time"].value == "2018-09-25T08:20:42"


def test_tescan_reads_the_hdr_beside_the_tif_and_scales_the_picture(sample_data: Path) -> None:
    path = sample_data / "vendor/tiff/tescan-pfib_dataZeroed.tif"
    said = dict(line.split("=", 1) for line in path.with_suffix(".hdr").read_text().splitlines() if "=" in line)
    found = extract(path)
    assert found.normalised["acceleration_voltage"].value == float(said["HV"])
    assert found.normalised["magnification"].value == float(said["Magnification"])
    assert found.normalised["working_distance"].value == float(said["WD"])
    assert found.normalised["detector_name"].value == said["Detector"]
    assert found.metadata["tescan"]["SEM"]["SessionID"] == said["SessionID"]
    assert [(axis.scale, axis.unit) for axis in found.signals[0].axes] == [(float(said["PixelSizeX"]), "m")] * 2


def test_fibics_and_orion_tags_are_opened(sample_data: Path) -> None:
    fibics = extract(sample_data / SESSION / "orion-fibics_dataZeroed.tif")
    assert fibics.normalised["acceleration_voltage"].value == 30_000
    assert fibics.normalised["dwell_time"].value == pytest.approx(10e-6)
    assert fibics.normalised["start_time"].value == "2025-05-27T10:32:12.498000-04:00"
    assert fibics.metadata["FibicsXML"]["Image"]["Aperture"] == "[1] Ne 10 µm (30.0kV|s=5.0)"
    orion = extract(sample_data / SESSION / "orion-zeiss_dataZeroed.tif")
    assert orion.normalised["working_distance"].value == pytest.approx(0.011977)
    assert orion.normalised["chamber_pressure"].value == pytest.approx(4.89e-07 * 101325 / 760)
    assert orion.normalised["pixel_size_x"].value == 9.765625e-10


def test_velox_values_agree_with_the_json_inside(sample_data: Path) -> None:
    path = sample_data / "vendor/emd_velox/STEM HAADF Diffraction Micro.emd"
    with h5py.File(path) as file:
        group = next(iter(file["Data/Image"].values()))
        raw = bytes(group["Metadata"][:, 0]).rstrip(b"\0")
    said = json.loads(raw)
    values = extract(path).normalised
    assert values["acceleration_voltage"].value == float(said["Optics"]["AccelerationVoltage"])
    assert values["camera_length"].value == pytest.approx(float(said["Optics"]["CameraLength"]))
    assert values["pixel_size_x"].value == pytest.approx(float(said["BinaryResult"]["PixelSize"]["width"]))
    assert values["detector_name"].value == "HAADF"
    assert values["start_time"].value == "2020-07-29T16:49:34+00:00"


def test_colours_are_one_value_per_pixel(sample_data: Path) -> None:
    found = extract(sample_data / "vendor/tiff/optical_Zeiss_AxioVision_RGB.tif")
    assert (found.signals[0].shape, found.signals[0].dtype) == ((10, 13), "rgb8")
    assert extractor.preview(sample_data / "vendor/tiff/optical_Zeiss_AxioVision_RGB.tif", []).data.shape == (10, 13, 3)


def test_the_strip_below_an_fei_picture_is_no_part_of_it(sample_data: Path) -> None:
    path = sample_data / "vendor/tiff/FEI-Helios-Ebeam-8bits.tif"
    assert extract(path).signals[0].shape == (471, 512)
    assert extractor.preview(path, []).data.shape == (442, 512)


def test_a_file_is_what_its_bytes_say_whatever_it_is_called(sample_data: Path, tmp_path: Path) -> None:
    for source, name in (
        ("dm3/test_STEM_image.dm3", "image.jpg"),
        ("bcf/test_TEM.bcf", "map.dat"),
        ("tiff/test_tiff_Zeiss_SEM_512pix.tif", "noise.txt"),
        ("ser_emi/16_STOimage_1.ser", "scan.raw"),
    ):
        copy = shutil.copy(sample_data / "vendor" / source, tmp_path / name)
        told, original = extract(copy), extract(sample_data / "vendor" / source)
        assert told.format == original.format
        assert [signal.shape for signal in told.signals] == [signal.shape for signal in original.signals]


def test_the_name_breaks_a_tie_where_the_bytes_say_nothing(sample_data: Path) -> None:
    zeroed = sample_data / SESSION / "scan_001.emi"
    assert not any(head_of(zeroed))
    assert identify(head_of(zeroed), "scan_001.emi") == "emi"
    assert identify(head_of(zeroed), "scan_001.bin") == ""


def test_a_log_that_its_reader_cannot_read_is_still_text(sample_data: Path) -> None:
    with pytest.raises(NotMine):
        extract(sample_data / "vendor/dens/file2.dens")  # "Digiheater 3.2", with its columns in another order
