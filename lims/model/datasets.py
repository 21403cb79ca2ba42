import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

DatasetStatus = Literal["registered", "extracted", "failed", "missing"]
StepState = Literal["pending", "running", "done", "failed", "skipped"]
StepName = Literal["register", "hash", "extract", "preview", "attach"]
Clock = Literal["file", "inner"]
Origin = Literal["file", "facility", "person"]

NOT_OBEYED = "not obeyed"
"""Ends the clock's note of a file whose time inside was found and is not taken for its own."""
LATE = "or a late copy"
"""In the clock's note of a file that may be one, and has no witness yet."""

SELDOM = {"seldom": True}
"""Of a field that nearly always has its default: it is kept only where it has not."""


@dataclass(frozen=True)
class Axis:
    """One axis of a signal, in the signal's own order. scale and offset in `unit` per index."""

    name: str
    size: int
    scale: float
    offset: float
    unit: str
    is_navigation: bool = False


@dataclass(frozen=True)
class Signal:
    """One array in a file. shape: as numpy has it (slowest axis first); axes in the same order."""

    title: str
    signal_type: str
    shape: tuple[int, ...]
    dtype: str
    axes: tuple[Axis, ...]


@dataclass(frozen=True)
class OtherValue:
    """What another place says of the same field, and was not chosen."""

    value: Any
    unit: str = ""
    source: str = ""
    text: str = ""


@dataclass(frozen=True)
class Value:
    """One normalised value: SI `value` and `unit` ("" for text), the vendor path it came from, the original text.

    origin: who says it; of a facility's or a person's value the source is their name, and what the file says is
    among the others. others: what contradicts it. note: why this one was chosen, or why it is not to be trusted.
    """

    value: Any
    unit: str = ""
    source: str = ""
    text: str = ""
    origin: Origin = field(default="file", metadata=SELDOM)
    is_trusted: bool = field(default=True, metadata=SELDOM)
    note: str = field(default="", metadata=SELDOM)
    others: tuple[OtherValue, ...] = field(default=(), metadata=SELDOM)

    @property
    def plain(self) -> OtherValue:
        return OtherValue(self.value, self.unit, self.source, self.text)


@dataclass(frozen=True)
class Extraction:
    """What an extractor says of a file. metadata: the vendor's tree, unaltered, JSON-able."""

    format: str
    extractor: str
    extractor_version: str
    signals: tuple[Signal, ...] = ()
    normalised: dict[str, Value] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """The state of one harvest step of one dataset; a failed one says why and with which version it failed."""

    dataset: str
    step: StepName
    state: StepState
    attempt: int = 0
    reason: str = ""
    version: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Dataset:
    """One file, or one file plus its companions, in a store.

    key: the main file's key in the store; companions: the other keys. bytes: of all of them.
    sha256: of the main file, companions_sha256: of each companion, in their order; None and () until streamed.
    companions_state: another text when the size or time of any companion is another; "" without companions.
    modified: the main file's mtime. acquired: the time inside the file where it is trusted, else `modified`;
    clock says which of the two. signals: what can be opened in it.
    blank: why there is nothing to see ("99.9 % zero"), "" where there is. preview_size: (width, height) pixels.
    content_hash: of what a derived file says, without its volatile fields (findable twice though its bytes differ).
    home_note: why it is in its session, or in none, where that is not by its time alone.
    content_since: the earliest time that its files had while they said what they say now, where that is not `modified`.
    copy_of: the dataset that has the same content in another place, and stands for both; None of one that stands alone.
    project: of what was brought in, which project somebody brought it into; its session may be of another.
    """

    id: str
    kind: Literal["raw", "derived"]
    store: str
    key: str
    bytes: int
    modified: datetime
    companions: tuple[str, ...] = ()
    companions_state: str = ""
    sha256: str | None = None
    companions_sha256: tuple[str, ...] = ()
    status: DatasetStatus = "registered"
    format: str = ""
    signals: tuple[Signal, ...] = ()
    normalised: dict[str, Value] = field(default_factory=dict)
    acquired: datetime | None = None
    clock: Clock = "file"
    clock_note: str = ""
    instrument: str | None = None
    session: str | None = None
    activity: str | None = None
    owner: str | None = None
    blank: str = ""
    preview_size: tuple[int, int] | None = None
    content_hash: str | None = None
    version: int = 1
    home_note: str = ""
    content_since: datetime | None = None
    copy_of: str | None = None
    project: str | None = None

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def is_tree(self) -> bool:
        """Whether its key is a folder's (.zspy), so that all its bytes are in its companions."""
        return any(key.startswith(self.key + "/") for key in self.companions)

    @property
    def written(self) -> datetime:
        """The file's own time: that of its content, however often it was copied or touched since."""
        return self.content_since or self.modified


def tree_sha256(files: Iterable[tuple[str, str]]) -> str:
    """The SHA-256 of a folder that is one dataset: of a line `CHECKSUM  /NAME` for each file in it, by name.

    files: (name relative to the folder, with `/` between its parts; its SHA-256, hexadecimal).
    """
    listed = "".join(f"{sha256}  /{name}\n" for name, sha256 in files)
    return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True)
class FormerVersion:
    """What lay under a dataset's name before other bytes did. replaced: when that was noticed."""

    dataset: str
    version: int
    store: str
    key: str
    bytes: int
    modified: datetime
    replaced: datetime
    companions: tuple[str, ...] = ()
    sha256: str | None = None
    companions_sha256: tuple[str, ...] = ()
    format: str = ""
    signals: tuple[Signal, ...] = ()
    normalised: dict[str, Value] = field(default_factory=dict)
    acquired: datetime | None = None


@dataclass(frozen=True)
class Spread:
    """How one normalised value differs between the files of an activity.

    values: how many different ones. lowest, highest: of numbers, in `unit`; of texts None, and examples are some.
    """

    values: int
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Activity:
    """Datasets of one session acquired close together in time. setup: what they share; varies: what differs.

    reason: why it begins where it does.
    """

    id: str
    session: str
    number: int
    start: datetime
    end: datetime
    datasets: tuple[str, ...]
    setup: dict[str, Value] = field(default_factory=dict)
    varies: dict[str, Spread] = field(default_factory=dict)
    reason: str = ""
