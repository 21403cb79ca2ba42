"""Days and moments as people type them, UTC: each is a half-open window."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from lims.catalog.search.grammar import BadQuery

Window = tuple[datetime, datetime]
EXAMPLES = "2018, 2018-11, 2018-11-13, 2018-11-13T17:30, nov 2018, yesterday, last monday, this week or 7d (ago)"
_YEAR = re.compile(r"(\d{4})")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_AGO = re.compile(r"(\d{1,5})(h|d|w)")
_IN_WORDS = re.compile(r"(\d{1,5}) (hour|day|week|month|year)s? ago")
_NAMED_MONTH = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th|\.)? )?([a-z]{3,9})\.?(?: (\d{4}))?")
_SPAN = re.compile(r"(this|last|past|previous) (week|month|year)")
_WEEKDAY = re.compile(r"(?:(?:this|last|past) )?([a-z]{3,9})")
_DAYS = {"today": 0, "yesterday": 1}
_HOURS = {"h": 1, "d": 24, "w": 168, "hour": 1, "day": 24, "week": 168}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip


def window_of(text: str, *, at: int, now: datetime) -> Window:
    """The window that a time as people write it names: see EXAMPLES.

    A moment is a window of one second, or of one minute where no seconds are given; how long ago is until now. A week
    begins on Monday; a weekday is the last one before today, a month without a year the last one that has begun.
    """
    try:
        return _window(" ".join(text.split()).lower(), now)
    except (ValueError, OverflowError) as error:
        raise BadQuery(f"{text!r} is not a time", at, hint=f"Write it like {EXAMPLES}.") from error


def _window(text: str, now: datetime) -> Window:
    if text in _DAYS:
        return _days(now.date() - timedelta(_DAYS[text]), 1)
    if found := _AGO.fullmatch(text):
        return now - timedelta(hours=int(found[1]) * _HOURS[found[2]]), now
    if found := _YEAR.fullmatch(text):
        return _year(int(found[1]))
    if found := _MONTH.fullmatch(text):
        return _month(int(found[1]), int(found[2]))
    if found := _DAY.fullmatch(text):
        return _days(date(*map(int, found.groups())), 1)
    return _in_words(text, now) or _moment(text)


def _in_words(text: str, now: datetime) -> Window | None:
    today = now.date()
    if found := _IN_WORDS.fullmatch(text):
        return _ago(int(found[1]), found[2], now), now
    if found := _SPAN.fullmatch(text):
        return _span(found[2], 0 if found[1] == "this" else 1, today)
    if (found := _WEEKDAY.fullmatch(text)) and (weekday := _number_of(found[1], _WEEKDAYS)) is not None:
        return _days(today - timedelta((today.weekday() - weekday - 1) % 7 + 1), 1)
    if (found := _NAMED_MONTH.fullmatch(text)) and (number := _number_of(found[2], _MONTHS)) is not None:
        first = date(int(found[3]) if found[3] else today.year, number + 1, int(found[1] or 1))
        if not found[3] and first > today:
            first = first.replace(year=today.year - 1)
        return _days(first, 1) if found[1] else _month(first.year, first.month)
    return None


def _number_of(word: str, names: tuple[str, ...]) -> int | None:
    """Where a name stands, of which at least three letters were written."""
    return next((number for number, name in enumerate(names) if name.startswith(word)), None)


def _ago(count: int, unit: str, now: datetime) -> datetime:
    if unit in _HOURS:
        return now - timedelta(hours=count * _HOURS[unit])
    year, month = divmod(now.year * 12 + now.month - 1 - count * (12 if unit == "year" else 1), 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def _span(unit: str, back: int, today: date) -> Window:
    """This calendar week, month or year, or the one before."""
    if unit == "week":
        return _days(today - timedelta(today.weekday() + 7 * back), 7)
    if unit == "year":
        return _year(today.year - back)
    year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
    return _month(year, month + 1)


def _year(year: int) -> Window:
    first = date(year, 1, 1)
    return _days(first, (date(year + 1, 1, 1) - first).days)


def _month(year: int, month: int) -> Window:
    return _days(date(year, month, 1), monthrange(year, month)[1])


def _moment(text: str) -> Window:
    moment = datetime.fromisoformat(text.upper())
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment + (timedelta(seconds=1) if text.count(":") > 1 else timedelta(minutes=1))


def _days(first: date, count: int) -> Window:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return start, start + timedelta(days=count)
