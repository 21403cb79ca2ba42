"""What people type for a time, read in the instrument's time zone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lims.errors import Invalid

TOLERANCE = timedelta(minutes=5)
"""How far a clock may be ahead of ours before a time counts as in the future."""
EXAMPLES = "Write it like 18:30 (today), 2018-11-13 18:30, or with its offset: 2018-11-13T18:30-05:00."


def moment_of(said: str | datetime, timezone: str, now: datetime | None = None) -> datetime:
    """A time as said, in UTC.

    said: with an offset it means just that; without one it is the clock on the wall where `timezone` holds; an hour
    and minute alone are today's.
    Raises Invalid where it is no time, where the clock was put back (twice that time) or forward (never), or where in
    UTC it lies outside of the calendar.
    """
    found = said if isinstance(said, datetime) else parsed(said.strip(), timezone, now or datetime.now(UTC))
    try:
        return found.astimezone(UTC) if found.tzinfo else on_the_wall(found, timezone)
    except OverflowError as error:
        raise Invalid(f"{found.isoformat(' ')} lies outside of the calendar.", hint=EXAMPLES) from error


def parsed(text: str, timezone: str, now: datetime) -> datetime:
    hour = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text)
    try:
        if hour:
            today = now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None, microsecond=0)
            return today.replace(hour=int(hour[1]), minute=int(hour[2]), second=int(hour[3] or 0))
        if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
            raise ValueError("a day is not a time")
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is not a time.", hint=EXAMPLES) from error


def on_the_wall(wall: datetime, timezone: str) -> datetime:
    """A time without offset, as UTC. Raises Invalid where the wall clock showed it twice or never."""
    zone = ZoneInfo(timezone)
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(UTC)
    if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall:
        choices = " or ".join(choice.isoformat(timespec="minutes") for choice in (early, late))
        raise Invalid(
            f"{wall:%Y-%m-%d %H:%M} happened twice in {timezone}: the clock was put back.", hint=f"Write {choices}."
        )
    raise Invalid(
        f"{wall:%Y-%m-%d %H:%M} never happened in {timezone}: the clock was put forward.",
        hint="Write the time with its offset, such as +00:00 for UTC.",
    )


def shown(moment: datetime, timezone: str) -> str:
    """A time for a sentence: as the instrument's wall clock shows it, with its zone."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M:%S} ({timezone})"


def check_not_future(moment: datetime, timezone: str, now: datetime) -> None:
    if moment > now + TOLERANCE:
        raise Invalid(
            f"{shown(moment, timezone)} is still to come.",
            hint=f"There it is now {shown(now, timezone)}; for yesterday write the date, for another zone the offset.",
        )
