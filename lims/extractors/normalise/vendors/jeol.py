"""JEOL: SightX pictures of a TEM, the text that a SEM writes beside a picture, and Analysis Station's files."""

import re
from typing import Any

from lims.extractors.normalise.rules import Rule, apply, fallbacks
from lims.extractors.normalise.times import (
    DATES_DAY_FIRST,
    DATES_MONTH_FIRST,
    from_date_and_time,
    from_iso,
    from_serial,
)
from lims.model import Value

NOTES = "ImageDescription/"
SIGHTX = (
    Rule("start_time", NOTES + "DateTime", read=from_iso),
    Rule("title", NOTES + "Title"),
    Rule("operator", NOTES + "Operator"),
    Rule("sample_id", NOTES + "Specimen"),
    Rule("instrument_name", NOTES + "Instruments"),
    Rule("instrument_vendor", NOTES + "Manufacturer"),
    Rule("source_type", NOTES + "ElectronGun/FilamentType"),
    Rule("acceleration_voltage", NOTES + "ElectronGun/AccelerationVoltage", "V"),
    Rule("emission_current", NOTES + "ElectronGun/EmissionCurrent", "µA"),
    Rule("operation_mode", NOTES + "ImageFormingSystem/ImageFormingMode"),
    Rule("defocus", NOTES + "ImageFormingSystem/DefocusValue", "nm"),
    *(Rule(f"stage_{axis}", f"{NOTES}GonioStage/StagePosition/M{axis.upper()}", "nm") for axis in "xyz"),
    Rule("tilt_alpha", NOTES + "GonioStage/StagePosition/TX", "deg"),
    Rule("tilt_beta", NOTES + "GonioStage/StagePosition/TY", "deg"),
    Rule("detector_name", NOTES + "ImageSourceDetector"),
    Rule("exposure_time", NOTES + "JemBaumerCamera/Parameter/ExposureTimeString", "ms"),
)
MAGNIFICATION = Rule("magnification", NOTES + "ImageFormingSystem/SelectorValue")
CAMERA_LENGTH = Rule("camera_length", NOTES + "ImageFormingSystem/SelectorString", "mm")


def sightx(tree: dict[str, Any]) -> dict[str, Value]:
    diffraction = (tree["ImageDescription"].get("ImageFormingSystem") or {}).get("ModeString") == "DIFF"
    return apply([*SIGHTX, CAMERA_LENGTH if diffraction else MAGNIFICATION], tree)


def day(date: str, time: str) -> str | None:
    american = time.strip().upper().endswith("M")
    return from_date_and_time(date, time, DATES_MONTH_FIRST if american else DATES_DAY_FIRST)


def part(number: int) -> Any:
    """One of several numbers between blanks."""
    return lambda text: text.split()[number]


def bar(marker: str, pixels: str) -> str:
    """What one pixel of the scale bar stands for: "10um" over 106 pixels."""
    length, unit = re.fullmatch(r"([\d.]+)\s*(\D+)", marker).groups()  # type: ignore[union-attr]
    return f"{float(length) / float(pixels)} {unit}"


BESIDE = "jeol/"
SEM_TEXT = (
    Rule("title", BESIDE + "$CM_TITLE"),
    Rule("start_time", BESIDE + "$CM_DATE", read=day, beside="$CM_TIME"),
    Rule("operator", BESIDE + "$CM_OPERATOR"),
    Rule("affiliation", BESIDE + "$CM_COMPANY"),
    Rule("instrument_model", BESIDE + "$CM_INSTRUMENT"),
    Rule("acceleration_voltage", BESIDE + "$CM_ACCEL_VOLT", "kV"),
    Rule("emission_current", BESIDE + "$SM_EMI_CURRENT", "µA"),
    Rule("magnification", BESIDE + "$CM_MAG"),
    *(
        Rule(field, f"{BESIDE}{dollars}{key}", unit)
        for dollars in ("$$", "$")
        for field, key, unit in (
            ("working_distance", "SM_WD", "mm"),
            ("operation_mode", "SM_COLUMN_MODE", ""),
            ("scan_rotation", "SM_SCAN_ROTATION", "deg"),
        )
    ),
    *(
        Rule(f"pixel_size_{side}", f"{BESIDE}{dollars}SM_MICRON_MARKER", "", bar, beside=f"{dollars}SM_MICRON_BAR")
        for dollars in ("$$", "$")
        for side in "xy"
    ),
    *(Rule(f"stage_{axis}", BESIDE + "$CM_STAGE_POS", "mm", part(place)) for place, axis in enumerate("xyz")),
    *(Rule("detector_name", f"{BESIDE}$CM_{key}") for key in ("DETECTOR_NAME", "DETECTOR")),
    *fallbacks([Rule("detector_name", f"{BESIDE}$CM_{key}") for key in ("SIGNAL_NAME", "SIGNAL")]),
    Rule("chamber_pressure", BESIDE + "$SM_PENNING_VAC", "pascal"),
)
VENDOR = Value("JEOL", "", "jeol", "$CM_FORMAT")


