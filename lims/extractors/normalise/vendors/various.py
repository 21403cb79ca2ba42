"""Which rules belong to which of the smaller formats; and the rules of those that have only a few."""

from collections.abc import Callable, Sequence
from typing import Any

from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import day_first, from_iso
from lims.extractors.normalise.vendors import diffraction, light, spectra
from lims.extractors.normalise.vendors.documents import TABLES
from lims.extractors.normalise.vendors.jeol import ANALYSIS, STATION
from lims.model import Value


def amount(volts: str, unit: str) -> str:
    """The cathode is negative; what we keep is how much."""
    return f"{str(volts).lstrip('-')} {unit}"


SCAN = "acquisition/scan/"
OF_EDS = SCAN + "detectors/EDS/"
PHENOM = (
    Rule("start_time", "time", read=from_iso),
    Rule("instrument_name", "instrument/uniqueID"),
    Rule("instrument_model", "instrument/type"),
    Rule("acceleration_voltage", SCAN + "highVoltage/value", read=amount, beside="unit"),
    Rule("acceleration_voltage", OF_EDS + "high_tension", "V"),
    Rule("emission_current", SCAN + "emissionCurrent/value", read=light.with_unit, beside="unit"),
    Rule("working_distance", "acquisition/optics/workingDistance/value", read=light.with_unit, beside="unit"),
    Rule("working_distance", OF_EDS + "working_distance", "m"),
    Rule("field_of_view_x", SCAN + "fieldSize", "m"),
    Rule("pixel_size_x", "pixelWidth/value", read=light.with_unit, beside="unit"),
    Rule("pixel_size_y", "pixelHeight/value", read=light.with_unit, beside="unit"),
    Rule("dwell_time", SCAN + "dwellTime/value", read=light.with_unit, beside="unit"),
    Rule("stage_x", "samplePosition/x", "m"),
    Rule("stage_y", "samplePosition/y", "m"),
    Rule("tilt_alpha", OF_EDS + "sample_tilt_angle", "rad"),
    Rule("detector_name", SCAN + "detector"),
    Rule("detector_type", OF_EDS + "detector_type"),
    Rule("elements", OF_EDS + "included_elements"),
    Rule("live_time", OF_EDS + "live_time", "s"),
    Rule("real_time", OF_EDS + "real_time", "s"),
)

BERKELEY = (
    Rule("operator", "user/User name"),
    Rule("operator", "user/name"),
    Rule("affiliation", "user/institution"),
    Rule("sample_id", "sample/sample name"),
    Rule("sample_id", "sample/name"),
    Rule("sample_id", "sample/material", is_fallback=True),
    Rule("instrument_name", "microscope/name"),
    Rule("acceleration_voltage", "microscope/high tension", "V"),
    Rule("acceleration_voltage", "microscope/voltage", "V"),
    Rule("acceleration_voltage", "simulation_parameters/E0", "keV"),
    Rule("magnification", "microscope/magnification"),
    Rule("camera_length", "microscope/camera length", "m"),
    Rule("convergence_semi_angle", "microscope/convergence angle", "rad"),
    Rule("convergence_semi_angle", "simulation_parameters/probeSemiangle", "mrad"),
    Rule("defocus", "microscope/defocus", "m"),
    Rule("dwell_time", "microscope/dwell time", "s"),
    Rule("tilt_alpha", "microscope/stage tilt alpha", "deg"),
)
"""The NCEM's own microscopes, and Prismatic's simulations. Their writers keep to SI."""

NEXUS = (
    Rule("title", "title"),
    Rule("start_time", "start_time", read=from_iso),
    Rule("end_time", "end_time", read=from_iso),
    Rule("experiment_id", "experiment_identifier"),
    Rule("operator", "user/name"),
    Rule("affiliation", "user/affiliation"),
    Rule("sample_id", "sample/name"),
    Rule("instrument_name", "instrument/name"),
)


def unquoted(text: str) -> str:
    return text.strip().strip('"')


IMPULSE = (
    Rule("start_time", "Impulse_header/Experiment_date", read=day_first, beside="Experiment_time"),
    Rule("sample_id", "Impulse_header/Sample", read=unquoted),
    Rule("title", "Impulse_header/Description", read=unquoted),
)
PROTOCHIPS = (
    Rule("start_time", "Protochips_header/Start time", read=from_iso),
    Rule("operator", "Protochips_header/User"),
)
DENS = (Rule("start_time", "DENS_header/date", read=from_iso),)


def counted(header: dict[str, Any]) -> str | None:
    """QUADSTAR counts years from 1900."""
    day = f"{1900 + header['year']:04}-{header['month']:02}-{header['day']:02}"
    return from_iso(f"{day}T{header['hour']:02}:{header['minute']:02}:{header['second']:02}")


QUADSTAR = (
    Rule("start_time", "general_header", read=counted),
    Rule("operator", "general_header/username"),
)


def zero_padded(text: str) -> str | None:
    """Semper drops leading zeros and sometimes the century: 15-10-27 2:20:0."""
    day, time = text.split()
    year, month, date = day.split("-")
    hours = ":".join(part.zfill(2) for part in time.split(":"))
    return from_iso(f"{year if len(year) > 2 else f'20{year.zfill(2)}'}-{month.zfill(2)}-{date.zfill(2)}T{hours}")


SEMPER = (
    Rule("start_time", "DATE", read=zero_padded),
    Rule("title", "LABEL"),
)

RULES: dict[str, Sequence[Rule]] = {
    **TABLES,
    "bcf": spectra.BRUKER,
    "blo": diffraction.NANOMEGAS,
    "delmic": light.DELMIC,
    "dens": DENS,
    "elid": PHENOM,
    "emd-ncem": BERKELEY,
    "empad": diffraction.EMPAD,
    "hamamatsu-img": light.STREAK,
    "impulse": IMPULSE,
    "jeol-asw": (*STATION, *ANALYSIS),
    "jeol-eds": STATION,
    "jeol-image": STATION,
    "jeol-pts": STATION,
    "jobinyvon": light.HORIBA,
    "mib": diffraction.MERLIN,
    "mib-raw": diffraction.MERLIN,
    "mrc": (*diffraction.DIRECT_ELECTRON, *diffraction.FEI_HEADER),
    "nexus-hyperspy": NEXUS,
    "protochips": PROTOCHIPS,
    "prz": diffraction.PANTA_RHEI,
    "quadstar": QUADSTAR,
    "rpl": spectra.RIPPLE,
    "semper": SEMPER,
    "spc": spectra.EDAX,
    "spx": spectra.BRUKER,
    "sur": light.DIGITAL_SURF,
    "topspin": diffraction.TOPSPIN,
    "tvf": light.TRIVISTA,
    "tvips": diffraction.TVIPS_MOVIE,
    "wdf": light.RENISHAW,
}


def by_rules(rules: Sequence[Rule]) -> Callable[[dict[str, Any]], dict[str, Value]]:
    return lambda tree: apply(rules, tree)


VARIOUS = {name: by_rules(rules) for name, rules in RULES.items()} | {"msa": spectra.emsa}
