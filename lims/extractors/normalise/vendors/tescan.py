"""TESCAN: the INI in tag 50431 or in the .hdr beside the picture, in SI. The beam's section is SEM or FIB."""

from lims.extractors.normalise.rules import Rule
from lims.extractors.normalise.times import day_first

TESCAN = (
    Rule("title", "tescan/MAIN/OrigFileName"),
    Rule("start_time", "tescan/MAIN/Date", read=day_first, beside="Time"),
    Rule("operator", "tescan/MAIN/FullUserName"),
    Rule("operator", "tescan/MAIN/UserName", is_fallback=True),
    Rule("affiliation", "tescan/MAIN/Company"),
    Rule("instrument_name", "tescan/MAIN/Device"),
    Rule("instrument_model", "tescan/MAIN/DeviceModel"),
    Rule("source_type", "tescan/*/Gun"),
    Rule("acceleration_voltage", "tescan/*/HV", "V"),
    Rule("acceleration_voltage", "tescan/*/AcceleratorVoltage", "V"),
    Rule("extraction_voltage", "tescan/*/ExtractorVoltage", "V"),
    Rule("emission_current", "tescan/*/EmissionCurrent", "amp"),
    Rule("beam_current", "tescan/*/PredictedBeamCurrent", "amp"),
    Rule("operation_mode", "tescan/*/ScanMode"),
    Rule("magnification", "tescan/MAIN/Magnification"),
    Rule("working_distance", "tescan/*/WD", "m"),
    Rule("pixel_size_x", "tescan/MAIN/PixelSizeX", "m"),
    Rule("pixel_size_y", "tescan/MAIN/PixelSizeY", "m"),
    Rule("scan_rotation", "tescan/*/ScanRotation", "deg"),
    Rule("dwell_time", "tescan/*/DwellTime", "s"),
    *(Rule(f"stage_{axis}", f"tescan/*/Stage{axis.upper()}", "m") for axis in "xyz"),
    Rule("tilt_alpha", "tescan/*/StageTilt", "deg"),
    Rule("rotation", "tescan/*/StageRotation", "deg"),
    Rule("detector_name", "tescan/*/Detector"),
    Rule("detector_name", "tescan/*/Detector0", is_fallback=True),
    Rule("chamber_pressure", "tescan/*/ChamberPressure", "pascal"),
)
