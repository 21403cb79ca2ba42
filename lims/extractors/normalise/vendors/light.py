"""Luminescence, Raman and surfaces: Delmic, Attolight and Digital Surf, Renishaw, Horiba, TriVista, Hamamatsu."""

from typing import Any

from lims.extractors.normalise.rules import Rule
from lims.extractors.normalise.times import day_first, from_day_first, from_epoch, from_iso, from_month_first


def with_unit(value: Any, unit: Any) -> str:
    return f"{value} {unit or ''}".strip()


def first(pair: Any) -> Any:
    """Delmic writes [value, unit]."""
    return pair[0]


BEAM = "ExtraSettings/SEM E-beam/"
DELMIC = (
    Rule("title", "ChannelDescription"),
    Rule("start_time", "AcquisitionDate", read=from_epoch),
    Rule("instrument_name", "ExtraSettings/Microscope/Name", read=first),
    Rule("instrument_vendor", "ExtraSettings/Microscope/Manufacturer", read=first),
    Rule("instrument_model", "ExtraSettings/Microscope/Model", read=first),
    Rule("acceleration_voltage", BEAM + "accelVoltage", "V", first),
    Rule("acceleration_voltage", "AccelerationVoltage", "V"),
    Rule("probe_current", BEAM + "probeCurrent", "amp", first),
    Rule("magnification", BEAM + "magnification", read=first),
    Rule("field_of_view_x", BEAM + "horizontalFoV", "m", first),
    Rule("scan_rotation", BEAM + "rotation", "rad", first),
    Rule("dwell_time", BEAM + "dwellTime", "s", first),
    Rule("exposure_time", "IntegrationTime", "s"),
    Rule("detector_name", "HardwareName"),
)
"""The magnification of the beam: the one beside the picture is that of the light's optics."""

SEM = "*/Parsed/SEM/"
SITE = "*/Parsed/SITE IMAGE/"
CHANNEL = "*/Parsed/CHANNELS/"


def attolight(field: str, path: str) -> Rule:
    """The unit stands beside, under the key with "_units"."""
    return Rule(field, path, read=with_unit, beside=path.rpartition("/")[2] + "_units")


def stamped(second: int) -> Any:
    """The parts of Digital Surf's time stand each under a key of its own."""

    def read(header: dict[str, Any]) -> str | None:
        parts = [int(header[f"H{second + place}_{name}"]) for place, name in enumerate(STAMP)]
        seconds, minutes, hours, day, month, year = parts
        return from_iso(f"{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}")

    return read


STAMP = ("Seconds", "Minutes", "Hours", "Day", "Month", "Year")
DIGITAL_SURF = (
    Rule("start_time", "*/Header", read=stamped(40)),
    Rule("operator", "*/Header/H07_Operator_Name"),
    attolight("acceleration_voltage", SEM + "Beam Energy"),
    attolight("beam_current", SEM + "Beam Current"),
    attolight("emission_current", SEM + "Emission Current"),
    attolight("extraction_voltage", SEM + "Extractor Voltage"),
    Rule("magnification", SEM + "Real Magnification"),
    Rule("magnification", SEM + "Attomic ReadedMagnification", is_fallback=True),
    attolight("field_of_view_x", SITE + "Field of view"),
    attolight("dwell_time", SITE + "Dwell Time"),
    Rule("tilt_alpha", SITE + "stage_rotation_x", "deg"),
    Rule("tilt_beta", SITE + "stage_rotation_y", "deg"),
    Rule("rotation", SITE + "stage_rotation_z", "deg"),
    *(Rule(f"stage_{axis}", f"{SITE}stage_position_{axis}", "mm") for axis in "xyz"),
    Rule("detector_name", CHANNEL + "Camera Model"),
    attolight("exposure_time", CHANNEL + "Exposure Time"),
)


def dashed(text: str) -> str | None:
    return from_iso(text.replace("#", "T"))


RENISHAW = (
    Rule("title", "WDF1_1/title"),
    Rule("start_time", "WDF1_1/time_start", read=dashed),
    Rule("end_time", "WDF1_1/time_end", read=dashed),
    Rule("operator", "WDF1_1/username"),
    Rule("instrument_model", "WXIS_0/Instrument type"),
    *(Rule(f"stage_{axis}", f"WXIS_0/Stage/{axis.upper()}", "µm") for axis in "xyz"),
    Rule("detector_name", "WXCS_0/CCD/Centrus/DisplayName"),
)


HORIBA = (
    Rule("title", "file_information/Title"),
    Rule("start_time", "date/Acquired", read=from_day_first),
    Rule("start_time", "file_information/Date", read=from_day_first, is_fallback=True),  # to the minute
    Rule("operator", "file_information/User"),
    Rule("experiment_id", "file_information/Project"),
    Rule("sample_id", "file_information/Sample"),
    Rule("instrument_model", "experimental_setup/Instrument"),
    Rule("detector_name", "experimental_setup/Detector"),
    Rule("exposure_time", "experimental_setup/Acq. time (s)", "s"),
)


TRIVISTA = (
    Rule("start_time", "Document/RecordTime", read=from_month_first),
    Rule("detector_name", "Document/InfoSerialized/Detector/Name"),
    Rule("exposure_time", "Document/InfoSerialized/Detector/Exposure_Time_(ms)", "ms"),
)


STREAK = (
    Rule("start_time", "Comment/Application/Date", read=day_first, beside="Time"),
    Rule("instrument_vendor", "Comment/Camera/VENDOR"),
    Rule("detector_name", "Comment/Streak camera/DeviceName"),
    Rule("detector_name", "Comment/Camera/CameraName", is_fallback=True),
)
