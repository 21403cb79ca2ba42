"""A run or a result with its lineage, as other programs want it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from lims.errors import LimsError
from lims.facility.facility import Facility
from lims.facility.local_files import local_file
from lims.facility.origins import LineageView, RunView
from lims.facility.views import DatasetView
from lims.model.provenance import RunKind
from lims.provenance.crate import CrateBundle, CrateDataset, CrateEdge, CrateRun, write_crate

KINDS: dict[RunKind, Literal["notebook", "script", "external"]] = {
    "notebook": "notebook",
    "interactive": "notebook",
    "script": "script",
    "program": "script",
    "external": "external",
}


def export_crate(facility: Facility, thing: str, target: Path, *, licence: str = "", with_raw: bool = True) -> None:
    """An RO-Crate (Process Run Crate) of all that `thing` came from, and of the runs on the way, with the files.

    with_raw: raw data too; else they are only described. Raises Conflict for a folder that is not empty.
    """
    graph = facility.whole_lineage(thing, "ancestors")
    runs = [facility.run(one) for one in runs_of(thing, graph)]
    named = {one.id for one in graph.nodes} | {each.id for run in runs for each in (*run.inputs, *run.outputs)}
    datasets = [about(facility, one) for one in sorted(named)]
    bundle = CrateBundle(
        title=title_of(facility, thing),
        runs=tuple(crate_run(facility, one) for one in runs),
        datasets=tuple(crate_dataset(facility, one, with_raw) for one in datasets),
        edges=tuple(edges_of(graph)),
        licence=licence,
        description=f"{thing} of {facility.place().name}, and all that it came from.",
    )
    write_crate(target, bundle)


def runs_of(thing: str, graph: LineageView) -> list[str]:
    own = [thing] if thing.startswith("run-") else []
    return list(dict.fromkeys([*own, *(edge["run"] for edge in graph.edges if edge["run"])]))


def title_of(facility: Facility, thing: str) -> str:
    if thing.startswith("run-"):
        return facility.run(thing).notebook
    return about(facility, thing).name if thing.startswith("dat-") else thing


def about(facility: Facility, dataset: str) -> DatasetView:
    return facility.call("dataset", DatasetView, dataset=dataset, metadata=False)


def crate_run(facility: Facility, run: RunView) -> CrateRun:
    details = run.details
    software = run.environment.get("software") or run.notebook
    return CrateRun(
        id=run.run,
        name=run.notebook,
        kind=KINDS[details.kind],
        agent=run.user,
        start=run.start,
        end=run.end,
        status="failed" if run.status == "failed" else "done",
        error=run.error,
        parameters=run.parameters,
        software=software if details.kind == "external" else "Python",
        version=str(run.environment.get("python", {}).get("version", "")),
        source=path_of(facility, details.source),
        environment=run.environment,
        inputs=tuple(one.id for one in run.inputs),
        outputs=tuple(one.id for one in run.outputs),
    )


def path_of(facility: Facility, dataset: str | None) -> Path | None:
    """None where its file cannot be had."""
    try:
        return local_file(facility, facility.location(dataset)) if dataset else None
    except LimsError:
        return None


def crate_dataset(facility: Facility, one: DatasetView, with_raw: bool) -> CrateDataset:
    path = path_of(facility, one.id) if with_raw or one.origin == "derived" else None
    return CrateDataset(one.id, one.name, path, one.sha256 or "", one.bytes, one.format, url=f"urn:lims:{one.id}")


def edges_of(graph: LineageView) -> Iterator[CrateEdge]:
    for one in graph.edges:
        yield CrateEdge(one["from"], one["to"], one["relation"], one["params"], one["run"] or "", one["sentence"])
