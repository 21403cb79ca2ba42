"""What RosettaSciIO itself found, in HyperSpy's words; used where no rule of the vendor's says it better."""

from typing import Any

from lims.extractors.normalise.rules import value_of
from lims.extractors.normalise.times import from_iso
from lims.extractors.raw import Raw
from lims.model import Value

SAVED = "hyperspy"
"""Where the tree keeps HyperSpy's own metadata of a file that HyperSpy wrote."""
SCOPES = ("Acquisition_instrument.TEM", "Acquisition_instrument.SEM", "Acquisition_instrument")
DETECTORS = ("Detector.EDS", "Detector.EELS", "Detector.CL", "Detector")

GENERAL: tuple[tuple[str, str, str], ...] = (
    ("title", "General.title", ""),
    ("operator", "General.authors", ""),
    ("elements", "Sample.elements", ""),
    ("sample_id", "Sample.description", ""),
    ("sample_id", "Sample.name", ""),
)
INSTRUMENT: tuple[tuple[str, str, str], ...] = (
    ("acceleration_voltage", "beam_energy", "keV"),
    ("beam_current", "beam_current", "nA"),
    ("magnification", "magnification", ""),
    ("instrument_name", "microscope", ""),
    ("operation_mode", "acquisition_mode", ""),
    ("convergence_semi_angle", "convergence_angle", "mrad"),
    ("tilt_alpha", "Stage.tilt_alpha", "deg"),
    ("tilt_beta", "Stage.tilt_beta", "deg"),
    ("dwell_time", "dwell_time", "s"),
)
DETECTOR: tuple[tuple[str, str, str], ...] = (
    ("detector_type", "detector_type", ""),
    ("detector_name", "model", ""),
    ("live_time", "live_time", "s"),
    ("real_time", "real_time", "s"),
    ("collection_semi_angle", "collection_angle", "mrad"),
    ("exposure_time", "exposure", "s"),
    ("exposure_time", "integration_time", "s"),
    ("dwell_time", "dwell_time", "s"),
)


def from_reader(raw: Raw) -> dict[str, Value]:
    """Fields from the reader's metadata; each says the vendor's path where the reader's mapping tells it."""
    wanted = list(GENERAL)
    for scope in SCOPES:
        wanted += [(field, f"{scope}.{path}", unit) for field, path, unit in INSTRUMENT]
        wanted += [(field, f"{scope}.{part}.{path}", unit) for part in DETECTORS for field, path, unit in DETECTOR]
    found: dict[str, Value] = {}
    for field, path, unit in wanted:
        value = one_value(raw, field, path, unit) if field not in found else None
        if value is not None:
            found[field] = value
    start = start_time(raw)
    return found | ({"start_time": start} if start else {})


def one_value(raw: Raw, field: str, path: str, unit: str) -> Value | None:
    value, source, original = seek(raw, path)
    if value is None or isinstance(value, dict):
        return None
    own_unit = seek(raw, f"{path}_units")[0]
    return value_of(field, plain(value), str(own_unit or unit), source, str(plain(original)))


def seek(raw: Raw, path: str) -> tuple[Any, str, Any]:
    """(value, where it comes from, the original)."""
    if path in raw.mapped:
        value, source, original = raw.mapped[path]
        return value, source, original
    tree: Any = raw.metadata
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree, f"{SAVED}.{path}" if SAVED in raw.original else f"reader: {path}", tree


def plain(value: Any) -> Any:
    """A numpy number as Python's own."""
    return value.item() if hasattr(value, "item") and getattr(value, "size", 2) == 1 else value


def start_time(raw: Raw) -> Value | None:
    """Date and time as one text. "UTC" and offsets are obeyed; a zone's name that only people understand is not."""
    date, source, written = seek(raw, "General.date")
    time = seek(raw, "General.time")[0]
    zone = str(seek(raw, "General.time_zone")[0] or "")
    if not date:
        return None
    text = from_iso(f"{date}T{time}{'+00:00' if zone == 'UTC' else zone if zone[:1] in ('+', '-') else ''}")
    if text is None:
        return None
    return Value(text, "", source, f"{written} {time} {zone}".strip())
