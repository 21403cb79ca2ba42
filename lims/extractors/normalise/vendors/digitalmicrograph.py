"""Gatan DigitalMicrograph."""

import re
from typing import Any

from lims.extractors.normalise.rules import Rule, apply, reach
from lims.extractors.normalise.times import (
    DATES_DAY_FIRST,
    DATES_MONTH_FIRST,
    from_date_and_time,
    from_epoch_ms,
    from_filetime,
)
from lims.model import Value

TAGS = "ImageList/TagGroup0/ImageTags/"


def below(path: str) -> str:
    return TAGS + path


def tecnai(pattern: str) -> Any:
    """What stands behind a word in the one long text that FEI's server hands to DigitalMicrograph."""
    return lambda text: (re.search(pattern, text) or ["", None])[1]


TECNAI = below("Tecnai/Microscope Info")
INFO = "Microscope Info/"

RULES = (
    Rule("title", "ImageList/TagGroup0/Name"),
    Rule("operator", below("Session Info/Operator")),
    Rule("operator", below(INFO + "Operator")),
    Rule("operator", TECNAI, read=tecnai(r"User ([^\u2028\n]+)")),
    Rule("sample_id", below("Session Info/Specimen")),
    Rule("sample_id", below(INFO + "Specimen")),
    Rule("instrument_name", below("Session Info/Microscope")),
    Rule("instrument_name", below(INFO + "Microscope")),
    Rule("instrument_name", below(INFO + "Name")),
    Rule("instrument_model", TECNAI, read=tecnai(r"Microscope ([^\u2028\n]+)")),
    Rule("source_type", TECNAI, read=tecnai(r"Gun (\w+)")),
    Rule("acceleration_voltage", below(INFO + "Voltage"), "V"),
    Rule("emission_current", below(INFO + "Emission Current (µA)"), "µA"),
    Rule("emission_current", TECNAI, "µA", tecnai(r"Emission ([\d.]+)")),
    Rule("extraction_voltage", TECNAI, "V", tecnai(r"Extr volt (\d+)")),
    Rule("probe_current", below(INFO + "Probe Current (nA)"), "nA"),
    Rule("operation_mode", below(INFO + "Illumination Mode")),
    Rule("convergence_semi_angle", below("EELS/Experimental Conditions/Convergence semi-angle (mrad)"), "mrad"),
    Rule("convergence_semi_angle", below("EELS/Convergence semi-angle (mrad)"), "mrad"),
    Rule("collection_semi_angle", below("EELS/Experimental Conditions/Collection semi-angle (mrad)"), "mrad"),
    Rule("collection_semi_angle", below("EELS/Collection semi-angle (mrad)"), "mrad"),
    Rule("camera_length", below(INFO + "STEM Camera Length"), "mm"),
    Rule("working_distance", below(INFO + "Working Distance (mm)"), "mm"),
    Rule("defocus", TECNAI, "µm", tecnai(r"Defocus \(um\) ([-\d.]+)")),
    Rule("field_of_view_x", below(INFO + "Field of View (µm)"), "µm"),
    Rule("scan_rotation", below("DigiScan/Rotation"), "deg"),
    Rule("dwell_time", below("DigiScan/Sample Time"), "µs"),
    Rule("dwell_time", below("SI/Acquisition/Pixel time (s)"), "s"),
    Rule("stage_x", below(INFO + "Stage Position/Stage X"), "µm"),
    Rule("stage_y", below(INFO + "Stage Position/Stage Y"), "µm"),
    Rule("stage_z", below(INFO + "Stage Position/Stage Z"), "µm"),
    Rule("tilt_alpha", below(INFO + "Stage Position/Stage Alpha"), "deg"),
    Rule("tilt_beta", below(INFO + "Stage Position/Stage Beta"), "deg"),
    Rule("detector_name", below("DataBar/Signal Name")),
    Rule("detector_name", below("Acquisition/Device/Name")),
    Rule("detector_name", below("DataBar/Device Name")),
    Rule("detector_name", below("EELS Spectrometer/Instrument name")),
    Rule("exposure_time", below("DataBar/Exposure Time (s)"), "s"),
    Rule("exposure_time", below("EELS/Acquisition/Exposure (s)"), "s"),
    Rule("exposure_time", below("Acquisition/Parameters/High Level/Exposure (s)"), "s"),
    Rule("live_time", below("EDS/Live time"), "s"),
    Rule("real_time", below("EDS/Real time"), "s"),
    Rule("signal_type", below("Meta Data/Signal")),
)
DIFFRACTION = Rule("camera_length", below(INFO + "Indicated Magnification"), "mm")
MAGNIFICATION = Rule("magnification", below(INFO + "Indicated Magnification"))

CLOCKS = (
    Rule("start_time", below("Acquisition/Frame/Sequence/Acquisition Start Time (epoch)"), read=from_epoch_ms),
    Rule("start_time", below("DataBar/Acquisition Time (OS)"), read=from_filetime),
)


def digitalmicrograph(tree: dict[str, Any]) -> dict[str, Value]:
    """In TEM diffraction, what stands as magnification is the camera length in millimetres."""
    rules = [*RULES, DIFFRACTION] if is_tem_diffraction(tree) else [MAGNIFICATION, *RULES]
    found = apply(rules, tree)
    start = start_time(tree)
    return found | ({"start_time": start} if start else {})


def at(tree: dict[str, Any], path: str) -> Any:
    return next((value for _, value in reach(tree, path.split("/"))), None)


def is_tem_diffraction(tree: dict[str, Any]) -> bool:
    mode = at(tree, below(INFO + "Imaging Mode"))
    return at(tree, below(INFO + "Illumination Mode")) == "TEM" and "DIFFRACTION" in str(mode)


def start_time(tree: dict[str, Any]) -> Value | None:
    """The camera's UTC clock, else the computer's, else the DataBar's local time, written as in its country."""
    clock = apply(CLOCKS, tree).get("start_time")
    if clock is not None:
        return clock
    for date_path, time_path in (
        ("DataBar/Acquisition Date", "DataBar/Acquisition Time"),
        ("SI/Acquisition/Date", "SI/Acquisition/Start time"),
    ):
        date, time = at(tree, below(date_path)), at(tree, below(time_path))
        if isinstance(date, str) and isinstance(time, str):
            american = time.upper().endswith("M") and "." not in time
            text = from_date_and_time(date, time, DATES_MONTH_FIRST if american else DATES_DAY_FIRST)
            if text:
                return Value(text, "", below(date_path).replace("/", "."), f"{date} {time}")
    return None
