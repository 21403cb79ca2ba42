"""The vendors' own tags in TIFF files. Which vendor it is, the tags say; the trees are made in rosetta/tiff_tags.py."""

from collections.abc import Sequence
from typing import Any

from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import (
    DATES_DAY_FIRST,
    DATES_MONTH_FIRST,
    from_date_and_time,
    from_iso,
    from_words,
)
from lims.model import Value


def second(triple: Any) -> Any:
    """Zeiss writes [name, value] or [name, value, unit]."""
    return f"{triple[1]} {triple[2]}" if len(triple) > 2 else triple[1]


def thermo(beam: str) -> tuple[Rule, ...]:
    """FEI / Thermo Fisher, tag 34682 or 34680. beam: EBeam or IBeam, whichever made the picture. Everything is SI."""
    own = f"fei_metadata/{beam}/"
    scan = f"fei_metadata/{'IScan' if beam == 'IBeam' else 'EScan'}/"
    return (
        Rule("title", "fei_metadata/User/UserText"),
        Rule("operator", "fei_metadata/User/User"),
        Rule("instrument_name", "fei_metadata/System/SystemType"),
        Rule("instrument_model", "fei_metadata/System/Type"),
        Rule("source_type", own + "Source"),
        Rule("source_type", "fei_metadata/System/Source"),
        Rule("acceleration_voltage", own + "HV", "V"),
        Rule("acceleration_voltage", "fei_metadata/Beam/HV", "V"),
        Rule("emission_current", own + "EmissionCurrent", "amp"),
        Rule("beam_current", own + "BeamCurrent", "amp"),
        Rule("operation_mode", own + "LensMode"),
        Rule("working_distance", own + "WD", "m"),
        Rule("working_distance", "fei_metadata/Stage/WorkingDistance", "m"),
        Rule("field_of_view_x", own + "HFW", "m"),
        Rule("field_of_view_y", own + "VFW", "m"),
        Rule("scan_rotation", own + "ScanRotation", "rad"),
        Rule("pixel_size_x", scan + "PixelWidth", "m"),
        Rule("pixel_size_y", scan + "PixelHeight", "m"),
        Rule("pixel_size_x", "fei_metadata/Scan/PixelWidth", "m"),
        Rule("pixel_size_y", "fei_metadata/Scan/PixelHeight", "m"),
        Rule("dwell_time", scan + "Dwell", "s"),
        Rule("dwell_time", "fei_metadata/Scan/Dwelltime", "s"),
        Rule("frame_time", scan + "FrameTime", "s"),
        Rule("stage_x", "fei_metadata/Stage/StageX", "m"),
        Rule("stage_y", "fei_metadata/Stage/StageY", "m"),
        Rule("stage_z", "fei_metadata/Stage/StageZ", "m"),
        Rule("tilt_alpha", "fei_metadata/Stage/StageT", "rad"),
        Rule("tilt_beta", "fei_metadata/Stage/StageTb", "rad"),
        Rule("rotation", "fei_metadata/Stage/StageR", "rad"),
        Rule("detector_name", "fei_metadata/Detectors/Name"),
        Rule("detector_type", "fei_metadata/Detectors/Mode"),
        Rule("chamber_pressure", "fei_metadata/Vacuum/ChPressure", "pascal"),
        Rule("temperature", "fei_metadata/Specimen/Temperature", "K"),
    )


def zeiss_rule(field: str, key: str, unit: str = "") -> Rule:
    return Rule(field, f"CZ_SEM/{key}", unit, second)


