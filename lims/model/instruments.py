from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Belonging = Literal["inclusive", "strict"]


@dataclass(frozen=True)
class Source:
    """Where an instrument's files land: `prefix` in `store`. Several PCs may write for one microscope.

    clock_offset_s: how far the computer's clock, which the times inside files are of, is ahead. file_offset_s: how far
    the files' own times are; 0 where the store's server stamps them.
    valid_from, valid_to: the half-open time in which this source belongs to the instrument.
    user_folder: where below the prefix people have folders of their own, such as "Users/{user}"; "" where they do not.
    ignore: patterns, as in a .gitignore in that folder, of files that are never registered.
    """

    store: str
    prefix: str
    hosts: tuple[str, ...] = ()
    clock_offset_s: float = 0.0
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    user_folder: str = ""
    file_offset_s: float = 0.0
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rhythm:
    """What separates activities. factor: of the interquartile range of pauses beyond Q3, and of Q3 itself.

    shortest_s: no shorter pause separates. lone_s: the pause that separates where there are too few files for a rhythm.
    """

    factor: float = 1.5
    shortest_s: float = 120.0
    lone_s: float = 1800.0


@dataclass(frozen=True)
class Correction:
    """What a facility knows better than an instrument's files, of one field of the normalised vocabulary.

    A number becomes number × factor + offset, in SI; value, where given, replaces what the file says; without trust
    the field stays and is marked. source: only what came from such a vendor path (* and ? as in file names).
    valid_from, valid_to: half-open; of files acquired then. note: why, for the people who see it.
    """

    field: str
    note: str
    factor: float = 1.0
    offset: float = 0.0
    value: float | str | None = None
    is_trusted: bool = True
    source: str = "*"
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True)
class Instrument:
    """timezone: IANA name, of the instrument's own clock and of every time shown beside it.

    belonging: `inclusive`: a file belongs to whoever had the instrument when it was acquired; `strict`: only if it also
    lies in a folder of theirs. overlapping: several sessions at the same time may be logged (several stations).
    grace_s: a file saved so long after a session's end still belongs to it.
    """

    id: str
    name: str
    timezone: str
    sources: tuple[Source, ...]
    location: str = ""
    corrections: tuple[Correction, ...] = ()
    belonging: Belonging = "inclusive"
    overlapping: bool = False
    grace_s: float = 0.0
    rhythm: Rhythm = Rhythm()


@dataclass(frozen=True)
class Person:
    """id: the login name."""

    id: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Project:
    """id: the code people write on the box, e.g. AM-12."""

    id: str
    title: str = ""


@dataclass(frozen=True)
class Sample:
    """id: the label on the sample, e.g. 17-4-500C."""

    id: str
    title: str = ""
    project: str | None = None


@dataclass(frozen=True)
class Collection:
    """A node of a tree into which datasets and records are linked, never moved. members: their ids."""

    id: str
    title: str
    owner: str
    parent: str | None = None
    members: tuple[str, ...] = field(default=())
