"""Cameras and scan generators: Merlin, EMPAD, NanoMEGAS, TVIPS, Topspin, Direct Electron, Panta Rhei."""

from typing import Any

from lims.extractors.normalise.rules import Rule
from lims.extractors.normalise.times import from_day_first, from_epoch, from_iso, from_month_first, from_serial

MERLIN = (
    Rule("start_time", "mib_properties/timestamp", read=from_iso),
    Rule(
        "start_time",
        "hdr_file/Time and Date Stamp (day, mnth, yr, hr, min, s)",
        read=from_day_first,
        is_fallback=True,  # when the acquisition was set up
    ),
    Rule("detector_name", "hdr_file/Readout System"),
    Rule("detector_type", "hdr_file/Chip Type (Medipix 3.0, Medipix 3.1, Medipix 3RX)"),
    Rule("exposure_time", "mib_properties/exposure", "ms"),
    Rule("dwell_time", "mib_properties/exposure", "ms"),
)

OF_MICROSCOPE = "root/iom_measurements/"
EMPAD = (
    Rule("start_time", "root/timestamp/isoformat", read=from_iso),
    Rule("title", "root/name"),
    Rule("acceleration_voltage", OF_MICROSCOPE + "source/get_voltage", "V"),
    Rule("acceleration_voltage", OF_MICROSCOPE + "high_voltage", "V"),
    Rule("acceleration_voltage", OF_MICROSCOPE + "*/high_voltage", "V"),
    Rule("beam_current", OF_MICROSCOPE + "source/get_screencurrent", "amp"),
    Rule("camera_length", OF_MICROSCOPE + "optics/get_cameralength", "m"),
    Rule("camera_length", OF_MICROSCOPE + "nominal_camera_length", "m", is_fallback=True),
    Rule("magnification", OF_MICROSCOPE + "optics/get_magnicication"),
    Rule("scan_rotation", OF_MICROSCOPE + "scan_rotation", "rad"),
    Rule("scan_rotation", OF_MICROSCOPE + "column/get_scanrotation", "rad"),
    Rule("exposure_time", "root/exposure_time", "ms"),
)



def in_utc(days: Any) -> str | None:
    local = from_serial(days)
    return f"{local}+00:00" if local else None


NANOMEGAS = (
    Rule("start_time", "blockfile_header/Acquisition_time", read=in_utc),
    Rule("acceleration_voltage", "blockfile_header/Beam_energy", "V"),
    Rule("camera_length", "blockfile_header/Camera_length", read=lambda tenths: f"{tenths / 10} mm"),
    Rule("scan_rotation", "blockfile_header/Scan_rotation", read=lambda hundredths: f"{hundredths / 100} deg"),
)

TVIPS_MOVIE = (
    Rule("acceleration_voltage", "tvips_header/ht", "kV"),
    Rule("magnification", "tvips_header/magtotal"),
)

SETTINGS = "HardwareSettings/"
TOPSPIN = (
    Rule("title", "Title"),
    Rule("start_time", "StartDateTime", read=from_month_first),
    Rule("start_time", "CreatedDateTime", read=from_month_first, is_fallback=True),
    Rule("end_time", "EndDateTime", read=from_month_first),
    Rule("operator", "UserName"),
    Rule("sample_id", "Specimen"),
    Rule("instrument_name", "SystemName"),
    Rule("acceleration_voltage", SETTINGS + "GunHighVoltage", "V"),
    Rule("emission_current", SETTINGS + "GunEmissionCurrent", "amp"),
    Rule("operation_mode", SETTINGS + "ImagingMode"),
    Rule("camera_length", SETTINGS + "DiffractionCameraLength", "m"),
    Rule("magnification", SETTINGS + "StemMagnification"),
    Rule("scan_rotation", "ProcedureData/ScanRotation", "rad"),
    Rule("frame_time", "ProcedureData/FrameTime", "s"),
    Rule("detector_name", "ProcedureData/Camera"),
)



def of_first(values: Any) -> Any:
    """Of a header with a place for each image, the first image's."""
    return values[0] if isinstance(values, list) else values


def metres(values: Any) -> Any:
    """FEI's extended header is in metres; programs that write micrometres are known by what no stage reaches."""
    value = of_first(values)
    return value if abs(value) <= 1 else value * 1e-6


FEI_HEADER = (
    *(Rule(f"stage_{axis}", f"fei_header/{axis}_stage", "m", metres) for axis in "xyz"),
    Rule("tilt_alpha", "fei_header/a_tilt", "deg", of_first),
    Rule("tilt_beta", "fei_header/b_tilt", "deg", of_first),
    Rule("defocus", "fei_header/defocus", "m", metres),
    Rule("exposure_time", "fei_header/exp_time", "s", of_first),
    Rule("magnification", "fei_header/magnification", "", of_first),
)
"""The extended header of an MRC file."""

OF_CAMERA = "de_metadata/"
DIRECT_ELECTRON = (
    Rule("start_time", OF_CAMERA + "Timestamp (seconds since Epoch)", read=from_epoch),
    Rule("title", OF_CAMERA + "Dataset Name"),
    Rule("instrument_name", OF_CAMERA + "Instrument Project Name"),
    Rule("acceleration_voltage", OF_CAMERA + "Instrument Accelerating Voltage (V)", "V"),
    Rule("magnification", OF_CAMERA + "Instrument Project Magnification"),
    Rule("camera_length", OF_CAMERA + "Instrument Project Camera Length (centimeters)", "cm"),
    Rule("detector_name", OF_CAMERA + "Camera Name"),
    Rule("detector_type", OF_CAMERA + "Camera Model"),
    Rule("exposure_time", OF_CAMERA + "Exposure Time (seconds)", "s"),
    Rule("frame_time", OF_CAMERA + "Frame Time (nanoseconds)", "ns"),
    Rule("dwell_time", OF_CAMERA + "Scan - Dwell Time (microseconds)", "µs"),
    Rule("scan_rotation", OF_CAMERA + "Scan - Rotation", "deg"),
    Rule("pixel_size_x", OF_CAMERA + "Specimen Pixel Size X (nanometers)", "nm"),
    Rule("pixel_size_y", OF_CAMERA + "Specimen Pixel Size Y (nanometers)", "nm"),
)

PANTA_RHEI = (
    Rule("start_time", "acquisition.date", read=from_iso),
    Rule("acceleration_voltage", "electron_gun.voltage", "V"),
    Rule("operation_mode", "condenser.mode"),
    Rule("magnification", "scan_driver.magnification"),
    Rule("camera_length", "projector.camera_length", "m"),
    Rule("dwell_time", "scan_generator.dwell_time", "s"),
    Rule("exposure_time", "camera.exposure_time", "s"),
    Rule("detector_name", "scan_generator.detector"),
    Rule("detector_name", "camera.name", is_fallback=True),
)
"""Its keys have dots in them."""
