"""After a run: what it was seen to read, as datasets; what it was seen to write, kept as datasets."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from lims.errors import Conflict, Invalid, LimsError, NotFound
from lims.facility.facility import Facility
from lims.facility.local_files import cache_folder
from lims.facility.opening import ID
from lims.facility.packing import is_tree_at
from lims.facility.running.how import How
from lims.facility.running.marks import Marks, bytes_in, changed_ns, marks
from lims.model import RunFile
from lims.model.provenance import Seen
from lims.provenance.content import byte_hash, content_hash
from lims.provenance.observing.inside.scope import TREES
from lims.provenance.observing.journal import Observed, Touched

LARGEST = 2 << 30
"""Larger results are named and not kept: whoever makes them says so with lims.save."""


@dataclass(frozen=True)
class Collected:
    """files: what was seen. doubts: what is odd about it, a sentence each."""

    files: tuple[RunFile, ...]
    doubts: tuple[str, ...]


def collect(
    facility: Facility, run: str, source: Path, how: How, observed: Observed, traced: Observed | None,
    *, keeps: bool = True, there: Mapping[Path, Marks] | None = None,
) -> Collected:
    """What a run that has ended has read and written. Its results in the working folder become derived datasets.

    keeps: without it what lies in the working folder is only told. there: what `outputs_there` told before the run.
    """
    collector = Collector(facility, run, source, how, keeps)
    reads = both(observed.reads, traced.reads if traced else ())
    writes = both(observed.writes, traced.writes if traced else ())
    collector.take_reads(reads)
    collector.take_writes(writes)
    collector.take_declared_outputs(there or {})
    for path in dict.fromkeys((*observed.refused, *(traced.refused if traced else ()))):
        collector.doubts.append(f"It wanted to write {path}, where data of the facility lie, and was not let.")
    return Collected(tuple(collector.files), tuple(dict.fromkeys(collector.doubts)))


def both(observed: Iterable[Touched], traced: Iterable[Touched]) -> list[tuple[Touched, tuple[Seen, ...]]]:
    """Each file once, with how it was seen."""
    inside = {one.path: one for one in observed}
    outside = {one.path: one for one in traced}
    ways: list[tuple[Touched, tuple[Seen, ...]]] = []
    for path, one in {**outside, **inside}.items():
        seen: tuple[Seen, ...] = ("observed",) if path in inside else ()
        ways.append((one, (*seen, "traced") if path in outside else seen))
    return ways


class Collector:
    """read_at: dataset -> when it was first read; saved: checksum -> dataset of what the run has saved itself.

    known: checksum of an input -> the dataset that has these bytes.
    """

    def __init__(self, facility: Facility, run: str, source: Path, how: How, keeps: bool = True) -> None:
        self.facility, self.run, self.how, self.keeps = facility, run, how, keeps
        self.source = str(source.absolute())
        self.files: list[RunFile] = []
        self.doubts: list[str] = []
        self.read_at: dict[str, float] = {}
        self.known: dict[str, str] = {}
        self.written: set[str] = set()
        self.own = facility.run(run)
        self.saved = {one.sha256: one.id for one in self.own.outputs if one.sha256}

    # --- inputs --------------------------------------------------------------------------------------------------

    def take_reads(self, reads: Iterable[tuple[Touched, tuple[Seen, ...]]]) -> None:
        taken = [(one, seen, self.sha256_of(one)) for one, seen in reads if not self.is_own(one.path)]
        self.known = self.facility.known_bytes(sorted({sha256 for _, _, sha256 in taken if sha256}))
        for one, seen, sha256 in taken:
            self.take_read(one, seen, sha256)

    def is_own(self, path: str) -> bool:
        """The script or notebook itself, and the facility's settings, are no inputs."""
        return path in (self.source, str(self.how.output)) or path.endswith("/facility.toml")

    def sha256_of(self, one: Touched) -> str:
        """As it was read; "" where nobody has hashed it then and it is another one now, or a folder of a store."""
        is_ours = is_file(one) or (is_tree(one) and one.root_kind == "work")
        if one.sha256 is None and is_ours and not one.was_changed:
            return byte_hash(Path(one.path))
        return one.sha256 or ""

    def take_read(self, one: Touched, seen: tuple[Seen, ...], sha256: str) -> None:
        dataset = self.dataset_of(one, sha256)
        if dataset:
            self.read_at.setdefault(dataset, one.at)
        if one.was_changed and one.root_kind in ("store", "cache"):
            self.doubts.append(f"{name_of(one.path)} was changed while the run had it open.")
        self.files.append(self.seen_file("input", one, seen, dataset, sha256))

    def dataset_of(self, one: Touched, sha256: str) -> str | None:
        """What the catalog knows a file as: by its place in the cache or a store, else by its content."""
        cached = re.match(rf"{re.escape(str(cache_folder()))}/({ID.pattern})/", one.path)
        if cached:
            return cached[1]
        if one.root_kind in ("store", "derived"):
            try:
                return self.facility.locate(one.path).id
            except (NotFound, Invalid):
                pass
        return self.known.get(sha256)

    def seen_file(
        self, role: Literal["input", "output"], one: Touched, seen: tuple[Seen, ...], dataset: str | None, sha256: str,
        content: str = "",
    ) -> RunFile:
        return RunFile(
            self.run, 0, role, plain(one.path), dataset, sha256, content, one.size or 0, seen, one.by,
            at=datetime.fromtimestamp(one.at, UTC),
        )  # fmt: skip

    # --- outputs -------------------------------------------------------------------------------------------------

    def take_writes(self, writes: Iterable[tuple[Touched, tuple[Seen, ...]]]) -> None:
        results = [(one, seen) for one, seen in writes if not self.is_own(one.path) and one.root_kind == "work"]
        self.written = {one.path for one, _ in results}
        for one, seen in results:
            self.take_write(one, seen)

    def take_write(self, one: Touched, seen: tuple[Seen, ...]) -> None:
        path = Path(one.path)
        try:
            trouble = self.why_not(path, one)
            if trouble is not None:
                self.doubts += [trouble] if trouble and self.keeps else []
                self.files.append(self.seen_file("output", one, seen, None, ""))
            elif self.keeps:
                self.keep(path, one, seen)
            else:
                self.files.append(self.told(path, one, seen))
        except FileNotFoundError:
            self.doubts.append(f"{name_of(one.path)} was written and is gone: it could not be kept.")
        except (LimsError, OSError) as error:
            self.doubts.append(f"{name_of(one.path)} was written and could not be kept: {error}")

    def why_not(self, path: Path, one: Touched) -> str | None:
        """Why it is only named, in a sentence; "" where that needs none; None for what is kept."""
        if path.is_dir() and not is_tree(one):
            is_told = any(other.startswith(f"{one.path}/") for other in self.written)
            kept = ", ".join(TREES)
            return "" if is_told else f"{name_of(one.path)} is a folder, and of these only {kept} are kept."
        size = bytes_in(path) if is_tree(one) else one.size or 0
        too_large = f"{name_of(one.path)} has {size >> 30} GB, and was not kept: lims.save keeps results."
        return too_large if size > LARGEST else None

    def told(self, path: Path, one: Touched, seen: tuple[Seen, ...]) -> RunFile:
        """What was written and stays where it is; what the run has saved itself, with lims.save, is a dataset."""
        sha256, content = (byte_hash(path), hash_of(path)) if is_file(one) or is_tree(one) else ("", "")
        return self.seen_file("output", one, seen, self.saved.get(sha256), sha256, content)

    def keep(self, path: Path, one: Touched, seen: tuple[Seen, ...]) -> None:
        """Nothing twice: what the run has saved itself, with lims.save, is there already."""
        sha256, content = byte_hash(path), hash_of(path)
        dataset = self.saved.get(sha256)
        if dataset is None:
            self.check_is_ours(path, one, sha256)
            parents = [name for name, at in self.read_at.items() if at <= written_at(path, one)]
            declared = self.is_declared(path.name)
            about = {"run": self.run, "source": "declared" if declared and self.how.inputs else "observed",
                     "content_hash": content}  # fmt: skip
            given = list(self.how.inputs) if declared and self.how.inputs else parents
            dataset = self.facility.save_derived(path, upload_name(path), parents=given, **about).id
        ways: tuple[Seen, ...] = ("declared", *seen) if self.is_declared(path.name) else seen
        self.files.append(self.seen_file("output", one, ways, dataset, sha256, content))

    def check_is_ours(self, path: Path, one: Touched, sha256: str) -> None:
        """Raises Conflict for what something else has written since, as far as that can be told."""
        if has_changed(path, one):
            raise Conflict("something else has written it since")
        for other in {run for made in self.facility.made_by(sha256) for run in made.runs} - {self.run}:
            theirs = self.facility.run(other)
            is_there = any((each.role, each.path) == ("output", plain(str(path))) for each in theirs.files)
            if is_there and theirs.end is not None and theirs.end > self.own.start:
                raise Conflict(f"run {other} has written the same there meanwhile")

    def is_declared(self, name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in self.how.outputs)

    def take_declared_outputs(self, there: Mapping[Path, Marks]) -> None:
        """What was declared and nobody saw: a program that was not watched may have written it all the same."""
        for pattern in self.how.outputs:
            found = files_like(self.how.folder, pattern)
            new = [path for path in found if str(path) in self.written or there.get(path) != marks(path)]
            if not new:
                why = "what is there is older than the run" if found else "there is no such file"
                self.doubts.append(f"{pattern} was declared as an output, and {why}.")
            for path in new:
                if str(path) not in self.written:
                    self.take_write(as_touched(path), ())


