"""One run that is watched: begun, told to whatever runs where it may write and who looks on, and closed."""

import json
import logging
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lims.errors import LimsError, Unavailable
from lims.facility.facility import Facility
from lims.facility.local_files import cache_folder
from lims.facility.origins import RunView
from lims.facility.remote import RemoteFacility
from lims.facility.running.collecting import Collected, collect, hash_of, outputs_there
from lims.facility.running.how import How
from lims.facility.running.marks import Marks
from lims.facility.views import DatasetView
from lims.model.provenance import RunKind
from lims.provenance.content import byte_hash
from lims.provenance.environments import facts, used_generators
from lims.provenance.observing import expression
from lims.provenance.observing.journal import read_journal
from lims.provenance.observing.strict import read_trace, traced
from lims.provenance.programs import with_memory
from lims.provenance.run_folders import ENDED, RUN, RunFolder, new_folder, runs_folder

log = logging.getLogger(__name__)
GIT_S = 5.0
INTERRUPTED = "It was interrupted."
MOST_NAMED = 10
KILLED = "It did not come to its end: `lims run` was killed, or the machine went down."


@dataclass
class Capture:
    """run: its id. address: where what runs finds the facility. scratch: a folder of this run alone.

    kept: that folder, locked; one without a lock has been left by a run that was killed.
    status and the others: how it went, filled in by who ran it.
    """

    facility: Facility
    address: str
    run: str
    source: Path
    scratch: Path
    how: How
    config: dict[str, Any]
    status: Literal["done", "failed"] = "failed"
    error: str = ""
    environment: dict[str, Any] | None = None
    executed: Path | None = None
    there: Mapping[Path, Marks] = field(default_factory=dict)
    kept: RunFolder | None = None
    view: RunView | None = None

    @property
    def held(self) -> tuple[int, ...]:
        """The open file that holds the lock of its folder: what runs inherits it, and may live longer than we do."""
        return (self.kept.lock.fileno(),) if self.kept else ()

    @property
    def env(self) -> dict[str, str]:
        """What the run finds in its environment."""
        return {**os.environ, "LIMS_RUN": self.run, "LIMS_FACILITY": self.address}

    @property
    def first(self) -> str:
        """What a kernel has to evaluate so that it is watched."""
        return expression(self.config)

    @property
    def wrap(self) -> list[str]:
        """The command that has to run the program's own: nothing, or a limit and a tracer."""
        limited = with_memory([], self.how.memory_bytes)
        return traced(limited, self.trace) if self.how.is_strict else limited

    @property
    def trace(self) -> Path:
        return self.scratch / "trace"

    def config_file(self) -> Path:
        path = self.scratch / "observe.json"
        path.write_text(json.dumps(self.config))
        return path

    def collected(self, *, keeps: bool) -> Collected:
        """What it has read and written; its results are kept. Never the reason why a run is not closed."""
        try:
            observed = read_journal(Path(self.config["journal"]), ended=True)
            seen = read_trace(self.trace, self.config) if self.how.is_strict and self.trace.exists() else None
            about = (self.facility, self.run, self.source, self.how)
            return collect(*about, observed, seen, keeps=keeps, there=self.there)
        except (LimsError, OSError) as error:
            log.error("What run %s has read and written could not be kept: %s", self.run, error)
            return Collected((), (f"What it has read and written could not be kept: {error}",))

    def keep(self, part: Literal["executed", "source"], path: Path | None) -> None:
        """Put a file of the run's own beside its results. The run ends also without."""
        if path is None or not path.is_file():
            return
        try:
            about = {"run": self.run, "part": part, "content_hash": hash_of(path)}
            name = source_name(path) if part == "source" else path.name
            self.facility.save_derived(path, name, **about, request_key=f"{self.run}-{part}")
        except (LimsError, OSError) as error:
            log.error("%s of %s could not be kept: %s", path.name, self.run, error)

    @property
    def done(self) -> RunView:
        if self.view is None:
            raise RuntimeError("The run is not closed yet.")
        return self.view

    def finish(self, *, keeps: bool = True) -> RunView:
        """Close it. Where that fails the run's folder tells how it ended, for who closes it later."""
        if self.kept:
            with suppress(OSError):
                about = {"status": self.status, "error": self.error, "environment": self.environment}
                self.kept.write(ENDED, {**about, "executed": str(self.executed or "")})
        self.keep("executed", self.executed)
        found = self.collected(keeps=keeps)
        lost = [] if keeps else [one.name for one in found.files if one.role == "output" and one.dataset is None]
        return self.facility.finish_run(
            self.run, self.status, environment=told(self.environment or {}), error=self.error, files=list(found.files),
            doubts=[*found.doubts, *unkept(lost)], request_key=f"finish-{self.run}",
        )  # fmt: skip


