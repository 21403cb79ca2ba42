"""What a pass looks at: which instruments' files, where, and which of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from lims.harvest.ignoring import matcher
from lims.model import Dataset, Instrument, Source

NOBODYS = Instrument("", "", "UTC", ())
"""Of files that were brought in, until their instrument is known."""


@dataclass(frozen=True)
class Ground:
    """One source of one instrument. prefix: with `/` at its end, or "". elsewhere: deeper prefixes, not its own.

    owner: of files that somebody has brought in, whose they are; then the instrument may be NOBODYS.
    """

    instrument: Instrument
    source: Source
    prefix: str
    elsewhere: tuple[str, ...] = ()
    owner: str | None = None

    @property
    def store(self) -> str:
        return self.source.store

    def holds(self, key: str) -> bool:
        return key.startswith(self.prefix) and not key.startswith(self.elsewhere)

    @cached_property
    def is_left_out(self) -> Callable[[str], bool]:
        """Whether the site's patterns leave out a path below the prefix."""
        return matcher(self.source.ignore)

    def ignores(self, key: str) -> bool:
        return bool(self.source.ignore) and self.is_left_out(key.removeprefix(self.prefix))

    def is_valid_at(self, moment: datetime) -> bool:
        """A PC that served another microscope before leaves its old files to that one."""
        begin, end = self.source.valid_from, self.source.valid_to
        return (begin is None or moment >= begin) and (end is None or moment < end)

    def is_of(self, instrument: str, start: datetime, end: datetime | None) -> bool:
        """Whether it was this instrument's at any time in between."""
        begin, until = self.source.valid_from, self.source.valid_to
        overlaps = (until is None or start < until) and (begin is None or end is None or begin < end)
        return self.instrument.id == instrument and overlaps


@dataclass(frozen=True)
class Scope:
    """since: files whose own time is earlier are left for another pass. under: only keys at or below this one.

    most: read at most so many new files. is_asked: a person wants it now, so what failed to open before is tried again,
    and neither companions nor the next of several pauses are waited for.
    with_derived: also what lies on no ground (results, files that were brought in) and, because the process was
    killed, was never read.
    """

    grounds: tuple[Ground, ...]
    since: datetime | None = None
    under: str | None = None
    most: int | None = None
    is_asked: bool = False
    with_derived: bool = False

    @property
    def instruments(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ground.instrument.id for ground in self.grounds if ground.owner is None))

    def has_brought(self, one: Dataset) -> bool:
        """Whether this file, which somebody has brought in, lies here."""
        return any(ground.owner and ground.store == one.store and ground.holds(one.key) for ground in self.grounds)

    def is_under(self, key: str) -> bool:
        return not self.under or key == self.under or key.startswith(self.under.rstrip("/") + "/")

    def is_recent(self, modified: datetime) -> bool:
        return self.since is None or modified >= self.since


def folder_of(prefix: str) -> str:
    """`Titan` must not hold the files of `Titan2`."""
    return prefix if not prefix or prefix.endswith("/") else prefix + "/"


def grounds_of(instruments: Iterable[Instrument]) -> list[Ground]:
    """Every source of every instrument; where one lies inside another, the deeper one has its files."""
    listed = [(one, source, folder_of(source.prefix)) for one in instruments for source in one.sources]
    return [Ground(one, source, prefix, deeper(listed, source, prefix)) for one, source, prefix in listed]


def deeper(listed: Sequence[tuple[Instrument, Source, str]], source: Source, prefix: str) -> tuple[str, ...]:
    return tuple(
        sorted({inner for _, other, inner in listed if other.store == source.store and inner != prefix and
                inner.startswith(prefix)})
    )
