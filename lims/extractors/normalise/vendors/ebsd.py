"""Scans of electron backscatter patterns: what the headers of each maker say."""

from typing import Any

from lims.extractors.normalise.elements import of_numbers
from lims.extractors.normalise.nodes import node, only
from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import from_iso, from_words
from lims.extractors.normalise.vendors.light import with_unit
from lims.model import Value


def from_emsoft(text: Any) -> str | None:
    """Nov  6 2020,  2:44:01.917 PM"""
    return from_words(" ".join(str(text).split()), ("%b %d %Y, %I:%M:%S.%f %p", "%b %d %Y, %I:%M:%S %p"))


HEADER = "*/*/Header/"
EBSD = "*/EBSD/Header/"

OXFORD = (
    *node("title", HEADER + "Analysis Label"),
    *node("title", HEADER + "Site Label"),
    *node("experiment_id", HEADER + "Project Label"),
    *node("sample_id", HEADER + "Specimen Label"),
    *node("start_time", HEADER + "Acquisition Date", read=from_iso),
    *node("acceleration_voltage", HEADER + "Beam Voltage", "kV"),
    *node("magnification", HEADER + "Magnification"),
    *node("working_distance", HEADER + "Working Distance", "mm"),
    *node("scan_rotation", HEADER + "Scan Rotation", "rad"),
    *node("tilt_alpha", HEADER + "Tilt Angle", "rad"),
    *node("tilt_alpha", HEADER + "Stage Position/Tilt", "rad"),
    *node("rotation", HEADER + "Stage Position/Rotation", "rad"),
    *node("stage_x", HEADER + "Stage Position/X", "mm"),
    *node("stage_y", HEADER + "Stage Position/Y", "mm"),
    *node("stage_z", HEADER + "Stage Position/Z", "mm"),
    *node("exposure_time", EBSD + "Camera Exposure Time", "ms"),
    *node("detector_name", EBSD + "Detector Serial Number"),
    *node("detector_name", "*/*/Header/Detector Type Id/@Name"),
    *node("detector_name", "*/*/Header/Detector Serial Number"),
)
"""Units as the H5OINA specification has them, whatever the files' own hints say."""

EDAX = (
    *node("operator", EBSD + "Operator"),
    *node("sample_id", EBSD + "Sample ID"),
    *node("experiment_id", EBSD + "Scan ID"),
    *node("working_distance", EBSD + "Working Distance", "mm"),
    *node("tilt_alpha", EBSD + "Sample Tilt", "deg"),
    *node("magnification", HEADER + "Mag"),
)
BRUKER = (
    *node("acceleration_voltage", EBSD + "KV", "kV"),
    *node("acceleration_voltage", "*/SEM/SEM KV", "kV"),
    *node("magnification", EBSD + "Magnification"),
    *node("magnification", "*/SEM/SEM Magnification"),
    *node("working_distance", EBSD + "WD", "mm"),
    *node("working_distance", "*/SEM/SEM WD", "mm"),
    *node("tilt_alpha", EBSD + "SampleTilt", "deg"),
    *node("title", EBSD + "OriginalFile", read=lambda text: str(text).replace("\\", "/").rpartition("/")[2]),
)
KIKUCHIPY = (
    *node("instrument_name", "*/SEM/Header/microscope"),
    *node("acceleration_voltage", "*/SEM/Header/beam_energy", "kV"),
    *node("magnification", "*/SEM/Header/magnification"),
    *node("working_distance", "*/SEM/Header/working_distance", "mm"),
    *node("tilt_alpha", EBSD + "sample_tilt", "deg"),
    *node("detector_name", EBSD + "detector"),
)
EMSOFT = (
    *node("operator", "EMheader/*/UserName"),
    *node("affiliation", "EMheader/*/UserLocation"),
    *node("start_time", "EMheader/*/StartTime", read=from_emsoft),
    *node("end_time", "EMheader/*/StopTime", read=from_emsoft),
    *node("acceleration_voltage", "NMLparameters/MCCLNameList/EkeV", "kV"),
    *node("acceleration_voltage", "NMLparameters/EBSDNameList/energymax", "kV"),
    *node("sample_id", "EMData/*/xtalname"),
    Rule("elements", "CrystalData/Atomtypes", read=of_numbers),
    Rule("elements", "CrystalData/Atomtypes/#value", read=of_numbers),
)



def set_to(field: str, path: str, unit: str = "") -> tuple[Rule, ...]:
    """A line of NORDIF's settings: in the unit beside it, or in the usual one where that is none or cannot be read."""
    own = (Rule(field, f"{path}/value", unit, with_unit, beside="unit"),) if unit else ()
    return *own, Rule(field, f"{path}/value", unit, is_fallback=True), Rule(field, path, unit, only)


NORDIF = (
    *set_to("instrument_vendor", "Microscope/Manufacturer"),
    *set_to("instrument_model", "Microscope/Model"),
    *set_to("magnification", "Microscope/Magnification"),
    *set_to("acceleration_voltage", "Microscope/Accelerating voltage", "kV"),
    *set_to("working_distance", "Microscope/Working distance", "mm"),
    *set_to("tilt_alpha", "Microscope/Tilt angle", "deg"),
    *set_to("scan_rotation", "Electron image/Rotation", "deg"),
    *set_to("detector_name", "EBSD detector/Model"),
    *set_to("exposure_time", "Acquisition settings/Exposure time", "µs"),
    *set_to("sample_id", "Specimen/Name"),
)
ANG = (
    Rule("operator", "OPERATOR"),
    Rule("sample_id", "SAMPLEID"),
    Rule("experiment_id", "SCANID"),
    Rule("working_distance", "WorkingDistance", "mm"),
    Rule("tilt_alpha", "SampleTiltAngle", "deg"),
)
CTF = (
    Rule("title", "Prj", read=lambda text: str(text).replace("\\", "/").rpartition("/")[2]),
    Rule("operator", "Author"),
    Rule("acceleration_voltage", "*/KV", "kV"),
    Rule("magnification", "*/Mag"),
    Rule("tilt_alpha", "*/TiltAngle", "deg"),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "h5oina": OXFORD,
    "h5ebsd-edax": EDAX,
    "h5ebsd-bruker": BRUKER,
    "h5ebsd-kikuchipy": KIKUCHIPY,
    "emsoft": EMSOFT,
    "nordif": NORDIF,
    "ang": ANG,
    "ctf": CTF,
}


def ebsd(format_name: str, tree: dict[str, Any]) -> dict[str, Value]:
    found = apply(RULES[format_name], tree)
    return found | (mapped_elements(tree) if format_name == "h5oina" else {})


def mapped_elements(tree: dict[str, Any]) -> dict[str, Value]:
    """The elements of which there are maps: each map's attributes say which one it is."""
    for name, part in tree.items():
        for technique, content in part.items() if isinstance(part, dict) else ():
            maps = content.get("Data") if technique.startswith("EDS") and isinstance(content, dict) else None
            for kind, group in maps.items() if isinstance(maps, dict) else ():
                members = group.values() if isinstance(group, dict) else ()
                known = [one["@Atomic Number"] for one in members if isinstance(one, dict) and "@Atomic Number" in one]
                if known:
                    symbols, source = of_numbers(map(only, known)), f"{name}.{technique}.Data.{kind}"
                    return {"elements": Value(symbols, "", source, ", ".join(symbols))}
    return {}