@contextmanager
def captured(
    facility: Facility, address: str, source: Path, kind: RunKind, how: How, **about: Any
) -> Iterator[Capture]:
    """A run of `source`. It is closed at the end of the block, whatever ends it; then `view` is what came of it.

    about: parameters, tolerances. Raises Invalid, NotFound for what is declared and cannot be.
    """
    there = outputs_there(how)
    for one in how.inputs:
        facility.call("dataset", DatasetView, dataset=one, metadata=False)
    about |= {"commit": commit_of(source), "folder": str(how.folder), "replaces": how.replaces, "kind": kind}
    sha256 = byte_hash(source)
    kept = kept_source(facility, source, sha256)
    folder = place_to_remember()
    about |= {"notebook": source.name, "source_sha256": sha256, "source": kept, "request_key": folder.path.name}
    config = watched(facility, how, folder.journal)
    name = source.name if kind == "notebook" else f"{source.stem}.log"
    executed = (how.output or folder.path / name).absolute()
    run = begun(facility, folder, about, source=str(source.absolute()), executed=str(executed), config=config,
                is_strict=how.is_strict, place=address)  # fmt: skip
    capture = Capture(facility, address, run, source, folder.path, how, config, executed=executed, there=there,
                      kept=folder)  # fmt: skip
    try:
        if kept is None:
            capture.keep("source", source)
        for one in how.inputs:
            facility.record_read(run, one)
        yield capture
    except BaseException as error:
        capture.status = "failed"
        capture.error = INTERRUPTED if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
        closed(capture, run)
        raise
    else:
        capture.view = capture.finish()
    finally:
        if capture.view is None:
            folder.lock.close()
        else:
            folder.remove()


def place_to_remember() -> RunFolder:
    """A folder for the run, from which one that was killed is closed later (`left.py`). Raises Unavailable."""
    try:
        return new_folder()
    except OSError as error:
        raise Unavailable(
            f"There is no place to remember a run while it goes on: {error}.", hint=f"Can {runs_folder()} be written?"
        ) from error


def begun(facility: Facility, folder: RunFolder, about: Mapping[str, Any], **more: Any) -> str:
    """Register the run. It is remembered before that, for between the two we may be killed."""
    more |= {"begin": about, "user": facility.me().name, "is_served": isinstance(facility, RemoteFacility)}
    try:
        folder.write(RUN, more)
        run = facility.begin_run(**about).id
    except Unavailable:  # it may have begun all the same
        folder.lock.close()
        raise
    except (LimsError, OSError):
        folder.remove()
        raise
    with suppress(OSError):  # else its begin tells
        folder.write(RUN, {**more, "run": run})
    return run


def close_killed(facility: Facility, folder: RunFolder) -> RunView:
    """Close the run of a `lims run` that was killed, or could not close it. Of what it wrote is told, and not kept.

    For it may be long ago, and the files may be others' by now; what was executed is kept where it lies in the run's
    own folder. Raises Conflict where it is closed.
    """
    about, ended = folder.read(RUN), folder.read(ENDED)
    run = facility.run(about.get("run") or facility.begin_run(**about["begin"]).id).details
    source, executed = Path(about["source"]), Path(ended.get("executed") or about["executed"])
    how = How(folder=Path(run.folder), is_strict=about["is_strict"])
    capture = Capture(facility, about["place"], run.id, source, folder.path, how, about["config"])
    capture.executed = executed if executed.is_relative_to(folder.path) else None
    if run.source is None and source.is_file() and byte_hash(source) == run.source_sha256:
        capture.keep("source", source)
    capture.status, capture.error = ended.get("status", "failed"), ended.get("error", KILLED)
    capture.environment = ended.get("environment")
    return capture.finish(keeps=False)


def kept_source(facility: Facility, source: Path, sha256: str) -> str | None:
    """The dataset that has its text from an earlier run: a notebook that runs a thousand times is kept once."""
    same = (one for one in facility.made_by(sha256) if one.same_bytes and one.name == source_name(source))
    return next((one.dataset for one in same), None)


def source_name(path: Path) -> str:
    """What the text of a run is kept as; the executed notebook has the name itself."""
    return f"source-{path.name}"


def told(environment: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of it: without what is of this one run, so that it is the same for all in the same environment."""
    if not environment:
        return {}
    return {**facts(environment), "generators": list(used_generators(environment))}


def unkept(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return [f"Written and not kept, for the run was closed later: {', '.join(names[:MOST_NAMED])}{more}."]


def closed(capture: Capture, run: str) -> None:
    """After an error, which is the one to be told."""
    try:
        capture.view = capture.finish()
    except LimsError as error:
        log.error("Run %s could not be closed: %s", run, error)


def watched(facility: Facility, how: How, journal: Path) -> dict[str, Any]:
    """The observer's configuration: the stores that are mounted here, the cache, and where the run works."""
    mounts = [one for one in facility.stores() if one.path and Path(one.path).is_dir()]
    roots = [{"path": str(one.path), "kind": "derived" if one.is_writable else "store"} for one in mounts]
    roots += [{"path": str(cache_folder()), "kind": "cache"}, {"path": str(how.folder), "kind": "work"}]
    return {
        "journal": str(journal),
        "roots": roots,
        "leave_out": [str(runs_folder())],
        "refuse": [str(one.path) for one in mounts],
        "redirect": [],
        "hash_inputs": True,
        "known": {},
    }


def commit_of(source: Path) -> str:
    """The commit of the git repository that a file lies in, with "+" where the file has changes; "" for none."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(source.absolute().parent), *words]
        found = subprocess.run(command, capture_output=True, text=True, timeout=GIT_S, check=True, env=PLAIN)
        return found.stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        return commit + ("+" if git("status", "--porcelain", "--", source.name) else "")
    except (OSError, subprocess.SubprocessError):
        return ""


PLAIN: Mapping[str, str] = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", ""), "LC_ALL": "C",
                            "GIT_OPTIONAL_LOCKS": "0"}  # fmt: skip
