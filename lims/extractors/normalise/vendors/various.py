"""Rules of the smaller formats, by format name."""

from typing import Any

from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import DATES_DAY_FIRST, from_date_and_time, from_epoch, from_iso
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

def first(values: Any) -> Any:
    """Of a header with a place for each image, the first image's."""
    return values[0] if isinstance(values, list) else values


def metres(values: Any) -> Any:
    """The format says metres; programs that write micrometres are known by values that no stage reaches."""
    value = first(values)
    return value if abs(value) <= 1 else value * 1e-6


def impulse_time(header: Any) -> str | None:
    return from_date_and_time(header["Experiment_date"], header["Experiment_time"], DATES_DAY_FIRST)


def unquoted(text: str) -> str:
    return text.strip('"')


ARINA = "instrument/detector/"
DIRECT = "de_metadata/"
JEOL_VIEW = "asw/SampleInfo/*/ViewInfo/*/"
JEOL_MAP = "PTTD Data/AnalyzableMap MeasData/"
JEOL_STAGE = "PTTD Param/Params/PARAMPAGE0_SEM/"
JEOL_IMAGE = (
    Rule("instrument_name", "Instrument/Name"),
    Rule("acceleration_voltage", "Instrument/AccV", "kV"),
    Rule("magnification", "Instrument/Mag"),
    Rule("working_distance", "Instrument/WorkD", "mm"),
    Rule("title", "Image/Title"),
    Rule("dwell_time", "Map/DwellTime", "ms"),
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
    "mrc": (
        Rule("start_time", DIRECT + "Timestamp (seconds since Epoch)", read=from_epoch),
        Rule("instrument_name", DIRECT + "Instrument Project Name"),
        Rule("acceleration_voltage", DIRECT + "Instrument Accelerating Voltage (V)", "V"),
        Rule("magnification", DIRECT + "Instrument Project Magnification"),
        Rule("camera_length", DIRECT + "Instrument Project Camera Length (centimeters)", "cm"),
        Rule("scan_rotation", DIRECT + "Scan - Rotation", "deg"),
        Rule("dwell_time", DIRECT + "Scan - Dwell Time (microseconds)", "µs"),
        Rule("exposure_time", DIRECT + "Exposure Time (seconds)", "s"),
        Rule("detector_name", DIRECT + "Camera Name"),
        Rule("detector_type", DIRECT + "Camera Model"),
        Rule("tilt_alpha", "fei_header/a_tilt", "deg", first),
        Rule("tilt_beta", "fei_header/b_tilt", "deg", first),
        Rule("stage_x", "fei_header/x_stage", "m", metres),
        Rule("stage_y", "fei_header/y_stage", "m", metres),
        Rule("stage_z", "fei_header/z_stage", "m", metres),
        Rule("defocus", "fei_header/defocus", "m", metres),
        Rule("exposure_time", "fei_header/exp_time", "s", first),
        Rule("magnification", "fei_header/magnification", "", first),
    ),
    "arina": (
        Rule("start_time", ARINA + "detectorSpecific/data_collection_date", read=from_iso),
        Rule("acceleration_voltage", "STEM Metadata/High Tension", "V", first),
        Rule("acceleration_voltage", ARINA + "detectorSpecific/photon_energy", "V"),
        Rule("camera_length", "STEM Metadata/Camera Length", "m", first),
        Rule("magnification", "STEM Metadata/Magnification", "", first),
        Rule("detector_name", ARINA + "description"),
        Rule("detector_type", ARINA + "sensor_material"),
        Rule("exposure_time", ARINA + "count_time", "s"),
        Rule("frame_time", ARINA + "frame_time", "s"),
    ),
    "impulse": (
        Rule("start_time", "Impulse_header", read=impulse_time),
        Rule("sample_id", "Impulse_header/Sample", read=unquoted),
        Rule("title", "Impulse_header/Description", read=unquoted),
    ),
    "tvips": (Rule("acceleration_voltage", "tvips_header/ht", "kV"), Rule("magnification", "tvips_header/magtotal")),
    "jeol-image": JEOL_IMAGE,
    "jeol-asw": (
        *JEOL_IMAGE,
        Rule("title", "asw/Memo"),
        Rule("acceleration_voltage", JEOL_VIEW + "Volt", "kV"),
        Rule("magnification", JEOL_VIEW + "Mag"),
        Rule("working_distance", JEOL_VIEW + "WorkD", "mm"),
        Rule("scan_rotation", JEOL_VIEW + "Rotation", "deg"),
        Rule("tilt_alpha", JEOL_VIEW + "Tilt", "deg"),
        Rule("sample_id", "asw/SampleInfo/*/Memo"),
    ),
    "jeol-pts": (
        Rule("instrument_name", JEOL_STAGE + "SEM"),
        Rule("acceleration_voltage", JEOL_MAP + "MeasCond/AccKV", "kV"),
        Rule("probe_current", JEOL_MAP + "MeasCond/AccNA", "nA"),
        Rule("magnification", JEOL_MAP + "MeasCond/Mag"),
        Rule("working_distance", JEOL_MAP + "MeasCond/WD", "mm"),
        Rule("scan_rotation", JEOL_MAP + "MeasCond/ScanR", "deg"),
        Rule("dwell_time", JEOL_MAP + "Doc/DwellTime(msec)", "ms"),
        Rule("live_time", JEOL_MAP + "Doc/LiveTime", "s"),
        Rule("real_time", JEOL_MAP + "Doc/RealTime", "s"),
        Rule("detector_type", JEOL_STAGE + "DetT"),
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


def various(format_name: str, tree: dict[str, Any]) -> dict[str, Value]:
    return apply(RULES.get(format_name, ()), tree)
