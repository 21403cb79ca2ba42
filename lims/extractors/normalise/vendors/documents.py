"""Tables and documents: what their own words about themselves say.

Who made a table has recorded what is in it; the author of a document need never have been at an instrument.
"""

from lims.extractors.normalise.rules import Rule
from lims.extractors.normalise.times import from_iso

CORE, META = "properties/core/coreProperties/", "properties/meta/document-meta/meta/"
TITLES = (Rule("title", CORE + "title"), Rule("title", META + "title"))
MAKERS = (
    Rule("operator", CORE + "creator"),
    Rule("operator", META + "initial-creator"),
    Rule("operator", META + "creator"),
)


def moment(text: str) -> str | None:
    """A date alone is no moment: midnight is a time of day that nobody has said."""
    return from_iso(text) if "T" in text else None


TABLE = (
    Rule("start_time", "first_time", read=moment),
    Rule("end_time", "last_time", read=moment),
    Rule("start_time", "sheets/*/table/first_time", read=moment),
    Rule("end_time", "sheets/*/table/last_time", read=moment),
    *TITLES,
    *MAKERS,
)
TABLES: dict[str, tuple[Rule, ...]] = dict.fromkeys(("csv", "tsv", "xlsx", "xlsb", "xls", "ods"), TABLE)
DOCUMENT = (
    *TITLES,
    Rule("title", "Title"),
    Rule("start_time", "created", read=from_iso),
)
"""Of files that are no tables: office documents, PDF, films."""
