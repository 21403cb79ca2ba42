"""Days and moments as people type them, UTC: each is a half-open window."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from lims.catalog.search.grammar import BadQuery

Window = tuple[datetime, datetime]
_YEAR = re.compile(r"(\d{4})")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_AGO = re.compile(r"(\d{1,5})(h|d|w)")
_DAYS = {"today": 0, "yesterday": 1}
_HOURS = {"h": 1, "d": 24, "w": 168}


def window_of(text: str, *, at: int, now: datetime) -> Window:
    """The window that "2018", "2018-11", "2018-11-13", "2018-11-13T17:30", "today" or "7d" (ago) names.

    A moment is a window of one second, or of one minute where no seconds are given.
    """
    try:
        return _window(text.strip(), now)
    except (ValueError, OverflowError) as error:
        raise BadQuery(
            f"{text!r} is not a time", at, hint="Write it like 2018, 2018-11, 2018-11-13, 2018-11-13T17:30 or 7d."
        ) from error


def _window(text: str, now: datetime) -> Window:
    if text.lower() in _DAYS:
        return _days(now.date() - timedelta(_DAYS[text.lower()]), 1)
    if found := _AGO.fullmatch(text):
        return now - timedelta(hours=int(found[1]) * _HOURS[found[2]]), now
    if found := _YEAR.fullmatch(text):
        first = date(int(found[1]), 1, 1)
        return _days(first, (date(first.year + 1, 1, 1) - first).days)
    if found := _MONTH.fullmatch(text):
        first = date(int(found[1]), int(found[2]), 1)
        return _days(first, monthrange(first.year, first.month)[1])
    if found := _DAY.fullmatch(text):
        return _days(date(*map(int, found.groups())), 1)
    return _moment(text)


def _moment(text: str) -> Window:
    moment = datetime.fromisoformat(text)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment + (timedelta(seconds=1) if text.count(":") > 1 else timedelta(minutes=1))


def _days(first: date, count: int) -> Window:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return start, start + timedelta(days=count)
