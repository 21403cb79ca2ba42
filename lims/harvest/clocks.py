"""When a dataset was acquired: by the clock inside the file where it can be trusted, else by the file's own time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lims.model import Dataset
from lims.model.datasets import Clock

NEAR = timedelta(hours=36)
"""A day at the instrument and a night of copying: a time inside that is further off needs another witness."""
WITNESSES = ("instrument_name", "instrument_model")


@dataclass(frozen=True)
class InnerTime:
    """The time inside a file, UTC. has_zone: it said its own offset; otherwise the instrument's zone was assumed."""

    at: datetime
    has_zone: bool


@dataclass(frozen=True)
class Placing:
    """When a dataset was acquired, by which clock, and what there is to say about that."""

    at: datetime
    clock: Clock
    note: str = ""


def inner_time(dataset: Dataset, timezone: str, offset_s: float) -> InnerTime | None:
    """The acquisition time that the extractor found, None where there is none that can be read.

    offset_s: how far the instrument computer's clock is ahead.
    Of an hour that happened twice, the one nearer to the file's own time is meant.
    """
    value = dataset.normalised.get("start_time")
    try:
        found = datetime.fromisoformat(str(value.value)) if value and value.is_trusted else None
        if found is None:
            return None
        if found.tzinfo is not None:
            return InnerTime(found.astimezone(UTC) - timedelta(seconds=offset_s), True)
        zone = ZoneInfo(timezone)
        choices = [found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    except (ValueError, OverflowError):
        return None
    nearest = min(choices, key=lambda choice: abs(choice - dataset.modified))
    return InnerTime(nearest - timedelta(seconds=offset_s), False)


def place(dataset: Dataset, timezone: str, offset_s: float = 0.0, *, is_kin: bool = False) -> Placing:
    """Decide between the two clocks.

    is_kin: the session that held the instrument at the time inside has files of the very same instrument, so that a
    file whose own time is later (a copy made later) may be believed.
    """
    inner = inner_time(dataset, timezone, offset_s)
    if inner is None:
        return Placing(dataset.modified, "file", "there is no time inside the file")
    assumed = "" if inner.has_zone else f"the time inside has no zone; read as {timezone}"
    if abs(inner.at - dataset.modified) <= NEAR:
        return Placing(inner.at, "inner", assumed)
    distance = f"the time inside, {inner.at:%Y-%m-%d %H:%M} UTC, is {span(inner.at - dataset.modified)} the file's own"
    if inner.at > dataset.modified:
        return Placing(dataset.modified, "file", f"another instrument's clock: {distance}; not obeyed")
    if is_kin:
        copied = f"copied later: {distance}"
        return Placing(inner.at, "inner", f"{copied}; {assumed}" if assumed else copied)
    return Placing(dataset.modified, "file", f"another instrument's clock, or a late copy: {distance}; not obeyed")


def span(difference: timedelta) -> str:
    hours = abs(difference).total_seconds() / 3600
    amount = f"{hours / 24:,.0f} days" if hours >= 48 else f"{hours:.0f} hours"
    return f"{amount} {'after' if difference > timedelta(0) else 'before'}"


def may_be_late_copy(dataset: Dataset, inner: InnerTime | None) -> bool:
    return inner is not None and inner.at < dataset.modified - NEAR


def is_same_instrument(one: Dataset, other: Dataset) -> bool:
    """Both say which instrument made them, and say the same."""
    pairs = [(one.normalised.get(name), other.normalised.get(name)) for name in WITNESSES]
    told = [(a.value, b.value) for a, b in pairs if a is not None and b is not None]
    return bool(told) and all(a == b for a, b in told)


def is_foreign(one: Dataset) -> bool:
    """Whether the time inside was found and not obeyed."""
    return one.clock_note.endswith("not obeyed")


def clocks_in_words(datasets: list[Dataset]) -> str:
    """Which clock placed the files of a record."""
    inner = sum(one.clock == "inner" for one in datasets)
    flagged = sum(is_foreign(one) for one in datasets)
    parts = [
        f"{inner} by the time inside the file" if inner else "",
        f"{len(datasets) - inner} by the file's own time" if len(datasets) > inner else "",
        f"{flagged} with another instrument's clock inside, not obeyed" if flagged else "",
    ]
    return ", ".join(part for part in parts if part)