ZEISS = (
    zeiss_rule("operator", "sv_operator"),
    zeiss_rule("operator", "sv_user_name"),
    zeiss_rule("sample_id", "sv_sample_id"),
    zeiss_rule("title", "sv_user_text"),
    zeiss_rule("instrument_name", "sv_serial_number"),
    zeiss_rule("acceleration_voltage", "ap_actualkv", "kV"),
    zeiss_rule("acceleration_voltage", "ap_manualkv", "kV"),
    zeiss_rule("probe_current", "ap_iprobe", "pA"),
    zeiss_rule("operation_mode", "dp_operating_mode"),
    zeiss_rule("magnification", "ap_mag"),
    zeiss_rule("working_distance", "ap_wd", "mm"),
    zeiss_rule("field_of_view_x", "ap_width", "µm"),
    zeiss_rule("field_of_view_y", "ap_height", "µm"),
    zeiss_rule("pixel_size_x", "ap_image_pixel_size", "nm"),
    zeiss_rule("pixel_size_y", "ap_image_pixel_size", "nm"),
    zeiss_rule("scan_rotation", "ap_scanrotation", "deg"),
    zeiss_rule("dwell_time", "dp_dwell_time", "ns"),
    zeiss_rule("frame_time", "ap_frame_time", "s"),
    zeiss_rule("stage_x", "ap_stage_at_x", "mm"),
    zeiss_rule("stage_y", "ap_stage_at_y", "mm"),
    zeiss_rule("stage_z", "ap_stage_at_z", "mm"),
    zeiss_rule("tilt_alpha", "ap_stage_at_t", "deg"),
    zeiss_rule("rotation", "ap_stage_at_r", "deg"),
    zeiss_rule("detector_name", "dp_detector_channel"),
    zeiss_rule("detector_type", "dp_detector_type"),
    zeiss_rule("chamber_pressure", "ap_system_vac", "mbar"),
)

TESCAN = (
    Rule("title", "tescan/MAIN/OrigFileName"),
    Rule("operator", "tescan/MAIN/FullUserName"),
    Rule("operator", "tescan/MAIN/UserName"),
    Rule("instrument_name", "tescan/MAIN/Device"),
    Rule("instrument_model", "tescan/MAIN/DeviceModel"),
    Rule("source_type", "tescan/*/Gun"),
    Rule("acceleration_voltage", "tescan/*/HV", "V"),
    Rule("acceleration_voltage", "tescan/*/AcceleratorVoltage", "V"),
    Rule("emission_current", "tescan/*/EmissionCurrent", "amp"),
    Rule("beam_current", "tescan/*/PredictedBeamCurrent", "amp"),
    Rule("operation_mode", "tescan/*/ScanMode"),
    Rule("magnification", "tescan/MAIN/Magnification"),
    Rule("working_distance", "tescan/*/WD", "m"),
    Rule("pixel_size_x", "tescan/MAIN/PixelSizeX", "m"),
    Rule("pixel_size_y", "tescan/MAIN/PixelSizeY", "m"),
    Rule("scan_rotation", "tescan/*/ScanRotation", "deg"),
    Rule("dwell_time", "tescan/*/DwellTime", "s"),
    Rule("stage_x", "tescan/*/StageX", "m"),
    Rule("stage_y", "tescan/*/StageY", "m"),
    Rule("stage_z", "tescan/*/StageZ", "m"),
    Rule("tilt_alpha", "tescan/*/StageTilt", "deg"),
    Rule("rotation", "tescan/*/StageRotation", "deg"),
    Rule("detector_name", "tescan/*/Detector"),
    Rule("chamber_pressure", "tescan/*/ChamberPressure", "pascal"),
)

NOTES = "ImageDescription/"
JEOL = (
    Rule("start_time", NOTES + "DateTime", read=from_iso),
    Rule("operator", NOTES + "Operator"),
    Rule("sample_id", NOTES + "Specimen"),
    Rule("instrument_name", NOTES + "Instruments"),
    Rule("instrument_vendor", NOTES + "Manufacturer"),
    Rule("source_type", NOTES + "ElectronGun/FilamentType"),
    Rule("acceleration_voltage", NOTES + "ElectronGun/AccelerationVoltage", "V"),
    Rule("emission_current", NOTES + "ElectronGun/EmissionCurrent", "µA"),
    Rule("operation_mode", NOTES + "ImageFormingSystem/ImageFormingMode"),
    Rule("defocus", NOTES + "ImageFormingSystem/DefocusValue", "nm"),
    Rule("stage_x", NOTES + "GonioStage/StagePosition/MX", "nm"),
    Rule("stage_y", NOTES + "GonioStage/StagePosition/MY", "nm"),
    Rule("stage_z", NOTES + "GonioStage/StagePosition/MZ", "nm"),
    Rule("tilt_alpha", NOTES + "GonioStage/StagePosition/TX", "deg"),
    Rule("tilt_beta", NOTES + "GonioStage/StagePosition/TY", "deg"),
    Rule("detector_name", NOTES + "ImageSourceDetector"),
    Rule("exposure_time", NOTES + "JemBaumerCamera/Parameter/ExposureTimeString", "ms"),
)
JEOL_MAGNIFICATION = Rule("magnification", NOTES + "ImageFormingSystem/SelectorValue")
JEOL_CAMERA_LENGTH = Rule("camera_length", NOTES + "ImageFormingSystem/SelectorString", "mm")


