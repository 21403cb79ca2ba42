"""One run of a notebook: registered before it begins, executed, closed with what came of it, also when it fails."""

import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lims.errors import LimsError
from lims.facility.facility import Facility
from lims.facility.opening import id_of
from lims.facility.views import DatasetView, RunView
from lims.provenance.content import notebook_hash
from lims.provenance.declaration import Declaration, read_declaration
from lims.provenance.values import check_values
from lims.provenance.watch import CellStep

if TYPE_CHECKING:
    from lims.provenance.execute import Execution

log = logging.getLogger(__name__)

INTERRUPTED = "It was interrupted."


@dataclass(frozen=True)
class How:
    """output: where to leave the executed notebook too. kernel: a kernelspec. limit_s: for all cells together."""

    output: Path | None = None
    kernel: str = ""
    limit_s: float | None = None
    progress: Callable[[CellStep], None] = lambda step: None


def run_notebook(
    facility: Facility, address: str, source: Path, given: Mapping[str, str], how: How | None = None
) -> RunView:
    """Run a notebook with provenance. One that fails gives a run whose status is `failed`, and keeps what it did.

    address: where the notebook's kernel finds the facility. given: parameters as a person wrote them.
    Raises Invalid for what is wrong before anything runs, NotFound for a dataset that is not there.
    """
    how = how or How()
    values = checked(facility, read_declaration(source), given)
    run = facility.begin_run(source.name, source_sha256=notebook_hash(source), parameters=values).id
    env = {**os.environ, "LIMS_RUN": run, "LIMS_FACILITY": address}
    with tempfile.TemporaryDirectory(prefix="lims-run-") as folder:
        executed = (how.output or Path(folder) / source.name).absolute()
        try:
            done = execute(source, executed, values, env, how)
        except BaseException as error:  # whatever ended it, the run must not stay `running`
            reason = INTERRUPTED if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
            keep(facility, run, executed)
            facility.finish_run(run, "failed", error=reason)
            raise
        keep(facility, run, executed)
        return facility.finish_run(run, done.status, environment=done.environment, error=done.error)


def checked(facility: Facility, declaration: Declaration, given: Mapping[str, str]) -> dict[str, Any]:
    """The values for the run; datasets by their ids, and seen to be there. Raises Invalid, NotFound."""
    values = check_values(declaration, given)
    for name in [one.name for one in declaration.parameters if one.kind == "dataset" and one.name in values]:
        values[name] = id_of(facility, values[name])
        facility.call("dataset", DatasetView, dataset=values[name], metadata=False)
    return values


def execute(source: Path, executed: Path, values: Mapping[str, Any], env: Mapping[str, str], how: How) -> "Execution":
    """The one place that brings in papermill, which is heavy: only who really runs a notebook waits for it."""
    from lims.provenance.execute import execute_notebook

    return execute_notebook(
        source, executed, values, env=env, kernel=how.kernel, limit_s=how.limit_s, progress=how.progress
    )


def keep(facility: Facility, run: str, executed: Path) -> None:
    """Put the executed notebook, whole or partial, beside what the run has written. The run ends also without."""
    if not executed.is_file():
        return
    about = f"ipynb-1:{notebook_hash(executed)}"
    try:
        facility.save_derived(executed, executed.name, run=run, executed=True, content_hash=about)
    except (LimsError, OSError) as error:
        log.error("The executed notebook of %s could not be kept: %s", run, error)
