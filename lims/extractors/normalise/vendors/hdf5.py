"""HDF5 files of smaller families: detectors' masters, mass spectra, cameras, and files of no known writer."""

from typing import Any

from lims.extractors.normalise.nodes import node, same
from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import DATES_DAY_FIRST, from_date_and_time, from_epoch, from_iso
from lims.extractors.normalise.vendors.nexus import nexus
from lims.model import Value


def german(text: Any) -> str | None:
    """31.12.2025 23:59:59"""
    date, _, time = str(text).strip().partition(" ")
    return from_date_and_time(date, time, DATES_DAY_FIRST)


DETECTOR = "entry/instrument/detector/"
ELECTRON_DETECTORS = ("arina", "quadro", "ela", "singla")

SCAN = tuple(
    rule
    for beside in ("*/", "")  # with its master, or alone
    for field, name, unit in (
        ("acceleration_voltage", "High Tension", "V"),
        ("camera_length", "Camera Length", "m"),
        ("magnification", "Magnification", ""),
        ("dwell_time", "ScanDwellTime", "s"),
    )
    for rule in node(field, f"{beside}STEM Metadata/@{name}", unit)
)
"""What describes the scan of an ARINA."""
DECTRIS = (
    *node("start_time", DETECTOR + "detectorSpecific/data_collection_date", read=from_iso),
    *SCAN,
    *node("detector_name", DETECTOR + "description"),
    *node("detector_type", DETECTOR + "type"),
    *node("exposure_time", DETECTOR + "count_time", "s"),
)
ENERGY = tuple(node("acceleration_voltage", DETECTOR + "detectorSpecific/photon_energy", "V"))
"""What the detector was told of its particles; of electrons in electronvolts."""

TOFWERK = (
    *node("start_time", "AcquisitionLog/Log/0/timestring", read=from_iso),
    *node("start_time", "AcquisitionLog/Log/#value/0/timestring", read=from_iso),
    *node("start_time", "@HDF5 File Creation Time", read=german),
    *node("field_of_view_x", "FIBParams/@ViewField", "mm"),
    *node("beam_current", "FIBParams/@Current", "amp"),
    *node("instrument_name", "FIBParams/@FibHardware"),
    *node("detector_name", "@DAQ Hardware"),
    *node("operation_mode", "@IonMode"),
    Rule("chamber_pressure", "FibParams/FibPressure/TwData", "pascal", same),
    Rule("chamber_pressure", "FibParams/FibPressure/TwData/#value", "pascal", same),
)
ATTRIBUTES = {
    "title": ("title", "Title"),
    "operator": ("operator", "Operator", "user", "creator_name", "author"),
    "affiliation": ("affiliation", "institution"),
    "instrument_name": ("instrument", "instrument_name", "Instrument"),
    "sample_id": ("sample", "sample_name", "Sample"),
    "start_time": ("start_time", "acquisition_date", "timestamp", "date"),
}
"""What people call the attributes of a file that follows no convention but netCDF's."""
GENERIC = tuple(
    rule
    for field, names in ATTRIBUTES.items()
    for name in names
    for rule in node(field, f"@{name}", read=from_iso if field == "start_time" else None)
)
RULES: dict[str, tuple[Rule, ...]] = {"tofwerk": TOFWERK, "hdf5": (*GENERIC, *SCAN), "netcdf4": GENERIC}

ZIVID_NAMES = {
    "start_time": ("timestamp", "time_stamp", "time stamp", "capture_time"),
    "instrument_name": ("serial_number", "serialnumber", "serial number", "serial"),
    "instrument_model": ("model_name", "modelname", "model name", "model"),
}
"""What a camera's settings may be called, which has changed with the versions of its program."""


def hdf5(format_name: str, tree: dict[str, Any]) -> dict[str, Value]:
    return apply(RULES[format_name], tree)


def dectris(tree: dict[str, Any]) -> dict[str, Value]:
    """A NeXus file with more in it."""
    found = nexus(tree) | apply(DECTRIS, tree)
    is_for_electrons = any(word in str(found.get("detector_name")).lower() for word in ELECTRON_DETECTORS)
    return (apply(ENERGY, tree) if is_for_electrons else {}) | found


def zivid(tree: dict[str, Any]) -> dict[str, Value]:
    rules = [
        rule
        for field, names in ZIVID_NAMES.items()
        for path in paths_named(tree, names)
        for rule in node(field, path, read=moment if field == "start_time" else None)
    ]
    return apply(rules, tree)


def paths_named(tree: Any, names: tuple[str, ...], path: str = "") -> list[str]:
    """Where something of one of these names stands, "@" aside."""
    found: list[str] = []
    for key, value in tree.items() if isinstance(tree, dict) else ():
        here = f"{path}/{key}" if path else key
        found += [here] if key.lstrip("@").lower() in names else []
        found += paths_named(value, names, here)
    return found


def moment(value: Any) -> str | None:
    """ISO 8601, or seconds, milliseconds, microseconds since 1970."""
    if isinstance(value, int | float):
        return next((found for power in (0, 3, 6, 9) if (found := from_epoch(value / 10**power))), None)
    return from_iso(value)