def month_first(date: str, time: str) -> str | None:
    return from_date_and_time(date, time, DATES_MONTH_FIRST)


def orion_rule(field: str, key: str) -> Rule:
    """Zeiss Orion writes <Key><Value>…</Value><Units>…</Units></Key>."""
    return Rule(field, f"65000/{key}", "", lambda pair: f"{pair['Value']} {pair.get('Units') or ''}".strip())


ORION = (
    Rule("instrument_model", "65000/System.Model/Value"),
    Rule("instrument_name", "65000/System.Name/Value"),
    Rule("source_type", "65000/ColumnType/Value"),
    Rule("start_time", "65000/TimeStamp/Value", read=lambda text: month_first(*text.split(" ", 1))),
    Rule("operation_mode", "65000/ColumnMode/Value"),
    Rule("detector_name", "65000/DetectorName/Value"),
    Rule("magnification", "65000/Magnification4x5/Value"),
    orion_rule("acceleration_voltage", "AccelerationVoltage"),
    orion_rule("beam_current", "BlankerCurrent"),
    orion_rule("working_distance", "WorkingDistance"),
    orion_rule("field_of_view_x", "Fov"),
    orion_rule("pixel_size_x", "ScalingX"),
    orion_rule("pixel_size_y", "ScalingY"),
    orion_rule("scan_rotation", "ScanRotate"),
    orion_rule("dwell_time", "DwellTime"),
    orion_rule("stage_x", "StageX"),
    orion_rule("stage_y", "StageY"),
    orion_rule("stage_z", "StageZ"),
    orion_rule("tilt_alpha", "StageTilt"),
    orion_rule("rotation", "StageRotate"),
    orion_rule("chamber_pressure", "ChamberPressure"),
)


def fibics_rule(field: str, path: str) -> Rule:
    """Fibics writes <Key units="um">…</Key>."""
    return Rule(field, f"FibicsXML/{path}", "", lambda node: f"{node['#text']} {node.get('@units', '')}".strip())


FIBICS = (
    Rule("start_time", "FibicsXML/Application/Date", read=from_iso),
    Rule("instrument_name", "FibicsXML/Image/Beam"),
    Rule("location", "FibicsXML/Image/Machine"),
    Rule("detector_name", "FibicsXML/Image/Detector"),
    Rule("acceleration_voltage", "FibicsXML/BeamInfo/AccV", "V"),
    Rule("beam_current", "FibicsXML/BeamInfo/BeamI", "pA"),
    fibics_rule("dwell_time", "Scan/Dwell"),
    fibics_rule("field_of_view_x", "Scan/FOV_X"),
    fibics_rule("field_of_view_y", "Scan/FOV_Y"),
    fibics_rule("scan_rotation", "Scan/ScanRot"),
    Rule("pixel_size_x", "FibicsXML/Scan/Ux", "µm", lambda text: abs(float(text))),
    Rule("pixel_size_y", "FibicsXML/Scan/Vy", "µm", lambda text: abs(float(text))),
    fibics_rule("stage_x", "Stage/X"),
    fibics_rule("stage_y", "Stage/Y"),
    fibics_rule("stage_z", "Stage/Z"),
    fibics_rule("tilt_alpha", "Stage/Tilt"),
    fibics_rule("rotation", "Stage/Rot"),
)

TVIPS = (
    Rule("acceleration_voltage", "TVIPS/TemHighTension", "V"),
    Rule("magnification", "TVIPS/TemMagnification"),
    Rule("instrument_name", "TVIPS/TemType"),
    Rule("detector_name", "TVIPS/CameraType"),
    Rule("exposure_time", "TVIPS/ExposureTime", "ms"),
    Rule("stage_x", "TVIPS/TemStagePosition/0", "m"),
    Rule("stage_y", "TVIPS/TemStagePosition/1", "m"),
    Rule("stage_z", "TVIPS/TemStagePosition/2", "m"),
    Rule("tilt_alpha", "TVIPS/TemStagePosition/3", "deg"),
    Rule("tilt_beta", "TVIPS/TemStagePosition/4", "deg"),
)

