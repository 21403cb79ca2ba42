"""Which runs lie before and after one, in the order in which they have to be run."""

from collections.abc import Iterable

from lims.errors import Invalid, NotFound
from lims.facility.facility import Facility
from lims.facility.origins import RunView
from lims.model.provenance import Direction


def branch_of(facility: Facility, thing: str, way: str | None) -> list[str]:
    """The run itself (of a dataset the one that made it), and those upstream or downstream of it; first ones first."""
    run = run_of(facility, thing)
    if way is None:
        return [run]
    direction: Direction = "ancestors" if way == "upstream" else "descendants"
    runs = {run: facility.run(run)}
    for dataset in ends_of(runs[run], way):
        edges = {one["run"] for one in facility.whole_lineage(dataset, direction).edges if one["run"]}
        runs |= {one: facility.run(one) for one in sorted(edges - runs.keys())}
    return in_order(runs.values())


def run_of(facility: Facility, thing: str) -> str:
    if not thing.startswith("dat-"):
        return thing
    found = facility.dataset(thing).made_by
    if not found:
        raise NotFound(f"No run is known that made {thing}.", hint="Raw data are read by runs, not made by them.")
    return found[0]


def ends_of(run: RunView, way: str) -> list[str]:
    return [one.id for one in (run.inputs if way == "upstream" else run.outputs)]


def in_order(runs: Iterable[RunView]) -> list[str]:
    """Who reads what another wrote comes after it; else as they were begun. Raises Invalid for a circle."""
    left = sorted(runs, key=lambda one: one.start)
    ordered: list[str] = []
    while left:
        waiting = {output.id for one in left for output in one.outputs}
        ready = next((one for one in left if not waiting & {each.id for each in one.inputs} - own(one)), None)
        if ready is None:
            raise Invalid("These runs read each other's results in a circle.")
        ordered.append(ready.run)
        left.remove(ready)
    return ordered


def own(run: RunView) -> set[str]:
    return {one.id for one in run.outputs}
