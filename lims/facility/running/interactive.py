"""The run of a notebook that somebody works in: begun at its first dataset or result, closed after its kernel."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lims.errors import Invalid, NotFound
from lims.facility.facility import Facility
from lims.facility.opening import id_of
from lims.facility.origins import RunView
from lims.facility.remote import RemoteFacility
from lims.facility.running.capture import commit_of, source_name, told, watched
from lims.facility.running.collecting import Collected, collect
from lims.facility.running.how import How
from lims.facility.workbench import here
from lims.provenance.content import byte_hash, content_hash
from lims.provenance.environment import describe
from lims.provenance.kernels import cells_in, executed_notebook, source_notebook
from lims.provenance.observing.journal import Observed, read_journal
from lims.provenance.run_folders import ENDED, ENVIRONMENT, HASHES, RUN, RunFolder

UNVERIFIED = "It was worked out interactively: replay it, to see whether a clean run gives the same."
GONE = "The kernel was gone."


def facility_here() -> Facility:
    """As lims.open finds it."""
    return here()


def begin(facility: Facility, place: str, folder: RunFolder, about: Mapping[str, Any]) -> str:
    """Register the run, and remember it beside the kernel's cells. about: name, folder, kernel, random_start."""
    environment = {**describe(), "random_start": about["random_start"]}
    commit = commit_of(Path(about["folder"]) / about["name"])
    given = {"commit": commit, "folder": about["folder"], "environment": told(environment)}
    run = facility.begin_run(about["name"], kind="interactive", **given)
    folder.write(ENVIRONMENT, environment)
    told_of = {"run": run.id, "user": run.user, "place": place, "is_served": isinstance(facility, RemoteFacility)}
    folder.write(RUN, {**told_of, **about})
    return run.id


def observing(facility: Facility, working_folder: str, journal: Path) -> dict[str, Any]:
    """The observer's configuration for a kernel. It forbids nothing, and hashes nothing before it is opened."""
    config = watched(facility, How(folder=Path(working_folder)), journal)
    return {**config, "refuse": [], "hash_inputs": False}


def record_read(facility: Facility, run: str, path: str) -> None:
    """Say that the run has read a file of a store, where that is a dataset."""
    try:
        dataset = id_of(facility, path)
    except (NotFound, Invalid):
        return
    facility.record_read(run, dataset)


def close(facility: Facility, folder: RunFolder) -> RunView:
    """Close the run that a kernel's folder tells of, and keep its cells. A kernel that did not say how it ended failed.

    Raises Conflict where it was closed already.
    """
    about, ended = folder.read(RUN), folder.read(ENDED)
    run = str(about["run"])
    found = seen(facility, folder, about)
    cells, kernel = cells_in(folder), str(about["kernel"])
    with tempfile.TemporaryDirectory(prefix="lims-run-") as scratch:
        for part, text in (("source", source_notebook(cells, kernel)), ("executed", executed_notebook(cells, kernel))):
            path = Path(scratch) / part / about["name"]
            path.parent.mkdir()
            path.write_text(text, encoding="utf-8")
            given = {"run": run, "part": part, "content_hash": content_hash(path), "request_key": f"{run}-{part}"}
            facility.save_derived(path, source_name(path) if part == "source" else path.name, **given)
        sha256 = byte_hash(Path(scratch) / "source" / about["name"])
    environment = ended.get("environment") or folder.read(ENVIRONMENT)
    return facility.finish_run(
        run, ended.get("status", "failed"), error="" if ended else GONE, environment=told(environment),
        files=list(found.files), doubts=[*found.doubts, UNVERIFIED], source_sha256=sha256,
    )  # fmt: skip


def seen(facility: Facility, folder: RunFolder, about: Mapping[str, Any]) -> Collected:
    """Never the reason why a run is not closed."""
    own = Path(about["folder"]) / about["name"]
    hashes: dict[str, str] = folder.read(HASHES)
    observed = read_journal(folder.journal, ended=True)
    reads = tuple(replace(one, sha256=one.sha256 or hashes.get(one.path, "")) for one in observed.reads)
    told = Observed(reads, observed.writes, observed.refused, observed.programs)
    try:
        return collect(facility, str(about["run"]), own, How(folder=own.parent), told, None, keeps=False)
    except OSError as error:
        return Collected((), (f"What it has read and written could not be kept: {error}",))