OLYMPUS = (
    Rule("magnification", "*/magnification"),
    Rule("detector_name", "*/cameraname"),
    Rule("pixel_size_x", "*/pixelsizex", "m"),
    Rule("pixel_size_y", "*/pixelsizey", "m"),
)

HITACHI = (
    Rule("title", "hitachi/SemImageFile/DataDisplayCombine"),
    Rule("instrument_name", "hitachi/SemImageFile/InstructName"),
    Rule("detector_name", "hitachi/SemImageFile/SignalName"),
    Rule("acceleration_voltage", "hitachi/SemImageFile/AcceleratingVoltage", "V"),
    Rule("emission_current", "hitachi/SemImageFile/EmissionCurrent", "nA"),
    Rule("magnification", "hitachi/SemImageFile/Magnification"),
    Rule("working_distance", "hitachi/SemImageFile/WorkingDistance", "µm"),
    Rule("pixel_size_x", "hitachi/SemImageFile/PixelSize", "nm"),
    Rule("pixel_size_y", "hitachi/SemImageFile/PixelSize", "nm"),
    Rule("stage_x", "hitachi/SemImageFile/StagePositionX", "nm"),
    Rule("stage_y", "hitachi/SemImageFile/StagePositionY", "nm"),
)

ANY = (
    Rule("start_time", "DateTime", read=from_words),
    Rule("operator", "Artist"),
    Rule("instrument_vendor", "Make"),
    Rule("instrument_model", "Model"),
)
"""What TIFF itself has a tag for."""


def tiff(tree: dict[str, Any]) -> dict[str, Value]:
    found = apply(ANY, tree)
    for key, vendor, rules in (
        ("FibicsXML", "Fibics", FIBICS),
        ("65000", "Carl Zeiss", ORION),
        ("CZ_SEM", "Carl Zeiss", ZEISS),
        ("tescan", "TESCAN", TESCAN),
        ("hitachi", "Hitachi", HITACHI),
        ("TVIPS", "TVIPS", TVIPS),
        ("Olympus_SIS_metadata", "Olympus", OLYMPUS),
    ):
        if isinstance(tree.get(key), dict):
            found = {"instrument_vendor": Value(vendor, "", key, "")} | found | apply(rules, tree) | times(key, tree)
    if "fei_metadata" in tree:
        beam = str((tree["fei_metadata"].get("Beam") or {}).get("Beam") or "EBeam")
        maker = {"instrument_vendor": Value("Thermo Fisher Scientific", "", "fei_metadata", "FEI")}
        found = found | maker | apply(thermo(beam), tree) | times("fei_metadata", tree)
    notes = tree.get("ImageDescription")
    if isinstance(notes, dict) and "ElectronGun" in notes:
        diffraction = (notes.get("ImageFormingSystem") or {}).get("ModeString") == "DIFF"
        found = found | apply([*JEOL, JEOL_CAMERA_LENGTH if diffraction else JEOL_MAGNIFICATION], tree)
    return found


ZEISS_DATES: Sequence[str] = DATES_DAY_FIRST
PAIRS: dict[str, tuple[str, str, str, Sequence[str]]] = {
    "fei_metadata": ("User", "Date", "Time", DATES_MONTH_FIRST),
    "hitachi": ("SemImageFile", "Date", "Time", DATES_MONTH_FIRST),
}


def times(key: str, tree: dict[str, Any]) -> dict[str, Value]:
    """Start times that stand in two places."""
    if key == "CZ_SEM" and "ap_date" in tree[key] and "ap_time" in tree[key]:
        date, time = tree[key]["ap_date"][1], tree[key]["ap_time"][1]
        source, order = "CZ_SEM.ap_date", ZEISS_DATES
    elif key in PAIRS:
        group, date_key, time_key, order = PAIRS[key]
        inside = tree[key].get(group) or {}
        date, time, source = inside.get(date_key), inside.get(time_key), f"{key}.{group}.{date_key}"
    else:
        return {}
    text = from_date_and_time(date, time, order)
    return {"start_time": Value(text, "", source, f"{date} {time}")} if text else {}
