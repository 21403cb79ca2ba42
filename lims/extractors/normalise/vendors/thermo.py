"""FEI / Thermo Fisher TIFF, tags 34682 and 34680: sections of an INI, in SI. A magnification is not stored there."""

from typing import Any

from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import DATES_MONTH_FIRST, from_date_and_time, from_day_first
from lims.model import Value

AT = "fei_metadata/"
VENDOR = Value("Thermo Fisher Scientific", "", "fei_metadata", "FEI")


def user_time(date: str, time: str) -> str | None:
    return from_date_and_time(date, time, DATES_MONTH_FIRST)


def rules(beam: str, scan: str, detector: str) -> tuple[Rule, ...]:
    """beam, scan, detector: the names of the sections of what made the picture."""
    own, scanned, seen = f"{AT}{beam}/", f"{AT}{scan}/", f"{AT}{detector}/"
    return (
        Rule("title", AT + "User/UserText"),
        Rule("start_time", AT + "User/Date", read=user_time, beside="Time"),
        Rule("start_time", AT + "PrivateFei/TimeOfCreation", read=from_day_first),
        Rule("operator", AT + "User/User"),
        Rule("instrument_name", AT + "System/SystemType"),
        Rule("instrument_name", AT + "System/Type", is_fallback=True),
        Rule("instrument_model", AT + "System/Type"),
        Rule("source_type", own + "Source"),
        Rule("source_type", AT + "System/Source"),
        Rule("acceleration_voltage", own + "HV", "V"),
        Rule("acceleration_voltage", AT + "Beam/HV", "V"),
        Rule("emission_current", own + "EmissionCurrent", "amp"),
        Rule("beam_current", own + "BeamCurrent", "amp"),
        Rule("operation_mode", own + "LensMode"),
        Rule("operation_mode", own + "BeamMode", is_fallback=True),
        Rule("working_distance", own + "WD", "m"),
        Rule("working_distance", AT + "Stage/WorkingDistance", "m"),
        Rule("field_of_view_x", own + "HFW", "m"),
        Rule("field_of_view_y", own + "VFW", "m"),
        Rule("field_of_view_x", scanned + "HorFieldsize", "m"),
        Rule("field_of_view_y", scanned + "VerFieldsize", "m"),
        Rule("field_of_view_x", AT + "Scan/HorFieldsize", "m"),
        Rule("field_of_view_y", AT + "Scan/VerFieldsize", "m"),
        Rule("scan_rotation", own + "ScanRotation", "rad"),
        Rule("scan_rotation", AT + "Beam/ScanRotation", "rad"),
        Rule("pixel_size_x", scanned + "PixelWidth", "m"),
        Rule("pixel_size_y", scanned + "PixelHeight", "m"),
        Rule("pixel_size_x", AT + "Scan/PixelWidth", "m"),
        Rule("pixel_size_y", AT + "Scan/PixelHeight", "m"),
        Rule("dwell_time", scanned + "Dwell", "s"),
        Rule("dwell_time", AT + "Scan/Dwelltime", "s"),
        Rule("frame_time", scanned + "FrameTime", "s"),
        Rule("frame_time", AT + "Scan/FrameTime", "s"),
        *(Rule(f"stage_{axis}", f"{AT}Stage/Stage{axis.upper()}", "m") for axis in "xyz"),
        Rule("tilt_alpha", AT + "Stage/StageT", "rad"),
        Rule("tilt_beta", AT + "Stage/StageTb", "rad"),
        Rule("rotation", AT + "Stage/StageR", "rad"),
        *(Rule(f"stage_{axis}", f"{own}Stage{axis.upper()}", "m", is_fallback=True) for axis in "xyz"),
        Rule("tilt_alpha", own + "StageTa", "rad", is_fallback=True),
        Rule("rotation", own + "StageR", "rad", is_fallback=True),
        Rule("detector_name", AT + "Detectors/Name"),
        Rule("detector_type", seen + "Signal"),
        Rule("detector_type", AT + "Detectors/Mode", is_fallback=True),
        Rule("detector_type", AT + "Detectors/Signal", is_fallback=True),
        Rule("exposure_time", seen + "ExposureTime", "s"),
        Rule("chamber_pressure", AT + "Vacuum/ChPressure", "pascal"),
        Rule("temperature", AT + "Specimen/Temperature", "K"),
    )


def thermo(tree: dict[str, Any]) -> dict[str, Value]:
    group: dict[str, Any] = tree["fei_metadata"]
    made_by = group.get("Beam") or {}
    beam = str(made_by.get("Beam") or "EBeam")
    scan = str(made_by.get("Scan") or ("IScan" if beam == "IBeam" else "EScan"))
    detector = str((group.get("Detectors") or {}).get("Name") or "Detectors")
    return {"instrument_vendor": VENDOR} | apply(rules(beam, scan, detector), tree)
