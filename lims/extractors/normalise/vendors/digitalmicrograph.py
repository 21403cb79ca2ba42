"""Gatan DigitalMicrograph."""

import re
from dataclasses import replace
from typing import Any

from lims.extractors.normalise.rules import Rule, apply, fallbacks, reach
from lims.extractors.normalise.times import (
    DATES_DAY_FIRST,
    DATES_MONTH_FIRST,
    from_date_and_time,
    from_epoch_ms,
    from_filetime,
    from_words,
)
from lims.model import Value

TAGS = "ImageList/TagGroup0/ImageTags/"
INFO = TAGS + "Microscope Info/"
SESSION = TAGS + "Session Info/"
SERVER = TAGS + "Tecnai/Microscope Info"
"""The one long text that FEI's server hands to DigitalMicrograph."""
ORIGINS = ("source/Tags at creation/", "Parent/Tags/")
"""Where a stack or a cut keeps the tags of the image it was made of."""
LONGEST_FRAME_NS = 1e13
"""Drivers that do not know the frame's time write any number."""


def server(pattern: str) -> Any:
    """What stands behind a word in the server's text, whose lines end with U+2028."""
    return lambda text: (re.search(pattern, text) or ["", None])[1]


def day(date: str, time: str) -> str | None:
    """A local time as written in its country: am and pm come with the month first."""
    american = time.strip().upper().endswith("M") and "." not in time
    return from_date_and_time(date, time, DATES_MONTH_FIRST if american else DATES_DAY_FIRST)


def moment(text: str) -> str | None:
    date, _, time = text.strip().partition(" ")
    return day(date, time)


CLOCKS = (
    Rule(
        "start_time",
        TAGS + "Acquisition/Frame/Sequence/Acquisition Start Time (epoch)",
        read=from_epoch_ms,
        why="the camera's own clock, in UTC; DataBar is the computer's local time when the image was displayed",
    ),
    Rule(
        "start_time",
        TAGS + "DataBar/Acquisition Time (OS)",
        read=from_filetime,
        why="the computer's clock in UTC; DataBar is a local time",
    ),
    Rule("start_time", TAGS + "DataBar/Acquisition Date", read=day, beside="Acquisition Time"),
    *(
        Rule("start_time", f"{TAGS}{group}/Acquisition/Date", read=day, beside="Start time", is_fallback=True)
        for group in ("SI", "EELS", "EDS", "CL")
    ),
    Rule("start_time", TAGS + "CL/Acquisition/Acquisition begin", read=moment),
    Rule("start_time", TAGS + "DigiScan/TimeStamp", read=lambda text: from_words(text.strip()), is_fallback=True),
    *(
        Rule("end_time", f"{TAGS}{group}/Acquisition/Date", read=day, beside="End time")
        for group in ("SI", "EELS", "EDS", "CL")
    ),
)

