"""Rules of the smaller formats, by format name."""

from typing import Any

from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import from_iso
from lims.model import Value

BRUKER = (
    Rule("acceleration_voltage", "Microscope/HV", "kV"),
    Rule("magnification", "Microscope/Mag"),
    Rule("working_distance", "Microscope/WD", "mm"),
    Rule("stage_x", "Stage/X", "µm"),
    Rule("stage_y", "Stage/Y", "µm"),
    Rule("stage_z", "Stage/Z", "µm"),
    Rule("tilt_alpha", "Stage/Tilt", "deg"),
    Rule("rotation", "Stage/Rotation", "deg"),
    Rule("detector_name", "Detector/Type"),
    Rule("detector_type", "Detector/Technology"),
    Rule("live_time", "Hardware/LifeTime", "ms"),
    Rule("real_time", "Hardware/RealTime", "ms"),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "bcf": BRUKER,
    "spx": BRUKER,
    "mib": (
        Rule("detector_name", "hdr_file/Readout System"),
        Rule("detector_type", "hdr_file/Chip Type (Medipix 3.0, Medipix 3.1, Medipix 3RX)"),
        Rule("exposure_time", "mib_properties/exposure", "ms"),
        Rule("start_time", "mib_properties/timestamp", read=from_iso),
    ),
    "blo": (
        Rule("acceleration_voltage", "blockfile_header/Beam_energy", "V"),
        Rule("camera_length", "blockfile_header/Camera_length", "mm", lambda value: value / 10),
        Rule("scan_rotation", "blockfile_header/Scan_rotation", "deg", lambda value: value / 100),
    ),
    "tvips": (Rule("acceleration_voltage", "tvips_header/ht", "kV"), Rule("magnification", "tvips_header/magtotal")),
    "jeol-image": (
        Rule("instrument_name", "Instrument/Name"),
        Rule("acceleration_voltage", "Instrument/AccV", "kV"),
        Rule("magnification", "Instrument/Mag"),
        Rule("working_distance", "Instrument/WorkD", "mm"),
        Rule("title", "Image/Title"),
        Rule("dwell_time", "Map/DwellTime", "ms"),
    ),
    "empad": (
        Rule("start_time", "root/timestamp/isoformat", read=from_iso),
        Rule("acceleration_voltage", "root/iom_measurements/source/get_voltage", "V"),
        Rule("acceleration_voltage", "root/iom_measurements/*/high_voltage", "V"),
        Rule("camera_length", "root/iom_measurements/optics/get_cameralength", "m"),
        Rule("magnification", "root/iom_measurements/optics/get_magnicication"),
        Rule("exposure_time", "root/exposure_time", "ms"),
    ),
}


RULES["mib-raw"] = RULES["mib"]


def various(format_name: str, tree: dict[str, Any]) -> dict[str, Value]:
    return apply(RULES.get(format_name, ()), tree)
