"""Files that somebody has brought in from elsewhere: they are their owner's, lie on no instrument's ground, and their
own times are those of an old project, or of the day it was copied.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lims.harvest.clocks import NEAR, InnerTime, inner_time, span
from lims.harvest.scope import NOBODYS, Ground
from lims.model import Dataset, Instrument, Source
from lims.model.datasets import NOT_OBEYED

EARLIEST = datetime(1981, 1, 1, tzinfo=UTC)
"""An earlier time is none: a zip's first day, for want of another, is in 1980, and a Unix's in 1970."""
ONE_COPY = timedelta(minutes=1)
PLAIN = Source("", "")
"""Nobody knows whether the clock that wrote it was right."""


def is_brought(one: Dataset) -> bool:
    return one.kind == "raw" and one.owner is not None


def brought_ground(
    store: str, folder: str, owner: str, instrument: Instrument | None, elsewhere: tuple[str, ...] = ()
) -> Ground:
    """Where somebody's files lie. elsewhere: prefixes below it that are instruments' own."""
    return Ground(instrument or NOBODYS, Source(store, folder), f"{folder}/", elsewhere, owner)


def own_times_are_real(datasets: Sequence[Dataset], zone_of: Callable[[Dataset], str]) -> bool:
    """Whether the files' own times tell when they were made, and not when they were copied.

    Not where all lie within a minute, nor where most files that know better from inside contradict theirs.
    """
    if are_of_one_copy([one.modified for one in datasets]):
        return False
    told = [(one, inner_time(one, zone_of(one), PLAIN)) for one in datasets]
    near = [abs(inner.at - one.modified) <= NEAR for one, inner in told if inner is not None]
    return 2 * sum(near) >= len(near)


def are_of_one_copy(times: Iterable[datetime]) -> bool:
    """Whether times of files all lie together, so that they say nothing; also where there are none to speak of."""
    plausible = [one for one in times if is_plausible(one)]
    return not plausible or max(plausible) - min(plausible) <= ONE_COPY


def placed(one: Dataset, timezone: str, *, is_real: bool) -> Dataset:
    """With the time it was acquired at, None where nobody knows. is_real: whether its own time is to be believed.

    A time inside that is older than the file's own is believed: everything here was copied later.
    """
    inner = inner_time(one, timezone, PLAIN)
    own = one.modified if is_real and is_plausible(one.modified) else None
    if inner is None or not is_plausible(inner.at):
        said = "there is no time inside the file" if inner is None else f"the time inside, {inner.at}, cannot be"
        note = said if own else f"{said}, and its own time is that of a copy"
        return replace(one, acquired=own, clock="file", clock_note=note)
    if own and inner.at > own + NEAR:
        note = f"another instrument's clock: the time inside is {span(inner.at - own)} the file's own; {NOT_OBEYED}"
        return replace(one, acquired=own, clock="file", clock_note=note)
    return replace(one, acquired=inner.at, clock="inner", clock_note=note_of(one, inner, timezone))


def note_of(one: Dataset, inner: InnerTime, timezone: str) -> str:
    is_late = abs(inner.at - one.modified) > NEAR
    parts = (
        "copied later" if is_late else "",
        "" if inner.has_zone else f"the time inside has no zone; read as {timezone}",
    )
    return "; ".join(part for part in parts if part)


def moment_of_brought(one: Dataset, timezone: str) -> datetime | None:
    """When it was acquired, as it was placed, or as a person has corrected it since."""
    value = one.normalised.get("start_time")
    is_asked = one.clock == "inner" or (value is not None and value.origin == "person")
    inner = inner_time(one, timezone, PLAIN) if is_asked else None
    return inner.at if inner else one.acquired


def is_plausible(moment: datetime) -> bool:
    return EARLIEST <= moment <= datetime.now(UTC)
