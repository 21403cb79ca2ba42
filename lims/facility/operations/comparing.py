"""What changed between two runs."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lims.catalog import View
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.model import Principal, Run
from lims.provenance.differences import RunFacts, differences


@operation
def compare_runs(desk: Desk, principal: Principal, run: str, other: str) -> dict[str, Any]:
    """What is different in a run, compared with another one: code by cells, parameters, inputs, environment."""
    view = desk.catalog.view(principal)
    with source_of(desk, view, view.run(run)) as before, source_of(desk, view, view.run(other)) as after:
        return differences(facts_of(view, run, before), facts_of(view, other, after)).as_json()


@contextmanager
def source_of(desk: Desk, view: View, run: Run) -> Iterator[Path | None]:
    """The text that ran, as a file for the time being; None where none was kept."""
    if run.source is None:
        yield None
        return
    kept = view.dataset(run.source)
    with TemporaryDirectory(prefix="lims-source-") as folder:
        path = Path(folder) / kept.name
        with desk.stores[kept.store].open(kept.key) as stream, path.open("wb") as target:
            shutil.copyfileobj(stream, target)
        yield path


def facts_of(view: View, run_id: str, source: Path | None) -> RunFacts:
    run = view.run(run_id)
    names = {one.id: one.name for one in view.datasets(ids=list(run.inputs))}
    is_notebook = source is not None and source.suffix == ".ipynb"
    return RunFacts(
        notebook=source if is_notebook else None,
        script=source.read_text(encoding="utf-8", errors="replace") if source and not is_notebook else "",
        parameters=run.parameters,
        inputs={names.get(one, one): sha256 for one, sha256 in run.hashes.items()},
        environment=view.environments([run.environment]).get(run.environment, {}),
    )
