"""Bringing results up to date: what made them is run anew on its inputs as they are today; the old ones stay."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from typing import Any

from lims.errors import LimsError, NotFound
from lims.facility.facility import Facility
from lims.facility.local_files import local_file
from lims.facility.origins import RunView
from lims.facility.running.branches import branch_of, in_order
from lims.facility.running.how import How
from lims.facility.running.notebooks import run_notebook
from lims.facility.running.scripts import run_script
from lims.provenance.watch import CellStep


@dataclass(frozen=True)
class Renewed:
    """A run and the one that replaces it. problem: why there is none, or what went wrong in it."""

    run: str
    name: str
    by: str | None = None
    outputs: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def rerun(
    facility: Facility, address: str, thing: str, *, downstream: bool,
    progress: Callable[[CellStep], None] = lambda step: None, say: Callable[[str], None] = lambda text: None,
) -> list[Renewed]:
    """Run anew what made `thing`, or what read it where it was made by no run; with `downstream` all that followed.

    What was done elsewhere cannot be run; what rests on it is not run either. Raises NotFound where there is no run.
    """
    fresh: dict[str, str] = {}
    stuck: set[str] = set()
    done: list[Renewed] = []
    for run_id in runs_of(facility, thing, downstream=downstream):
        run = facility.run(run_id)
        say(f"{run.notebook} ({run_id})")
        one = renewed(facility, address, run, fresh, stuck, progress)
        if one.by is None or one.problem:
            stuck |= {output.id for output in run.outputs}
        fresh |= dict(one.outputs)
        done.append(one)
    return done


def runs_of(facility: Facility, thing: str, *, downstream: bool) -> list[str]:
    is_read = thing.startswith("dat-") and not facility.dataset(thing).made_by
    if not is_read:
        return branch_of(facility, thing, "downstream" if downstream else None)
    readers = [one for one in facility.runs(limit=1000, dataset=thing) if thing in one.inputs and one.replaces is None]
    if not readers:
        raise NotFound(f"No run has read {thing}.", hint="See what is known of it: lims lineage " + thing)
    runs = {one.id for one in readers}
    if downstream:
        runs |= {each for one in readers for each in branch_of(facility, one.id, "downstream")}
    return in_order([facility.run(one) for one in runs])


def renewed(
    facility: Facility, address: str, run: RunView, fresh: Mapping[str, str], stuck: set[str],
    progress: Callable[[CellStep], None],
) -> Renewed:
    problem = why_not(run, stuck)
    if problem:
        return Renewed(run.run, run.notebook, problem=problem)
    try:
        with tempfile.TemporaryDirectory(prefix="lims-rerun-") as folder:
            again = run_anew(facility, address, run, fresh, Path(folder), progress)
    except (LimsError, OSError) as error:
        return Renewed(run.run, run.notebook, problem=str(error))
    return Renewed(run.run, run.notebook, again.run, tuple(pairs(run, again)), again.error)


def why_not(run: RunView, stuck: set[str]) -> str:
    blocked = [one.name for one in run.inputs if one.id in stuck]
    if blocked:
        return f"{', '.join(blocked)} could not be brought up to date"
    if run.details.kind == "external":
        return f"it was done in {run.notebook} by {run.user}: do it again there, and bring it in with import-derived"
    return "" if run.details.source else "its source was not kept"


def run_anew(
    facility: Facility, address: str, run: RunView, fresh: Mapping[str, str], folder: Path,
    progress: Callable[[CellStep], None],
) -> RunView:
    source = folder / run.notebook
    shutil.copyfile(local_file(facility, facility.location(str(run.details.source))), source)
    place = Path(run.details.folder)
    how = How(progress=progress, replaces=run.run)
    how = replace(how, folder=place) if run.details.folder and place.is_dir() else replace(how, folder=folder)
    values = substituted(run.parameters, fresh)
    if run.details.kind in ("notebook", "interactive"):
        return run_notebook(facility, address, source, {}, replace(how, given=values))
    how = declared_as(run, how, fresh)
    if run.details.kind == "program":
        source.chmod(0o755)
    return run_script(facility, address, source, [str(one) for one in values.get("arguments", ())], how)


def declared_as(run: RunView, how: How, fresh: Mapping[str, str]) -> How:
    """With what was declared of the run, and its system calls traced if they were: nobody sees into a program."""
    declared = [one for one in run.files if "declared" in one.seen]
    inputs = [one.dataset for one in declared if one.role == "input" and one.dataset]
    outputs = [one.name for one in declared if one.role == "output" and one.name != one.path]
    is_strict = any("traced" in one.seen for one in run.files)
    new = tuple(fresh.get(one, one) for one in inputs)
    return replace(how, inputs=new, outputs=tuple(map(escape, outputs)), is_strict=is_strict)


def substituted(value: Any, fresh: Mapping[str, str]) -> Any:
    """The same parameters, with the ids of the new results instead of the old ones."""
    if isinstance(value, Mapping):
        return {key: substituted(inner, fresh) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [substituted(inner, fresh) for inner in value]
    return fresh.get(value, value) if isinstance(value, str) else value


def pairs(run: RunView, again: RunView) -> list[tuple[str, str]]:
    """Each old output with the new one of its name, in their order."""
    left: dict[str, list[str]] = {}
    for one in again.outputs:
        left.setdefault(one.name, []).append(one.id)
    return [(one.id, left[one.name].pop(0)) for one in run.outputs if left.get(one.name)]
