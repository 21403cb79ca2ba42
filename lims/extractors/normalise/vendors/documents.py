"""Tables and documents: what their own words about themselves say."""

from lims.extractors.normalise.rules import Rule
from lims.extractors.normalise.times import from_iso

CORE, META = "properties/core/coreProperties/", "properties/meta/document-meta/meta/"
PROPERTIES = (
    Rule("title", CORE + "title"),
    Rule("title", META + "title"),
    Rule("operator", CORE + "creator"),
    Rule("operator", META + "initial-creator"),
    Rule("operator", META + "creator"),
)
TABLE = (
    Rule("start_time", "first_time", read=from_iso),
    Rule("end_time", "last_time", read=from_iso),
    Rule("start_time", "sheets/*/table/first_time", read=from_iso),
    Rule("end_time", "sheets/*/table/last_time", read=from_iso),
    *PROPERTIES,
)
TABLES: dict[str, tuple[Rule, ...]] = dict.fromkeys(("csv", "tsv", "xlsx", "xlsb", "xls", "ods"), TABLE)
DOCUMENT = (
    *PROPERTIES,
    Rule("title", "Title"),
    Rule("operator", "Author"),
    Rule("start_time", "created", read=from_iso),
)
"""Of files that are no tables: office documents, PDF, films."""