RULES = (
    Rule("title", "ImageList/TagGroup0/Name"),
    Rule("operator", SESSION + "Operator"),
    Rule("operator", INFO + "Operator"),
    Rule("operator", SERVER, read=server(r"User ([^\u2028\n]+)"), is_fallback=True),  # an account, no person
    Rule("experiment_id", TAGS + "Meta Data/Experiment keywords/*/Experiment ID"),
    Rule("sample_id", SESSION + "Specimen"),
    Rule("sample_id", INFO + "Specimen"),
    Rule("instrument_name", SESSION + "Microscope"),
    Rule("instrument_name", INFO + "Microscope"),
    Rule("instrument_name", INFO + "Name", is_fallback=True),  # of the driver
    Rule("instrument_model", SERVER, read=server(r"Microscope ([^\u2028\n]+)")),
    Rule("source_type", SERVER, read=server(r"Gun (\w+)")),
    Rule("acceleration_voltage", INFO + "Voltage", "V"),
    Rule("acceleration_voltage", SERVER, "kV", server(r"HT ([\d.]+)")),
    Rule("emission_current", INFO + "Emission Current (µA)", "µA", why="as noted by DigitalMicrograph, not the server"),
    Rule("emission_current", SERVER, "µA", server(r"Emission ([\d.]+)")),
    Rule("extraction_voltage", SERVER, "V", server(r"Extr volt (\d+)")),
    Rule("beam_current", TAGS + "DataBar/Beam Current", "nA"),
    Rule("probe_current", INFO + "Probe Current (nA)", "nA"),
    Rule("operation_mode", INFO + "Illumination Mode"),
    Rule("operation_mode", INFO + "Operation Mode", is_fallback=True),
    *(
        Rule(f"{angle}_semi_angle", f"{TAGS}EELS/{group}{angle.capitalize()} semi-angle (mrad)", "mrad")
        for group in ("Experimental Conditions/", "")
        for angle in ("convergence", "collection")
    ),
    Rule("camera_length", INFO + "STEM Camera Length", "mm"),
    Rule("working_distance", INFO + "Working Distance (mm)", "mm"),
    Rule("defocus", SERVER, "µm", server(r"Defocus \(um\) ([-\d.]+)")),
    Rule("field_of_view_x", INFO + "Field of View (µm)", "µm"),
    Rule("scan_rotation", TAGS + "DigiScan/Rotation", "deg"),
    Rule("dwell_time", TAGS + "SI/Acquisition/Pixel time (s)", "s"),
    Rule("dwell_time", TAGS + "CL/Acquisition/Dwell time (s)", "s"),
    Rule("dwell_time", TAGS + "DigiScan/Sample Time", "µs", is_fallback=True),  # beside spectra it is the survey's
    Rule(
        "frame_time",
        TAGS + "Acquisition/Frame/Sequence/Frame Time (ns)",
        "ns",
        lambda time: time if time < LONGEST_FRAME_NS else None,
    ),
    *(Rule(f"stage_{axis}", f"{INFO}Stage Position/Stage {axis.upper()}", "µm") for axis in "xyz"),
    Rule("tilt_alpha", INFO + "Stage Position/Stage Alpha", "deg"),
    Rule("tilt_beta", INFO + "Stage Position/Stage Beta", "deg"),
    Rule("detector_name", TAGS + "DataBar/Signal Name"),
    *fallbacks(
        (
            Rule("detector_name", TAGS + "Acquisition/Device/Name"),
            Rule("detector_name", SESSION + "Detector"),
            Rule("detector_name", TAGS + "DataBar/Device Name"),
            Rule("detector_name", TAGS + "Acquisition/Monarc Spectrometer/Detector"),
            Rule("detector_name", TAGS + "EELS Spectrometer/Instrument name"),
        )
    ),
    Rule("detector_type", TAGS + "EDS/Detector Info/Detector type"),
    Rule("detector_type", TAGS + "CL/Acquisition/Detector type"),
    Rule("exposure_time", TAGS + "DataBar/Exposure Time (s)", "s"),
    *fallbacks(
        (
            Rule("exposure_time", TAGS + "EELS/Acquisition/Exposure (s)", "s"),
            Rule("exposure_time", TAGS + "CL/Acquisition/Exposure (s)", "s"),
            Rule("exposure_time", TAGS + "EDS/Acquisition/Exposure (s)", "s"),
            Rule("exposure_time", TAGS + "Acquisition/Parameters/High Level/Exposure (s)", "s"),
            Rule("exposure_time", TAGS + "Acquisition/Frame/Sequence/Exposure Time (ns)", "ns"),
        )
    ),
    Rule("live_time", TAGS + "EDS/Live time", "s"),
    Rule("real_time", TAGS + "EDS/Real time", "s"),
    Rule("temperature", TAGS + "InSitu/SmartSet/Temperature", "°C"),
    Rule("signal_type", TAGS + "Meta Data/Signal"),
)
DIFFRACTION = (Rule("camera_length", INFO + "Indicated Magnification", "mm"),)
MAGNIFICATION = (
    Rule(
        "magnification",
        INFO + "Indicated Magnification",
        why="what the microscope indicates; the actual one is calibrated, at the camera",
    ),
    Rule("magnification", INFO + "Actual Magnification"),
)


def digitalmicrograph(tree: dict[str, Any]) -> dict[str, Value]:
    """In TEM diffraction, what stands as magnification is the camera length in millimetres."""
    rules = [*CLOCKS, *(DIFFRACTION if is_tem_diffraction(tree) else MAGNIFICATION), *RULES]
    for origin in ORIGINS:
        rules += [
            replace(rule, path=rule.path.replace(TAGS, TAGS + origin), is_fallback=True)
            for rule in [*rules]
            if rule.path.startswith(TAGS) and origin not in rule.path and not rule.path.startswith(TAGS + ORIGINS[0])
        ]
    found = apply(rules, tree)
    if "end_time" in found and is_before(found["end_time"], found.get("start_time")):
        del found["end_time"]  # past midnight: the one date there is that of the start
    return found


def in_tiff(tree: dict[str, Any]) -> dict[str, Value]:
    """The same of the tags that stand in a TIFF which DigitalMicrograph saved."""
    found = digitalmicrograph({"ImageList": {"TagGroup0": {"ImageTags": tree["DigitalMicrograph"]}}})
    return {name: lead(value) for name, value in found.items()}


def lead(value: Value) -> Value:
    """A value whose paths lead into the TIFF's tree."""
    here, there = TAGS.replace("/", "."), "DigitalMicrograph."
    others = tuple(replace(other, source=other.source.replace(here, there, 1)) for other in value.others)
    return replace(value, source=value.source.replace(here, there, 1), others=others)


def is_before(end: Value, start: Value | None) -> bool:
    return start is not None and str(end.value)[:19] < str(start.value)[:19] and "+" not in str(start.value)


def is_tem_diffraction(tree: dict[str, Any]) -> bool:
    mode, illumination = (
        next((value for _, value in reach(tree, (INFO + key).split("/"))), "")
        for key in ("Imaging Mode", "Illumination Mode")
    )
    return illumination == "TEM" and "DIFFRACTION" in str(mode)
