"""X-ray and energy loss spectra: EMSA/MAS, Bruker, EDAX, Ripple."""

import re
from typing import Any

from lims.extractors.normalise.elements import from_numbers
from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import DATES_DAY_FIRST, from_date_and_time, from_iso
from lims.model import Value

EMSA = {
    "TITLE": ("title", ""),
    "OWNER": ("operator", ""),
    "BEAMKV": ("acceleration_voltage", "kV"),
    "EMISSION": ("emission_current", "µA"),
    "PROBECUR": ("probe_current", "nA"),
    "MAGCAM": ("magnification", ""),
    "OPERMODE": ("operation_mode", ""),
    "CONVANGLE": ("convergence_semi_angle", "mrad"),
    "COLLANGLE": ("collection_semi_angle", "mrad"),
    "DWELLTIME": ("dwell_time", "ms"),
    "INTEGTIME": ("exposure_time", "ms"),
    "XTILTSTGE": ("tilt_alpha", "deg"),
    "YTILTSTGE": ("tilt_beta", "deg"),
    "XPOSITION": ("stage_x", "mm"),
    "YPOSITION": ("stage_y", "mm"),
    "ZPOSITION": ("stage_z", "mm"),
    "LIVETIME": ("live_time", "s"),
    "REALTIME": ("real_time", "s"),
    "EDSDET": ("detector_type", ""),
    "SIGNALTYPE": ("signal_type", ""),
}
"""The keywords of ISO 22029 with the units it prescribes; a keyword may be followed by "-" and its unit."""
EMSA_TIME = Rule(
    "start_time", "DATE", read=lambda date, time: from_date_and_time(date, time, DATES_DAY_FIRST), beside="TIME"
)


def emsa(tree: dict[str, Any]) -> dict[str, Value]:
    """MAGCAM is a camera length in diffraction, which OPERMODE tells."""
    rules = [EMSA_TIME]
    for key in tree:
        field, unit = EMSA.get(re.split(r"\s*-", key.strip())[0].strip(), ("", ""))
        if field == "magnification" and str(tree.get("OPERMODE", "")).upper().startswith("DIF"):
            field, unit = "camera_length", "mm"
        if field:
            rules.append(Rule(field, key.replace("/", "\\/"), unit))
    rules += [Rule("detector_name", "EDAX Detector"), Rule("elements", "Elements", read=from_numbers)]
    rules += [Rule("tilt_alpha", "Tilt Angle", "deg"), Rule("title", "FILENAME", is_fallback=True)]
    return apply(rules, tree)


def day_first(date: str, time: str) -> str | None:
    """Bruker drops leading zeros: 12.9.2018 and 13:9:10."""
    hours = ":".join(part.zfill(2) for part in str(time).split(":"))
    return from_date_and_time(date, hours, DATES_DAY_FIRST)


BRUKER = (
    Rule("start_time", "Spectrum/Date", read=day_first, beside="Time"),
    Rule("acceleration_voltage", "Microscope/HV", "kV"),
    Rule("acceleration_voltage", "Analysis/PrimaryEnergy", "kV"),
    Rule("magnification", "Microscope/Mag"),
    Rule("magnification", "Analysis/Magnification", is_fallback=True),
    Rule("working_distance", "Microscope/WD", "mm"),
    Rule("working_distance", "Analysis/WorkingDistance", "mm", is_fallback=True),
    Rule("stage_x", "Stage/X", "µm"),
    Rule("stage_y", "Stage/Y", "µm"),
    Rule("stage_z", "Stage/Z", "µm"),
    Rule("tilt_alpha", "Stage/Tilt", "deg"),
    Rule("rotation", "Stage/Rotation", "deg"),
    Rule("detector_name", "Detector/Type"),
    Rule("detector_type", "Detector/Technology"),
    Rule("elements", "Selected_elements/XmlClassName", read=lambda names: [names] if isinstance(names, str) else names),
    Rule("live_time", "Hardware/LifeTime", "ms"),
    Rule("real_time", "Hardware/RealTime", "ms"),
)

EDAX = (
    Rule("acceleration_voltage", "spc_header/kV", "kV"),
    Rule("live_time", "spc_header/liveTime", "s"),
    Rule("tilt_alpha", "spc_header/tilt", "deg"),
    Rule("magnification", "spc_header/mag"),
    Rule("operator", "spc_header/collectorName"),
    Rule("pixel_size_x", "ipr_header/mppX", "µm"),
    Rule("pixel_size_y", "ipr_header/mppY", "µm"),
)

RIPPLE = (
    Rule("title", "title"),
    Rule("start_time", "date", read=lambda date, time: from_iso(f"{date}T{time}"), beside="time"),
    Rule("acceleration_voltage", "beam-energy", "kV"),
    Rule("convergence_semi_angle", "convergence-angle", "mrad"),
    Rule("collection_semi_angle", "collection-angle", "mrad"),
    Rule("tilt_alpha", "tilt-stage", "deg"),
    Rule("live_time", "live-time", "s"),
)
"""HyperSpy's own keys in a Ripple header."""