def sem_text(tree: dict[str, Any]) -> dict[str, Value]:
    return {"instrument_vendor": VENDOR} | apply(SEM_TEXT, tree)


MEASURED = "PTTD Data/AnalyzableMap MeasData/"
STATION = (
    Rule("title", "Image/Title"),
    Rule("instrument_name", "Instrument/Name"),
    Rule("instrument_name", "Footer/Parameters/SEM"),
    Rule("instrument_name", "PTTD Param/Params/PARAMPAGE0_SEM/SEM"),
    Rule("probe_current", "Instrument/Currnnt", "nA"),
    Rule("probe_current", "Footer/Parameters/AccNA", "nA"),
    Rule("probe_current", MEASURED + "MeasCond/AccNA", "nA"),
    Rule("scan_rotation", "Instrument/ScanR", "deg"),
    Rule("scan_rotation", MEASURED + "MeasCond/ScanR", "deg"),
    Rule("operator", "Header/username"),
    Rule("start_time", "Image/Created", read=from_serial),
    Rule("start_time", "Header/filedate", read=from_iso),
    Rule("acceleration_voltage", "Instrument/AccV", "kV"),
    Rule("acceleration_voltage", "Footer/Parameters/AccKV", "kV"),
    Rule("acceleration_voltage", MEASURED + "MeasCond/AccKV", "kV"),
    Rule("magnification", "Instrument/Mag"),
    Rule("magnification", MEASURED + "MeasCond/Mag"),
    Rule("working_distance", "Instrument/WorkD", "mm"),
    Rule("working_distance", MEASURED + "MeasCond/WD", "mm"),
    Rule("working_distance", "Footer/Parameters/WorkD", "mm"),
    Rule("tilt_alpha", "Footer/Parameters/XtiltAng", "deg"),
    Rule("dwell_time", "Map/DwellTime", "ms"),
    Rule("dwell_time", MEASURED + "Doc/DwellTime(msec)", "ms"),
    Rule("live_time", "Header/live time", "s"),
    Rule("live_time", MEASURED + "Doc/LiveTime", "s"),
    Rule("real_time", "Header/real time", "s"),
    Rule("real_time", MEASURED + "Doc/RealTime", "s"),
    Rule("detector_type", "Footer/Parameters/DetT"),
    Rule("detector_type", "PTTD Param/Params/PARAMPAGE0_SEM/DetT"),
)
"""Analysis Station's .img, .map, .pts and .eds, of which RosettaSciIO makes trees."""
VIEW = "asw/SampleInfo/*/ViewInfo/*/"
ANALYSIS = fallbacks(
    (
        Rule("title", "asw/Memo"),
        Rule("sample_id", "asw/SampleInfo/*/Memo"),
        Rule("acceleration_voltage", VIEW + "Volt", "kV"),
        Rule("magnification", VIEW + "Mag"),
        Rule("working_distance", VIEW + "WorkD", "mm"),
        Rule("scan_rotation", VIEW + "Rotation", "deg"),
        Rule("tilt_alpha", VIEW + "Tilt", "deg"),
    )
)
"""What an .asw says of the view that its images and maps belong to."""
