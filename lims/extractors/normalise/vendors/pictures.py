"""Photographs and exported pictures: EXIF, and the text chunks of PNG."""

from typing import Any

from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import from_iso, from_words
from lims.model import Value

CREATION_TIMES = ("%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %Z", "%a %d %b %Y %H:%M:%S", "%Y:%m:%d %H:%M:%S")
RULES = (
    Rule("title", "Exif/ImageDescription"),
    Rule("title", "Title"),
    Rule("title", "IPTC/Headline"),
    Rule("operator", "Exif/Artist"),
    Rule("operator", "Author"),
    Rule("operator", "IPTC/By-line"),
    Rule("instrument_vendor", "Exif/Make"),
    Rule("instrument_model", "Exif/Model"),
    Rule("exposure_time", "Exif/ExposureTime", "s"),
    Rule("start_time", "Creation Time", read=lambda text: from_iso(text) or from_words(text, CREATION_TIMES)),
)
TIMES = (("DateTimeOriginal", "OffsetTimeOriginal"), ("DateTimeDigitized", "OffsetTimeDigitized"))
"""When it was taken. What EXIF calls DateTime is when the file was last changed."""


def picture(tree: dict[str, Any]) -> dict[str, Value]:
    found = apply(RULES, tree)
    exif = tree.get("Exif") or {}
    taken = next((pair for pair in TIMES if exif.get(pair[0])), None)
    if taken is None:
        return found
    offset = str(exif.get(taken[1]) or exif.get("OffsetTime") or "").strip()
    local = from_words(str(exif[taken[0]]).strip("\0 "), ("%Y:%m:%d %H:%M:%S",))
    start = from_iso(local + offset) or local if local else None
    source, text = f"Exif.{taken[0]}", f"{exif[taken[0]]} {offset}".strip()
    return found | ({"start_time": Value(start, "", source, text)} if start else {})
