"""Carl Zeiss: SmartSEM (tag 34118), the Orion helium microscope (tag 65000), and Fibics' program for it (tag 51023)."""

from typing import Any

from lims.extractors.normalise.rules import Rule, fallbacks
from lims.extractors.normalise.times import DATES_DAY_FIRST, from_date_and_time, from_iso, from_month_first


def second(triple: Any) -> Any:
    """SmartSEM writes [name, value] or [name, value, unit]."""
    return f"{triple[1]} {triple[2]}" if len(triple) > 2 else triple[1]


def smart_rule(field: str, key: str, unit: str = "") -> Rule:
    return Rule(field, f"CZ_SEM/{key}", unit, second)


def day(date: Any, time: Any) -> str | None:
    return from_date_and_time(date[1], time[1], DATES_DAY_FIRST)


ZEISS = (
    Rule("start_time", "CZ_SEM/ap_date", read=day, beside="ap_time"),
    smart_rule("operator", "sv_operator"),
    *fallbacks([smart_rule("operator", "sv_user_name")]),  # who was logged in
    smart_rule("sample_id", "sv_sample_id"),
    smart_rule("title", "sv_user_text"),
    *fallbacks([smart_rule("title", "sv_file_name")]),
    smart_rule("instrument_name", "sv_serial_number"),
    smart_rule("instrument_model", "dp_sem"),
    smart_rule("source_type", "dp_column_type"),
    smart_rule("acceleration_voltage", "ap_actualkv", "kV"),
    *fallbacks([smart_rule("acceleration_voltage", "ap_manualkv", "kV")]),  # the one that was asked for
    smart_rule("extraction_voltage", "ap_extractkv", "kV"),
    smart_rule("beam_current", "ap_beam_current", "µA"),
    smart_rule("probe_current", "ap_iprobe", "pA"),
    smart_rule("operation_mode", "dp_operating_mode"),
    *fallbacks([smart_rule("operation_mode", "dp_column_mode")]),
    smart_rule("magnification", "ap_mag"),
    smart_rule("working_distance", "ap_wd", "mm"),
    smart_rule("field_of_view_x", "ap_width", "µm"),
    smart_rule("field_of_view_y", "ap_height", "µm"),
    smart_rule("pixel_size_x", "ap_image_pixel_size", "nm"),
    smart_rule("pixel_size_y", "ap_image_pixel_size", "nm"),
    smart_rule("scan_rotation", "ap_scanrotation", "deg"),
    smart_rule("dwell_time", "dp_dwell_time", "ns"),
    smart_rule("frame_time", "ap_frame_time", "s"),
    smart_rule("stage_x", "ap_stage_at_x", "mm"),
    smart_rule("stage_y", "ap_stage_at_y", "mm"),
    smart_rule("stage_z", "ap_stage_at_z", "mm"),
    smart_rule("tilt_alpha", "ap_stage_at_t", "deg"),
    smart_rule("rotation", "ap_stage_at_r", "deg"),
    smart_rule("detector_name", "dp_detector_channel"),
    smart_rule("detector_type", "dp_detector_type"),
    smart_rule("chamber_pressure", "ap_chamber_pressure", "pascal"),
    *fallbacks([smart_rule("chamber_pressure", "ap_system_vac", "mbar")]),
)


def orion_rule(field: str, key: str) -> Rule:
    """The Orion writes <Key><Value>…</Value><Units>…</Units></Key>."""
    return Rule(field, f"65000/{key}", "", lambda pair: f"{pair['Value']} {pair.get('Units') or ''}".strip())


def below_the_tip(pair: Any) -> str:
    """The extractor is negative towards the tip; what we keep is how much."""
    return f"{str(pair['Value']).lstrip('-')} {pair.get('Units') or ''}".strip()


ORION = (
    Rule("instrument_model", "65000/System.Model/Value"),
    Rule("instrument_name", "65000/System.Name/Value"),
    Rule("source_type", "65000/ColumnType/Value"),
    Rule("start_time", "65000/TimeStamp/Value", read=from_month_first),
    Rule("operation_mode", "65000/ColumnMode/Value"),
    Rule("detector_name", "65000/DetectorName/Value"),
    Rule("magnification", "65000/Magnification4x5/Value"),
    orion_rule("acceleration_voltage", "AccelerationVoltage"),
    Rule("extraction_voltage", "65000/ExtractionVoltage", read=below_the_tip),
    orion_rule("beam_current", "BlankerCurrent"),
    orion_rule("beam_current", "GFIS.BeamCurrent"),
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


def size(text: str) -> float:
    return abs(float(text))


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
    Rule("pixel_size_x", "FibicsXML/Scan/Ux", "µm", size),
    Rule("pixel_size_y", "FibicsXML/Scan/Vy", "µm", size),
    fibics_rule("stage_x", "Stage/X"),
    fibics_rule("stage_y", "Stage/Y"),
    fibics_rule("stage_z", "Stage/Z"),
    fibics_rule("tilt_alpha", "Stage/Tilt"),
    fibics_rule("rotation", "Stage/Rot"),
)
