"""What the journal of a run says: which files were its inputs, and which its outputs."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Touched:
    """A file, or a tree such as a .zspy, that a run read or wrote.

    path: below its root as the configuration calls that; names that are no text hold surrogates, as in os.fsdecode.
    asked: what the program asked for, where a replay redirected it to `path`.
    root_kind: store, derived, cache or work. by: the ways, such as open or h5py. at: seconds since 1970.
    sha256, size, mtime_ns: of an input as it was when first opened, before anything changed it; of an output as it is
    now, without a checksum. A tree has no checksum.
    was_changed: it was there before, and is no longer the same; so for all that is both an input and an output.
    """

    path: str
    root_kind: str
    by: tuple[str, ...]
    sha256: str | None
    size: int | None
    mtime_ns: int | None
    is_tree: bool
    at: float
    was_changed: bool
    asked: str = ""


@dataclass(frozen=True)
class Observed:
    """What a run read and wrote, in the order of the first time; refused: where it wanted to write and was not let."""

    reads: tuple[Touched, ...]
    writes: tuple[Touched, ...]
    refused: tuple[str, ...]
    programs: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """A line of a journal or a trace. what: read, write, rename, refused or program.

    path: of a program its words. before: size, mtime_ns and inode, of a file that is written those it had before.
    maybe: it was opened such that it could be written; to: its new name.
    """

    what: str
    path: str
    at: float
    root_kind: str = ""
    by: str = ""
    sha256: str | None = None
    before: tuple[int, int, int] | None = None
    is_tree: bool = False
    asked: str = ""
    maybe: bool = False
    to: str = ""


def read_journal(path: Path, *, ended: bool) -> Observed:
    """What a run has read and written so far; ended: it is over, and what it removed again does not count.

    A journal that does not exist is one of a run that opened nothing.
    """
    return summed(list(events_in(path)), ended=ended)


def events_in(path: Path) -> Iterator[Event]:
    """A line that a kill cut short is left out."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield event(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue


def event(told: dict[str, Any]) -> Event:
    if told["what"] == "program":
        return Event("program", str(told["argv"]), float(told["t"]))
    before = (told["size"], told["mtime_ns"], told["inode"]) if told["size"] is not None else None
    return Event(
        told["what"], told["path"], float(told["t"]), told["root"], told["by"], told["sha256"], before, told["tree"],
        told.get("asked", ""), told.get("maybe", False), told.get("to", ""),
    )  # fmt: skip


def summed(events: Iterable[Event], *, ended: bool) -> Observed:
    """Inputs and outputs: what a run wrote before it first read it is no input of it."""
    tally = Tally()
    for one in events:
        tally.add(one)
    outputs = {path: ways for path, ways in tally.writes.items() if not ended or is_output(ways)}
    both = tally.reads.keys() & outputs.keys()
    reads = (touched(ways, ended, path in both) for path, ways in tally.reads.items())
    writes = (touched(ways, ended, path in both) for path, ways in outputs.items())
    return Observed(tuple(reads), tuple(writes), tuple(tally.refused), tuple(tally.programs))


class Tally:
    """By path the events of its reads, and of its writes; refused and programs in order, each once."""

    def __init__(self) -> None:
        self.reads: dict[str, list[Event]] = {}
        self.writes: dict[str, list[Event]] = {}
        self.refused: dict[str, None] = {}
        self.programs: dict[str, None] = {}

    def add(self, one: Event) -> None:
        match one.what:
            case "program":
                self.programs.setdefault(one.path)
            case "refused":
                self.refused.setdefault(one.path)
            case "read":
                if one.path in self.reads or not is_sure(self.writes.get(one.path, [])):
                    self.reads.setdefault(one.path, []).append(one)
            case "write":
                self.writes.setdefault(one.path, []).append(one)
            case "rename":
                self.rename(one)

    def rename(self, one: Event) -> None:
        """What was written under a temporary name, and what lies in a folder of it, was written under the final one.

        In a folder that becomes a tree it is no longer a file of its own.
        """
        written = replace(one, path=one.to, what="write")
        if one.path != one.to:
            below = one.path + "/"
            for old in [path for path in self.writes if path.startswith(below)]:
                self.moved(old, one.to if one.is_tree else one.to + "/" + old[len(below) :])
            self.moved(one.path, one.to)
        self.writes.setdefault(one.to, []).append(written)

    def moved(self, old: str, new: str) -> None:
        """The new name keeps what was there before under it."""
        was = [replace(event, path=new, before=None) for event in self.writes.pop(old, [])]
        if was:
            self.writes[new] = [*self.writes.get(new, []), *was]


def is_sure(written: list[Event]) -> bool:
    return any(not one.maybe for one in written)


def is_output(written: list[Event]) -> bool:
    """Whether it is there now; and where it was only opened for writing, whether it is another than before."""
    now = status(written[0].path)
    return now is not None and (is_sure(written) or now != written[0].before)


def touched(events: list[Event], ended: bool, is_both: bool) -> Touched:
    first = events[0]
    now = status(first.path)
    shown = first.before if first.what == "read" else now
    size, mtime_ns, _ = shown or (None, None, None)
    before = next((one.before for one in events if one.before is not None), None)
    by = tuple(dict.fromkeys(one.by for one in events))
    was_changed = is_both or (ended and before is not None and before != now)
    return Touched(
        first.path, first.root_kind, by, first.sha256, size, mtime_ns, any(one.is_tree for one in events), first.at,
        was_changed, first.asked,
    )


def status(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 — the same names as in the journal, also those that are no text
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
