"""What came of one file, and how it travels from the child that read it."""

import dataclasses
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from lims.model import Axis, Extraction, OtherValue, Signal, Value


@dataclass(frozen=True)
class Limits:
    """What one file may cost. data_bytes: private memory (RLIMIT_DATA); rss_bytes: watched, with mapped files.

    asks_kernel: whether the kernel, too, shall keep the reader to its dataset; without, it is as where it cannot.
    """

    data_bytes: int = 2 << 30
    rss_bytes: int = 3 << 30
    cpu_s: int = 30
    wall_s: float = 60.0
    asks_kernel: bool = True


@dataclass(frozen=True)
class PreviewTarget:
    """Where the two pictures go, written whole or not at all; the suffix says the format (.webp, .png)."""

    large: Path
    thumb: Path | None = None

    @property
    def pictures(self) -> tuple[Path, ...]:
        return (self.large, self.thumb) if self.thumb else (self.large,)


@dataclass(frozen=True)
class Job:
    """One dataset to be read, and where its pictures go."""

    path: Path
    companions: tuple[Path, ...] = ()
    preview: PreviewTarget | None = None


Step = Literal["extract", "preview"]


@dataclass(frozen=True)
class StepFailure:
    """A step that failed, why, and with which version of which extractor, so that a newer one tries again.

    errno: of what the system refused, where that was the reason; a full disk is not the file's fault.
    """

    step: Step
    reason: str
    version: str
    errno: int | None = None


@dataclass(frozen=True)
class Cost:
    """What a child needed. rss_bytes: the most at one time, with files before it and pages shared with its parent.

    answer_bytes: how much it had to tell, where the pool has read it.
    """

    cpu_s: float
    rss_bytes: int
    answer_bytes: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of one file.

    blank: why there is nothing to see ("99.9 % zero"), and then there is no picture.
    preview_size: (width, height) of the large picture in pixels.
    cost: of the file, or of its child where that has died; known where it was read in one.
    """

    extraction: Extraction | None
    failed: tuple[StepFailure, ...] = ()
    preview_size: tuple[int, int] | None = None
    blank: str = ""
    cost: Cost | None = None


LENGTH = struct.Struct("!Q")
LARGEST_ANSWER = 256 << 20


def written(answer: bytes, to: BinaryIO) -> None:
    """An outcome as JSON, behind its length."""
    to.write(LENGTH.pack(len(answer)) + answer)
    to.flush()


def answers_in(file: BinaryIO) -> Iterator[bytes]:
    """What was `written`: until there is no more, or one was cut off in the middle or is more than anybody reads."""
    while len(size := file.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(size)
        if length > LARGEST_ANSWER or len(answer := file.read(length)) < length:
            return
        yield answer


def to_json(outcome: Outcome) -> bytes:
    return json.dumps(outcome, default=shallow, allow_nan=False).encode()


def shallow(thing: Any) -> dict[str, Any]:
    """A dataclass as a dictionary; dataclasses.asdict would copy the vendor's whole tree first."""
    return {one.name: getattr(thing, one.name) for one in dataclasses.fields(thing)}


def from_json(document: bytes) -> Outcome:
    """The inverse of to_json. JSON and not pickle: the child has parsed bytes that nobody vouches for."""
    raw = json.loads(document)
    size, cost = raw["preview_size"], raw["cost"]
    return Outcome(
        extraction=None if raw["extraction"] is None else extraction_from(raw["extraction"]),
        failed=tuple(StepFailure(**failure) for failure in raw["failed"]),
        preview_size=None if size is None else (size[0], size[1]),
        blank=raw["blank"],
        cost=None if cost is None else Cost(**cost),
    )


def job_from(raw: dict[str, Any]) -> Job:
    """A Job from the dictionary that dataclasses.asdict (and JSON, with paths as texts) makes of it."""
    shown = raw["preview"]
    preview = shown and PreviewTarget(Path(shown["large"]), Path(shown["thumb"]) if shown["thumb"] else None)
    return Job(Path(raw["path"]), tuple(map(Path, raw["companions"])), preview)


def extraction_from(raw: dict[str, Any]) -> Extraction:
    """An Extraction from the dictionary that dataclasses.asdict (and JSON) makes of it."""
    fields = raw | {
        "signals": tuple(signal_from(signal) for signal in raw["signals"]),
        "normalised": {name: value_from(value) for name, value in raw["normalised"].items()},
        "warnings": tuple(raw["warnings"]),
    }
    return Extraction(**fields)


def signal_from(raw: dict[str, Any]) -> Signal:
    axes = tuple(Axis(**axis) for axis in raw["axes"])
    return Signal(**(raw | {"shape": tuple(raw["shape"]), "axes": axes}))


def value_from(raw: dict[str, Any]) -> Value:
    return Value(**(raw | {"others": tuple(OtherValue(**other) for other in raw["others"])}))
