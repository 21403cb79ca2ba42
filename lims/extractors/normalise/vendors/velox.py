"""Thermo Fisher Velox: everything is text in SI units, in one JSON per signal."""

from typing import Any

from lims.extractors.normalise.elements import from_numbers
from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import from_epoch
from lims.model import Value

RULES = (
    Rule("start_time", "Acquisition/AcquisitionStartDatetime/DateTime", read=from_epoch),
    Rule("end_time", "Acquisition/AcquisitionDatetime/DateTime", read=from_epoch),
    Rule("operator", "Core/UserName"),
    Rule("operator", "User/Name"),
    Rule("operator", "Core/UserId"),
    Rule("sample_id", "Sample/SampleId"),
    Rule("sample_id", "Sample/SampleDescription"),
    Rule("instrument_name", "Instrument/InstrumentClass"),
    Rule("instrument_model", "Instrument/InstrumentModel"),
    Rule("instrument_vendor", "Instrument/Manufacturer"),
    Rule("source_type", "Acquisition/SourceType"),
    Rule("acceleration_voltage", "Optics/AccelerationVoltage", "V"),
    Rule("extraction_voltage", "Optics/ExtractorVoltage", "V"),
    Rule("elements", "Operations/ImageQuantificationOperation/*/elementSelection", read=from_numbers),
    Rule("elements", "SharedProperties/*/*/elementSelection", read=from_numbers, is_fallback=True),
    Rule("beam_current", "Optics/LastMeasuredScreenCurrent", "amp"),
    Rule("beam_current", "Optics/ScreenCurrent", "amp", is_fallback=True),
    Rule("convergence_semi_angle", "Optics/BeamConvergence", "rad"),
    Rule("magnification", "CustomProperties/StemMagnification/value"),
    Rule("magnification", "CustomProperties/TemMagnification/value"),
    Rule("magnification", "Optics/NominalMagnification", is_fallback=True),
    Rule("camera_length", "Optics/CameraLength", "m"),
    Rule("defocus", "Optics/Defocus", "m"),
    Rule("operation_mode", "Optics/IlluminationMode"),
    Rule("field_of_view_x", "Optics/FullScanFieldOfView/x", "m"),
    Rule("field_of_view_y", "Optics/FullScanFieldOfView/y", "m"),
    Rule("scan_rotation", "Scan/ScanRotation", "rad"),
    Rule("dwell_time", "Scan/DwellTime", "s"),
    Rule("frame_time", "Scan/FrameTime", "s"),
    Rule("stage_x", "Stage/Position/x", "m"),
    Rule("stage_y", "Stage/Position/y", "m"),
    Rule("stage_z", "Stage/Position/z", "m"),
    Rule("tilt_alpha", "Stage/AlphaTilt", "rad"),
    Rule("tilt_beta", "Stage/BetaTilt", "rad"),
    Rule("detector_name", "BinaryResult/Detector", is_fallback=True),  # of one segment
)
OF_DETECTOR = (
    ("detector_type", "DetectorType", ""),
    ("detector_name", "DetectorName", ""),
    ("exposure_time", "ExposureTime", "s"),
    ("live_time", "LiveTime", "s"),
    ("real_time", "RealTime", "s"),
)
"""(field, key, unit) of a detector's own group."""


def from_epoch_us(microseconds: str) -> str | None:
    return from_epoch(int(microseconds) / 1e6)


def velox(tree: dict[str, Any]) -> dict[str, Value]:
    """The detector that made the signal is one of a numbered list, or stands alone under DetectorMetadata."""
    result = tree.get("BinaryResult") or {}
    detectors = (f"Detectors/Detector-{result.get('DetectorIndex')}/", "DetectorMetadata/")
    name = str(result.get("Detector") or "")
    stamp = f"CustomProperties/Detectors[{name}].TimeStamp/value"
    own = [Rule(field, place + key, unit) for place in detectors for field, key, unit in OF_DETECTOR]
    commercial = Rule("detector_type", f"CustomProperties/Detectors[{name}].CommercialName/value", is_fallback=True)
    return apply([*own, *RULES, commercial, Rule("start_time", stamp, read=from_epoch_us, is_fallback=True)], tree)
