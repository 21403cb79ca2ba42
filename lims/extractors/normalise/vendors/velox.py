"""Thermo Fisher Velox: everything is text in SI units, in one JSON per signal."""

from typing import Any

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
    Rule("beam_current", "Optics/LastMeasuredScreenCurrent", "amp"),
    Rule("convergence_semi_angle", "Optics/BeamConvergence", "rad"),
    Rule("magnification", "CustomProperties/StemMagnification/value"),
    Rule("magnification", "CustomProperties/TemMagnification/value"),
    Rule("magnification", "Optics/NominalMagnification"),
    Rule("camera_length", "Optics/CameraLength", "m"),
    Rule("defocus", "Optics/Defocus", "m"),
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
    Rule("detector_name", "BinaryResult/Detector"),
)


def velox(tree: dict[str, Any]) -> dict[str, Value]:
    """The detector that made the signal is one of a numbered list."""
    found = apply(RULES, tree)
    number = (tree.get("BinaryResult") or {}).get("DetectorIndex")
    own = f"Detectors/Detector-{number}/"
    return found | apply(
        (
            Rule("detector_type", own + "DetectorType"),
            Rule("detector_name", own + "DetectorName"),
            Rule("exposure_time", own + "ExposureTime", "s"),
            Rule("live_time", own + "LiveTime", "s"),
            Rule("real_time", own + "RealTime", "s"),
        ),
        tree,
    )