def outputs_there(how: How) -> dict[Path, Marks]:
    """What lies there already under the names of declared outputs. Raises Invalid."""
    for pattern in how.outputs:
        if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise Invalid(
                f"{pattern!r} cannot be an output.", hint="Give the name of a file in the working folder, or a pattern."
            )
    return {path: marks(path) for one in how.outputs for path in files_like(how.folder, one)}


def files_like(folder: Path, pattern: str) -> list[Path]:
    """With the folders that are one object."""
    return [path for path in sorted(folder.glob(pattern)) if path.is_file() or is_tree_at(path)]


def as_touched(path: Path) -> Touched:
    changed = changed_ns(path)
    return Touched(str(path), "work", (), None, bytes_in(path), changed, is_tree_at(path), changed / 1e9, False)


def is_file(one: Touched) -> bool:
    return not one.is_tree and os.path.isfile(one.path)  # noqa: PTH113 — names that are no text, too


def is_tree(one: Touched) -> bool:
    return one.is_tree and os.path.isdir(one.path)  # noqa: PTH112


def has_changed(path: Path, one: Touched) -> bool:
    """As far as the file itself tells; a folder does not."""
    if one.is_tree:
        return False
    now = path.stat()
    return (now.st_size, now.st_mtime_ns) != (one.size, one.mtime_ns)


def written_at(path: Path, one: Touched) -> float:
    """When its last byte came: what was read before may be in it."""
    return max(one.at, changed_ns(path) / 1e9)


def hash_of(path: Path) -> str:
    """A file that is not what its name says has bytes all the same."""
    try:
        return content_hash(path)
    except Exception:  # noqa: BLE001 — what a reader says of half a file can be anything
        return f"bytes:{byte_hash(path)}"


def name_of(path: str) -> str:
    return plain(path.rpartition("/")[2])


def plain(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def upload_name(path: Path) -> str:
    """Its own name, or as much of it as a store takes."""
    return re.sub(r"[\x00-\x1f\x7f\\]", "_", plain(path.name))[-120:] or "output"
