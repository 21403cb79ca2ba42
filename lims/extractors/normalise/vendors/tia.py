"""FEI TIA: .emi (XML inside) with its .ser."""

from typing import Any

from lims.extractors.normalise.disagreement import chosen
from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import from_epoch, from_words, zoned
from lims.model import Value

SAID = "ObjectInfo/ExperimentalDescription/"
ACQUIRED = "ObjectInfo/AcquireInfo/"

RULES = (
    Rule("operator", SAID + "User"),
    Rule("instrument_name", SAID + "Microscope", read=lambda text: str(text).removeprefix("Microscope ")),
    Rule("instrument_vendor", "ObjectInfo/Manufacturer"),
    Rule("source_type", SAID + "Gun type"),
    Rule("acceleration_voltage", "ObjectInfo/ExperimentalConditions/MicroscopeConditions/AcceleratingVoltage", "V"),
    Rule("acceleration_voltage", SAID + "High tension_kV", "kV"),
    Rule("emission_current", SAID + "Emission_uA", "µA"),
    Rule("extraction_voltage", SAID + "Extraction voltage_V", "V"),
    Rule("operation_mode", SAID + "Mode"),
    Rule("magnification", SAID + "Magnification_x", why="as the microscope described itself"),
    Rule("magnification", ACQUIRED + "Magnification"),
    Rule("camera_length", SAID + "Camera length_m", "m"),
    Rule("camera_length", ACQUIRED + "CameraLength", "m"),
    Rule("defocus", SAID + "Defocus_um", "µm"),
    Rule("scan_rotation", SAID + "Stem rotation_deg", "deg"),
    Rule("frame_time", ACQUIRED + "FrameTime", "s"),
    Rule("stage_x", SAID + "Stage X_um", "µm"),
    Rule("stage_y", SAID + "Stage Y_um", "µm"),
    Rule("stage_z", SAID + "Stage Z_um", "µm"),
    Rule("tilt_alpha", SAID + "Stage A_deg", "deg"),
    Rule("tilt_beta", SAID + "Stage B_deg", "deg"),
    Rule("detector_name", ACQUIRED + "CameraNamePath"),
    Rule("detector_name", "ObjectInfo/DetectorName", is_fallback=True),
    Rule("exposure_time", ACQUIRED + "IntegrationTime", "s"),
    Rule("tilt_alpha", "ObjectInfo/ExperimentalConditions/MicroscopeConditions/Tilt1", "rad", is_fallback=True),
    Rule("tilt_beta", "ObjectInfo/ExperimentalConditions/MicroscopeConditions/Tilt2", "rad", is_fallback=True),
)
CAMERA = (Rule("exposure_time", ACQUIRED + "DwellTimePath", "s"),)
SCAN = (Rule("dwell_time", ACQUIRED + "DwellTimePath", "s"),)

LOCAL = Rule("start_time", "ObjectInfo/AcquireDate", read=from_words)


def first(seconds: Any) -> str | None:
    """Of a series every element has its time."""
    return from_epoch(seconds[0] if isinstance(seconds, list) else seconds)


def last(seconds: list[Any]) -> str | None:
    return from_epoch(seconds[-1]) if seconds[-1] > seconds[0] else None


UTC = Rule("start_time", "ser_header_parameters/Time", read=first)
END = Rule("end_time", "ser_header_parameters/Time", read=last)


def tia(tree: dict[str, Any]) -> dict[str, Value]:
    """What TIA calls dwell time is a camera's exposure where a camera recorded it."""
    info = (tree.get("ObjectInfo") or {}).get("AcquireInfo") or {}
    found = apply([*RULES, END, *(CAMERA if "CameraNamePath" in info else SCAN)], tree)
    start = start_time(tree)
    return found | ({"start_time": start} if start else {})


def start_time(tree: dict[str, Any]) -> Value | None:
    """The .emi says the local time, the .ser the same in UTC: together they give the zone."""
    local, utc = apply([LOCAL], tree).get("start_time"), apply([UTC], tree).get("start_time")
    if local is None or utc is None:
        return utc or local
    both = zoned(local.value, utc.value)
    if both is None:
        return chosen("start_time", [local, utc], "as the .emi says; the .ser's clock is of another moment")
    return Value(both, "", local.source, f"{local.text}; {utc.source} {utc.text}")
