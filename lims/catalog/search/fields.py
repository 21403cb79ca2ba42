"""What can be asked for by name: the fields of files and records, and the normalised vocabulary with its units."""

from dataclasses import dataclass
from typing import Literal

from lims.model import vocabulary
from lims.model.vocabulary import is_text

Kind = Literal["text", "number", "time", "tag"]


@dataclass(frozen=True)
class Field:
    """A named thing to ask for.

    file: SQL over `f`, a file with its session; record: SQL over `e`, a record with its session, where it has it.
    Texts may be lists. unit: of a number, "" for none.
    """

    name: str
    kind: Kind
    file: str
    record: str = ""
    unit: str = ""


def _session(name: str, column: str = "", kind: Kind = "text") -> Field:
    """A field of the session is one of its record, and of each of its files."""
    column = column or f'"{name}"'
    return Field(name, kind, f"f.{column}", f"e.{column}")


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        _session("instrument"),
        _session("user"),
        _session("operator"),
        _session("people"),
        _session("project"),
        _session("sample"),
        _session("title"),
        _session("notes"),
        _session("session"),
        Field("record", "text", "f.record", "e.id"),
        Field("state", "text", "f.state", "e.state"),
        Field("id", "text", "f.id", "e.id"),
        Field("name", "text", "regexp_extract(f.\"key\", '[^/]*$')", "e.title"),
        Field("format", "text", 'f."format"'),
        Field("store", "text", 'f."store"'),
        Field("key", "text", 'list_prepend(f."key", coalesce(f."companions", []))'),
        Field("kind", "text", 'f."kind"'),
        Field("status", "text", 'f."status"'),
        Field("sha256", "text", 'list_prepend(f."sha256", coalesce(f."companions_sha256", []))'),
        Field("owner", "text", 'f."owner"'),
        Field("bytes", "number", 'f."bytes"', 'e."bytes"', unit="B"),
        Field("datasets", "number", "NULL::BIGINT", 'e."datasets"'),
        Field("activities", "number", "NULL::BIGINT", 'e."activities"'),
        Field("date", "time", "f.moment", "e.start"),
        Field("tag", "tag", "f.id", "e.id"),
    )
}

PINT_UNITS = {"e/m²/s": "1/m**2/s"}
VOCABULARY: dict[str, str | None] = {
    name: None if is_text(name) else PINT_UNITS.get(unit, unit) for name, unit in vocabulary.FIELDS.items()
}
"""Each field of the normalised vocabulary with its unit as pint reads it, "" for a plain number, None for text."""

ALIASES = {
    "voltage": "acceleration_voltage",
    "ht": "acceleration_voltage",
    "energy": "acceleration_voltage",
    "mag": "magnification",
    "current": "probe_current",
    "detector": "detector_name",
    "mode": "operation_mode",
    "pixel": "pixel_size_x",
    "pixel_size": "pixel_size_x",
    "fov": "field_of_view_x",
    "field_of_view": "field_of_view_x",
    "wd": "working_distance",
    "dwell": "dwell_time",
    "exposure": "exposure_time",
    "tilt": "tilt_alpha",
    "convergence": "convergence_semi_angle",
    "pressure": "chamber_pressure",
    "vendor": "instrument_vendor",
    "model": "instrument_model",
    "size": "bytes",
    "filename": "name",
    "file": "name",
    "path": "key",
    "tags": "tag",
    "acquired": "date",
    "time": "date",
    "start": "date",
}

SPECIAL = ("after", "before", "during", "is", "has", "derived-from")


def canonical(name: str) -> str:
    """Lower case, blanks and dashes as underscores, aliases resolved."""
    plain = name.strip().lower()
    plain = plain if plain in SPECIAL else plain.replace(" ", "_").replace("-", "_")
    return ALIASES.get(plain, plain)
