"""When a dataset was acquired: by the clock inside the file where it can be trusted, else by the file's own time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lims.model import Dataset, Source
from lims.model.datasets import LATE, NOT_OBEYED, Clock

NEAR = timedelta(hours=36)
"""A day at the instrument and a night of copying: a time inside that is further off needs another witness."""


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


def own_time(dataset: Dataset, source: Source) -> datetime:
    """The file's own time, by a right clock."""
    return dataset.written - timedelta(seconds=source.file_offset_s)


def inner_time(dataset: Dataset, timezone: str, source: Source) -> InnerTime | None:
    """The acquisition time that the extractor found, by a right clock; None where there is none that can be read.

    Of an hour that happened twice, the one nearer to the file's own time is meant.
    """
    value = dataset.normalised.get("start_time")
    offset, written = timedelta(seconds=source.clock_offset_s), own_time(dataset, source)
    try:
        found = datetime.fromisoformat(str(value.value)) if value and value.is_trusted else None
        if found is None:
            return None
        if found.tzinfo is not None:
            return InnerTime(found.astimezone(UTC) - offset, True)
        zone = ZoneInfo(timezone)
        choices = [found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    except (ValueError, OverflowError):
        return None
    nearest = min(choices, key=lambda choice: abs(choice - offset - written))
    return InnerTime(nearest - offset, False)


def place(
    dataset: Dataset, timezone: str, source: Source, *, is_kin: bool = False, stranger: str = ""
) -> Placing:
    """Decide between the two clocks.

    is_kin: somebody had the instrument at the time inside, and most other files here are from the very same instrument,
    so that a file whose own time is later (a copy made later) may be believed.
    stranger: the name of another instrument that the file says it is from.
    """
    inner, written = inner_time(dataset, timezone, source), own_time(dataset, source)
    if inner is None:
        return Placing(written, "file", "there is no time inside the file")
    if stranger:
        said = f"it says that it is from {stranger}"
        return Placing(written, "file", f"another instrument's clock: {said}; {NOT_OBEYED}")
    assumed = "" if inner.has_zone else f"the time inside has no zone; read as {timezone}"
    if abs(inner.at - written) <= NEAR:
        return Placing(inner.at, "inner", assumed)
    distance = f"the time inside, {inner.at:%Y-%m-%d %H:%M} UTC, is {span(inner.at - written)} the file's own"
    if inner.at > written:
        return Placing(written, "file", f"another instrument's clock: {distance}; {NOT_OBEYED}")
    if is_kin:
        copied = f"copied later: {distance}"
        return Placing(inner.at, "inner", f"{copied}; {assumed}" if assumed else copied)
    return Placing(written, "file", f"another instrument's clock, {LATE}: {distance}; {NOT_OBEYED}")


def span(difference: timedelta) -> str:
    hours = abs(difference).total_seconds() / 3600
    amount = f"{hours / 24:,.0f} days" if hours >= 48 else f"{hours:.0f} hours"
    return f"{amount} {'after' if difference > timedelta(0) else 'before'}"


def may_be_late_copy(dataset: Dataset, source: Source, inner: InnerTime | None) -> bool:
    return inner is not None and inner.at < own_time(dataset, source) - NEAR


def is_foreign(one: Dataset) -> bool:
    """Whether the time inside was found and not obeyed."""
    return one.clock_note.endswith(NOT_OBEYED)


def clocks_in_words(datasets: list[Dataset]) -> str:
    """Which clock placed the files of a record."""
    inner = sum(one.clock == "inner" for one in datasets)
    flagged = sum(is_foreign(one) for one in datasets)
    parts = [
        f"{inner} by the time inside the file" if inner else "",
        f"{len(datasets) - inner} by the file's own time" if len(datasets) > inner else "",
        f"{flagged} with another instrument's clock inside, {NOT_OBEYED}" if flagged else "",
    ]
    return ", ".join(part for part in parts if part)
