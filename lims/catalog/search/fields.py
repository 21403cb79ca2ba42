"""What can be asked for by name: the fields of files and records, and the normalised vocabulary with its units."""

from dataclasses import dataclass
from typing import Literal

from lims.model import vocabulary
from lims.model.vocabulary import is_text

Kind = Literal["text", "number", "time", "tag"]


@dataclass(frozen=True)
class Field:
    """A named thing to ask for.

    file, session: the column of the index's shelf (`index.py`) in which a file, or a record's session, has it; or, with
    `in_sql`, SQL over `d`, a dataset, or over `s` and `r`, a session and its record. Texts in SQL may be lists.
    inherits: a file has what its session says, and only without one what it says itself.
    unit: of a number, "" for none.
    """

    name: str
    kind: Kind
    file: str = ""
    session: str = ""
    unit: str = ""
    inherits: bool = False
    in_sql: bool = False

    @property
    def of_records(self) -> bool:
        """Whether a record has it itself, not only through its files."""
        return bool(self.session)


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("instrument", "text", "instrument", "instrument", inherits=True),
        Field("user", "text", "owner", "user", inherits=True),
        Field("operator", "text", "", "operator", inherits=True),
        Field("people", "text", "", 's."people"', inherits=True, in_sql=True),
        Field("project", "text", "project", "project", inherits=True),
        Field("sample", "text", "", "sample", inherits=True),
        Field("title", "text", "", """coalesce(nullif(r."title", ''), s."title")""", inherits=True, in_sql=True),
        Field("notes", "text", "", 's."notes"', inherits=True, in_sql=True),
        Field("session", "text", "", 's."id"', inherits=True, in_sql=True),
        Field("record", "text", "", 'r."id"', inherits=True, in_sql=True),
        Field("state", "text", "", "state", inherits=True),
        Field("id", "text", 'd."id"', 'r."id"', in_sql=True),
        Field(
            "name",
            "text",
            """regexp_extract(d."key", '[^/]*$')""",
            """coalesce(nullif(r."title", ''), s."title")""",
            in_sql=True,
        ),
        Field("format", "text", "format"),
        Field("store", "text", "store"),
        Field("key", "text", 'list_prepend(d."key", coalesce(d."companions", []))', in_sql=True),
        Field("kind", "text", "kind"),
        Field("status", "text", "status"),
        Field("sha256", "text", 'list_prepend(d."sha256", coalesce(d."companions_sha256", []))', in_sql=True),
        Field("owner", "text", "owner"),
        Field("bytes", "number", "bytes", "bytes", unit="B"),
        Field("datasets", "number", "", "datasets"),
        Field("activities", "number", "", "activities"),
        Field("date", "time", "moment", "start"),
        Field("tag", "tag", "", "tag"),
    )
}
MANY = frozenset({"people", "key", "sha256"})
NAMED = {
    "instrument": ("instrument", "name"), "project": ("project", "title"), "sample": ("sample", "title"),
    "user": ("person", "name"), "operator": ("person", "name"), "owner": ("person", "name"),
    "people": ("person", "name"),
}  # fmt: skip
"""Fields that hold ids: in which table, and which column of it, those have names, by which they are found, too."""

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
