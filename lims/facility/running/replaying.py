"""Running something again, in a fresh place, on what it read then; and saying of each output how it compares."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from lims.errors import Conflict, Forbidden, Invalid, LimsError, NotFound, Unavailable
from lims.facility import replayed
from lims.facility.facility import Facility
from lims.facility.local_files import cache_folder, local_file
from lims.facility.origins import RunView
from lims.facility.packing import is_tree_at
from lims.facility.running import notebooks, scripts
from lims.facility.running.capture import Capture, told, watched
from lims.facility.running.how import How
from lims.model import Replay
from lims.model.verdicts import Tolerance, Verdict
from lims.provenance.content import byte_hash
from lims.provenance.environments import compare
from lims.provenance.observing import fenced
from lims.provenance.observing.inside.scope import TREES
from lims.provenance.observing.journal import read_journal
from lims.provenance.rebuilding import rebuild
from lims.provenance.verdicts import judge, missing
from lims.provenance.watch import CellStep

REPRODUCED = {
    "bytes identical",
    "content identical",
    "data identical, metadata differs",
    "equivalent",
    "visually equivalent",
}
WITHOUT_SOURCE = "Its source was not kept, so there is nothing to run."


@dataclass(frozen=True)
class Again:
    """is_recorded: in an environment rebuilt from what the run recorded, else the present one.

    wheelhouse: where its packages come from, instead of an index. keep: where to leave results and pictures.
    """

    is_recorded: bool = False
    wheelhouse: Path | None = None
    keep: Path | None = None
    limit_s: float | None = None
    progress: Callable[[CellStep], None] = lambda step: None
    say: Callable[[str], None] = lambda text: None


@dataclass
class Done:
    """What came of running it again. problem: why there is nothing to compare, or what went wrong."""

    problem: str = ""
    environment: dict[str, Any] = field(default_factory=dict)
    found: dict[str, list[Path]] = field(default_factory=dict)
    rebuilt: list[str] = field(default_factory=list)


def replay(facility: Facility, address: str, run_id: str, again: Again | None = None) -> Replay:
    """Replay a run and keep the verdicts. Originals are neither read where they have changed nor written.

    Raises NotFound for no run; all else that goes wrong is the replay's `problem`.
    """
    again = again or Again()
    run = facility.run(run_id)
    start = time.monotonic()
    with fresh_place() as place:
        problems = [*not_replayable(run), *inputs_gone(facility, run)]
        done = Done("; ".join(problems)) if problems else run_again(facility, address, run, place, again)
        pictures = place / "pictures"
        pictures.mkdir()
        verdicts = verdicts_of(facility, run, done, pictures)
        about = {
            "outputs": [asdict(one) for one in verdicts],
            "environment": environment_of(run, done, verdicts),
            "problem": done.problem or ("" if verdicts else "It wrote nothing, so there is nothing to compare."),
            "took_s": round(time.monotonic() - start, 3),
            "pictures": {path.stem: facility.upload(path) for path in sorted(pictures.glob("*.png"))},
        }
        is_same = bool(verdicts) and not done.problem and all(one.verdict in REPRODUCED for one in verdicts)
        kept = facility.keep_replay(run_id, is_same, **about)
        if again.keep is not None:
            keep(again.keep, done, pictures)
        return kept


@contextmanager
def fresh_place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lims-replay-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        for name in ("work", "results", "tmp", "home"):
            (place / name).mkdir()
        yield place


# --- before: is everything there? ---------------------------------------------------------------------------------


def not_replayable(run: RunView) -> Iterator[str]:
    details = run.details
    if details.kind == "external":
        yield f"It was done in {run.notebook} by {run.user}: nothing here can run that again"
    elif details.source is None:
        yield WITHOUT_SOURCE
    elif run.status == "running":
        yield "It is still running"


def inputs_gone(facility: Facility, run: RunView) -> Iterator[str]:
    """What the run read and is not there any more as it was: a sentence each."""
    for one in run.inputs:
        if one.is_changed:
            yield f"{one.name} ({one.id}) is another file than the one that was read"
            continue
        try:
            local_file(facility, facility.location(one.id))
        except (Conflict, NotFound, Unavailable, Forbidden, Invalid) as error:
            yield f"{one.name} ({one.id}) cannot be read: {error.message}"
    for file in run.files:
        if file.role == "input" and file.dataset is None and file.sha256:
            yield from other_gone(Path(file.path), file.sha256)


def other_gone(path: Path, sha256: str) -> Iterator[str]:
    if not path.exists():
        yield f"{path} is not there any more"
    elif byte_hash(path) != sha256:
        yield f"{path} is another file than the one that was read"


# --- running it again ----------------------------------------------------------------------------------------------


def run_again(facility: Facility, address: str, run: RunView, place: Path, again: Again) -> Done:
    done = Done()
    try:
        source = fetched_source(facility, run, place)
        python = rebuilt_python(run, again, done) if again.is_recorded else ""
        put_back(facility, run, place / "work")
        before = {path: byte_hash(path) for path in files_in(place / "work")}
        capture = replaying_capture(facility, address, run, source, place, again)
        execute(capture, run, source, python)
        done.problem = capture.error
        done.environment = told(capture.environment or {})
        is_program = run.details.kind == "program"
        done.found = found_in(place, capture, of_program(run, place / "work", before) if is_program else None)
    except LimsError as error:
        done.problem = error.message
    except OSError as error:
        done.problem = f"It could not be run again here: {error}."
    return done


def fetched_source(facility: Facility, run: RunView, place: Path) -> Path:
    """The text that ran, hash-checked. Raises Conflict for another one."""
    kept = local_file(facility, facility.location(str(run.details.source)))
    if byte_hash(kept) != run.details.source_sha256:
        raise Conflict(f"The kept source of {run.run} is not what ran.")
    source = place / run.notebook
    shutil.copyfile(kept, source)
    if run.details.kind == "program":
        source.chmod(0o755)
    return source


def put_back(facility: Facility, run: RunView, work: Path) -> None:
    """What the run read in its folder and is another there today, from what the facility keeps of it.

    Of a program all that it read there: it is run in the fresh folder, and does not see the old one through it.
    """
    origin = Path(run.details.folder)
    for file in run.files:
        path = Path(file.path)
        if file.role == "input" and file.sha256 and path.is_relative_to(origin):
            is_there = path.exists() and byte_hash(path) == file.sha256
            if is_there and run.details.kind != "program":
                continue
            kept = path if is_there else local_file(facility, facility.location(str(file.dataset)))
            target = work / path.relative_to(origin)
            target.parent.mkdir(parents=True, exist_ok=True)
            copied(kept, target)


def rebuilt_python(run: RunView, again: Again, done: Done) -> str:
    again.say("Building the recorded environment; a few minutes the first time.")
    folder = user_cache_path("jupyter-lims", appauthor=False) / "environments"
    folder.mkdir(parents=True, exist_ok=True)
    built = rebuild(run.environment, folder, wheelhouse=again.wheelhouse)
    done.rebuilt = [f"{one.what}: {one.before or 'none'} → {one.after or 'none'}" for one in built.differences]
    return str(built.python)


def replaying_capture(
    facility: Facility, address: str, run: RunView, source: Path, place: Path, again: Again
) -> Capture:
    """Watched as the run was, but what it writes below its old folder lands in the fresh one, and nothing elsewhere.

    A program cannot be led elsewhere from inside, so the fresh folder is where it runs.
    """
    origin = Path(run.details.folder or place / "work")
    folder = origin if origin.is_dir() and run.details.kind != "program" else place / "work"
    how = How(folder=folder, limit_s=again.limit_s, progress=again.progress)
    config = watched(facility, how, place / "journal")
    config["redirect"] = [[str(origin), str(place / "work")]]
    config["refuse"] = [*config["refuse"], str(origin)]  # what slips past the redirection
    read = {file.path for file in run.files if file.role == "input"}
    written = {file.path for file in run.files if file.role == "output" and file.path.startswith("/")}
    config["hide"] = sorted(written - read)  # what it changed in place is there, as it found it
    return Replaying(facility, address, run.run, source, place, how, config)


class Replaying(Capture):
    """No run of the facility: nothing is told to it."""

    @property
    def env(self) -> dict[str, str]:
        here = {name: value for name, value in os.environ.items() if name != "LIMS_RUN"}
        home = str(self.scratch / "home")
        return {
            **here, replayed.VARIABLE: str(self.scratch / "results"), "LIMS_FACILITY": self.address,
            "TMPDIR": str(self.scratch / "tmp"), "MPLCONFIGDIR": home, "IPYTHONDIR": home, "XDG_CACHE_HOME": home,
            "NUMBA_CACHE_DIR": home, "LIMS_CACHE": str(cache_folder()),
        }  # fmt: skip

    @property
    def wrap(self) -> list[str]:
        """Where the system can, nothing else may be written, by whatever library."""
        return fenced.fenced([], [self.scratch]) if fenced.is_available() else []


def execute(capture: Capture, run: RunView, source: Path, python: str) -> None:
    if run.details.kind in ("notebook", "interactive"):
        capture.executed = capture.scratch / f"executed-{source.name}"
        done: Any = notebooks.execute(capture, source, run.parameters, python, capture.scratch)
        capture.environment = done.environment
    else:
        capture.executed = capture.scratch / "log"
        arguments = list(map(str, run.parameters.get("arguments", ())))
        done = scripts.execute(capture, source, arguments, None, python)
        capture.environment = scripts.described(capture)
    capture.status, capture.error = done.status, done.error


def files_in(folder: Path) -> list[Path]:
    """With each folder that is one object (.zspy) in place of what is in it."""
    found = {tree_of(path) or path for path in folder.rglob("*") if path.is_file()}
    return sorted(found)


def tree_of(path: Path) -> Path | None:
    return next((one for one in reversed(path.parents) if one.suffix in TREES), None)


def copied(source: Path, target: Path) -> None:
    """In place of what is there: two folders are never mixed."""
    if target.is_dir():
        shutil.rmtree(target)
    if source.is_dir():
        shutil.copytree(source, target, ignore_dangling_symlinks=True)
    else:
        shutil.copyfile(source, target)


def of_program(run: RunView, work: Path, before: Mapping[Path, str]) -> list[Path]:
    """What a program wrote, as nobody watches it from inside. before: what lay there, with its checksum.

    Of a run that was not traced only its results are looked for: what else it wrote nobody had seen either.
    """
    names = {one.name for one in run.outputs}
    was_traced = any("traced" in one.seen for one in run.files)
    new = [path for path in files_in(work) if byte_hash(path) != before.get(path)]
    return [path for path in new if was_traced or path.name in names]


def found_in(place: Path, capture: Capture, written: list[Path] | None = None) -> dict[str, list[Path]]:
    """Results by name, in the order in which they were made: those saved, and those written into the fresh folder."""
    found: dict[str, list[Path]] = {}
    saved = [one.path for one in replayed.results(place / "results")]
    hashes = {byte_hash(path) for path in saved}
    if written is None:
        written = [Path(one.path) for one in read_journal(Path(capture.config["journal"]), ended=True).writes]
    work = place / "work"
    inside = [path for path in written if path.is_relative_to(work) and (path.is_file() or is_tree_at(path))]
    others = [path for path in inside if byte_hash(path) not in hashes]
    for path in (*saved, *others):
        found.setdefault(path.name, []).append(path)
    return found


# --- comparing -----------------------------------------------------------------------------------------------------


def verdicts_of(facility: Facility, run: RunView, done: Done, pictures: Path) -> list[Verdict]:
    """One for each output of the run, in its order; and for what the replay wrote besides."""
    left = {name: list(paths) for name, paths in done.found.items()}
    verdicts = []
    for number, one in enumerate(run.outputs):
        same_name = left.get(one.name, [])
        if not same_name:
            why = "the replay came to no end" if done.problem else "the replay did not write it"
            verdicts.append(missing(one.name, why))
            continue
        tolerance = tolerance_for(run.details.tolerances, one.name)
        try:
            expected = local_file(facility, facility.location(one.id))
        except LimsError as error:
            verdicts.append(missing(one.name, f"the original cannot be read: {error.message}"))
            continue
        picture = pictures / f"{numbered(one.name, [each.name for each in run.outputs[:number]])}.png"
        verdicts.append(judge(expected, same_name.pop(0), name=one.name, tolerance=tolerance, picture=picture))
    scratch = {file.name for file in run.files if file.role == "output" and file.dataset is None}  # told, and not kept
    others = [name for name, paths in left.items() for _ in paths if name not in scratch]
    return [*verdicts, *(Verdict(name, "different", where="the run did not write it") for name in others)]


def numbered(name: str, before: list[str]) -> str:
    """The name itself; of several outputs of one name the others begin with their number: `2-figure.png`."""
    return f"{before.count(name) + 1}-{name[:100]}" if name in before else name


def tolerance_for(declared: Mapping[str, Any], name: str) -> Tolerance | None:
    found = next((given for pattern, given in declared.items() if fnmatch(name, pattern)), None)
    return Tolerance(**found) if found else None


def environment_of(run: RunView, done: Done, verdicts: list[Verdict]) -> dict[str, Any]:
    """{same, changes [{what, before, after, counts}], causes: why outputs may differ, in words}."""
    compared = compare(run.environment, done.environment) if done.environment else None
    changes = [asdict(one) for one in compared.changes] if compared else []
    is_same = bool(compared and compared.same)
    differs = any(one.verdict not in ("bytes identical", "content identical") for one in verdicts)
    causes = causes_of(run, changes) if differs and compared else []
    return {"same": is_same, "changes": changes, "causes": causes, "rebuilt": done.rebuilt}


def causes_of(run: RunView, changes: list[dict[str, Any]]) -> list[str]:
    generators = run.environment.get("generators", ())
    found = [f"The run used {name} without a seed of its own." for name in generators]
    return found + [
        f"{one['what']}: {one['before'] or 'none'} → {one['after'] or 'none'}" for one in changes if one["counts"]
    ]


def keep(target: Path, done: Done, pictures: Path) -> None:
    """Leave what the replay wrote, and the pictures of differences, where somebody wants to look at them."""
    target.mkdir(parents=True, exist_ok=True)
    for name, paths in done.found.items():
        for number, path in enumerate(paths):
            copied(path, target / (name if not number else f"{number + 1}-{name}"))
    for path in pictures.glob("*.png"):
        shutil.copyfile(path, target / f"difference {path.name}")
