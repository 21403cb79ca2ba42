"""Times as vendors write them, to ISO 8601: with an offset where the file knows its zone, else local and naive."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

FILETIME_EPOCH_S = 11_644_473_600
EARLIEST, LATEST = datetime(1975, 1, 1), datetime(2100, 1, 1)

DATES_DAY_FIRST = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%Y-%m-%d", "%Y/%m/%d")
DATES_MONTH_FIRST = ("%m/%d/%Y", *DATES_DAY_FIRST)
TIMES = ("%H:%M:%S", "%H:%M:%S.%f", "%I:%M:%S %p", "%H:%M", "%I:%M %p")


def from_epoch(seconds: Any) -> str | None:
    """Seconds since 1970, UTC."""
    number = float(seconds)
    if not 0 < number < 4e9:
        return None
    return plausible(datetime.fromtimestamp(number, UTC))


def from_epoch_ms(milliseconds: Any) -> str | None:
    return from_epoch(float(milliseconds) / 1000)


def from_filetime(ticks: Any) -> str | None:
    """Windows FILETIME: 100 ns since 1601, UTC."""
    since_1970 = timedelta(microseconds=int(ticks) // 10) - timedelta(seconds=FILETIME_EPOCH_S)
    return plausible(datetime.fromtimestamp(0, UTC) + since_1970)


def from_serial(days: Any) -> str | None:
    """Days since 30 December 1899, as spreadsheets and Windows' OLE count them; local."""
    return plausible(datetime(1899, 12, 30) + timedelta(milliseconds=round(float(days) * 86_400_000)))


def from_iso(text: Any) -> str | None:
    """ISO 8601 with more or fewer digits of a second than Python takes; an offset is kept."""
    words = re.sub(r"(\.\d{6})\d+", r"\1", str(text).strip())
    try:
        return plausible(datetime.fromisoformat(words))
    except ValueError:
        return None


def from_words(text: Any, formats: Sequence[str] = ("%a %b %d %H:%M:%S %Y", "%Y:%m:%d %H:%M:%S")) -> str | None:
    for form in formats:
        try:
            return plausible(datetime.strptime(str(text).strip(), form))
        except ValueError:
            continue
    return None


def from_date_and_time(date: Any, time: Any, dates: Sequence[str]) -> str | None:
    """A date and a time of day in two texts. Which of day and month stands first is the caller's knowledge."""
    clock = re.sub(r"([ap])\.?\s?m\.?", r"\1m", str(time).strip().lower())
    clock = re.sub(r"(\.\d{6})\d+", r"\1", clock)
    return from_words(f"{str(date).strip()} {clock}", [f"{day} {hour}" for day in dates for hour in TIMES])


def from_day_first(text: Any) -> str | None:
    """A date, day first, a blank, and a time of day."""
    date, _, time = " ".join(str(text).split()).partition(" ")
    return from_date_and_time(date, time, DATES_DAY_FIRST)


def from_month_first(text: Any) -> str | None:
    date, _, time = " ".join(str(text).split()).partition(" ")
    return from_date_and_time(date, time, DATES_MONTH_FIRST)


def day_first(date: Any, time: Any) -> str | None:
    """Of a date and a time of day in two texts."""
    return from_date_and_time(date, time, DATES_DAY_FIRST)


def month_first(date: Any, time: Any) -> str | None:
    return from_date_and_time(date, time, DATES_MONTH_FIRST)


def zoned(local: str, utc: str) -> str | None:
    """A local time with the offset that a UTC clock beside it proves; None where they do not belong together."""
    here, there = datetime.fromisoformat(local), datetime.fromisoformat(utc).replace(tzinfo=None)
    quarters = round((here - there) / timedelta(minutes=15))
    offset = timedelta(minutes=15 * quarters)
    if abs(here - there - offset) > timedelta(minutes=2) or abs(offset) > timedelta(hours=14):
        return None
    return here.replace(tzinfo=timezone(offset)).isoformat()


def plausible(moment: datetime) -> str | None:
    """ISO 8601, None for a time before there were such files or long after us: an empty field."""
    return moment.isoformat() if EARLIEST < moment.replace(tzinfo=None) < LATEST else None
