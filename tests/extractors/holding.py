"""What a vendor's file says of six fields, found by searching all of its leaves for suitable names.

The search is broad, so that it also finds what no rule of ours knows. What has such a name and is something else is
named in Search.but. Zero, blank and "unknown" are nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.extractors.vendor_bytes import Leaf


@dataclass(frozen=True)
class Search:
    """names: found in the last key. but: found anywhere in the path, it is something else."""

    names: str
    but: str = "^$"

    def leaves(self, leaves: Sequence[Leaf]) -> Iterator[tuple[str, Any]]:
        for path, value in leaves:
            where = "/".join(path)
            if re.search(self.names, "/".join(path[-2:]), re.IGNORECASE) and not re.search(
                self.but, where, re.IGNORECASE
            ):
                yield where, value


LAST = r"(^|/)[^/]*"
SEARCHES = {
    "acceleration_voltage": Search(
        LAST + r"(volt[^/]*|\bhv|high tension|kv)$",
        "extract|drift tube|pmt|gun|manualkv",  # other electrodes; and what was asked for, not what was on
    ),
    "magnification": Search(
        LAST + r"(mag|magnification)$",
    ),
    "camera_length": Search(LAST + r"camera ?length$"),
    "pixel_size": Search(
        LAST + r"pixel ?(width|height|size)$|pixel_size$|pixelsize/(width|height)$|^delta[xy]$",
        "detectorpixel|ap_pixel_size|device/|frame/",  # counted; of another picture; of the camera itself
    ),
    "detector_name": Search(
        r"(device|detectors)/name$|session info/detector$|(detector|device|signal|camera) ?name(path)?$"
        r"|spectrometer/detector$|binaryresult/detector$|detector_channel$"
    ),
    "operator": Search(r"(^|/|_)(user|operator|user ?name|userid)$"),
    "start_time": Search(LAST + r"(date|time ?stamp|start time|epoch\)|\(os\)|creation|datetime)$", "processing"),
}
NOTHING = re.compile(r"|0|none|unknown|n/?a|do not edit|not available.*", re.IGNORECASE)
NUMBER = re.compile(r"([-+]?\d*\.?\d+(?:e[-+]?\d+)?)\s*(.*)", re.IGNORECASE | re.DOTALL)
FACTORS = {"kv": 1e3, "kx": 1e3, "k x": 1e3, "mx": 1e6, "pm": 1e-12, "nm": 1e-9, "um": 1e-6, "µm": 1e-6, "mm": 1e-3}
OTHER_UNITS = ("pixels", "1/nm", "ev", "s", "1/pixels", "1/µm", "mrad", "a.u.", "channel", "none")
"""A pixel that is no length on the specimen."""
NUMBERS = ("acceleration_voltage", "magnification", "camera_length", "pixel_size")


def holdings(leaves: Sequence[Leaf]) -> dict[str, dict[str, Any]]:
    """{field: {where: what}} of all that is held: numbers in SI, texts, sets of the moments that a text may mean."""
    found: dict[str, dict[str, Any]] = {}
    for field, search in SEARCHES.items():
        for where, value in search.leaves(leaves):
            held = what(field, where, value, leaves)
            if held:
                found.setdefault(field, {})[where] = held
    return found


def what(field: str, where: str, value: Any, leaves: Sequence[Leaf]) -> Any:
    if field == "start_time":
        return moments(where, value, leaves)
    if field in NUMBERS:
        return number(where, value)
    words = str(value).strip()
    return None if NOTHING.fullmatch(words) else words


def number(where: str, value: Any) -> float | None:
    """In SI by the unit behind it; DigitalMicrograph's camera lengths are in millimetres, its pixels in their unit."""
    parsed = NUMBER.fullmatch(str(value).strip()) if not isinstance(value, list) else None
    if parsed is None:
        return None
    if parsed[2].strip().lower() in OTHER_UNITS:
        return None
    factor = 1e-3 if "STEM Camera Length" in where else FACTORS.get(parsed[2].strip().lower(), 1.0)
    size = float(parsed[1]) * factor
    is_reciprocal = size > LARGEST_PIXEL_M and bool(re.search("pixel|delta", where, re.IGNORECASE))
    return None if size <= 0 or is_reciprocal else size


LARGEST_PIXEL_M = 0.01
FORMS = ("%a %b %d %H:%M:%S %Y", "%d.%m.%Y %H:%M:%S")
DAYS = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d %b %Y", "%Y-%m-%d")
HOURS = ("%H:%M:%S", "%I:%M:%S %p")


def moments(where: str, value: Any, leaves: Sequence[Leaf]) -> set[datetime]:
    """All that a clock's text or number may mean. A date takes its time of day from the key beside it."""
    number = NUMBER.fullmatch(str(value).strip())
    if number and not number[2]:
        return set(from_number(float(number[1])))
    words = str(value).strip()
    times = [str(time).strip() for time in beside(where, {"/".join(path): value for path, value in leaves})]
    texts = [words, *(f"{words} {time}" for time in times)]
    forms = [*FORMS, *(f"{day} {hour}" for day in DAYS for hour in HOURS)]
    return {moment for text in texts for form in forms if (moment := parsed(text, form))}


def beside(where: str, by_path: Mapping[str, Any]) -> Iterator[Any]:
    stem = re.sub("date$", "", where, flags=re.IGNORECASE)
    for key in (stem + "Time", stem + "time", stem + "Start time"):
        if key in by_path:
            yield by_path[key]


def from_number(number: float) -> Iterator[datetime]:
    """Seconds, milliseconds or microseconds since 1970, or 100 ns since 1601."""
    now = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
    for seconds in (number, number / 1e3, number / 1e6, number / 1e7 - 11_644_473_600):
        if 1e8 < seconds < now:
            yield datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def is_same_clock(one: datetime, other: datetime) -> bool:
    """The same moment, or one seen in another time zone."""
    apart = abs(one - other)
    rest = apart % timedelta(minutes=15)
    return apart < timedelta(hours=14) and min(rest, timedelta(minutes=15) - rest) < timedelta(seconds=2)
