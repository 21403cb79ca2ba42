"""One run of a notebook: registered before it begins, executed, closed with what came of it, also when it fails."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lims.facility.facility import Facility
from lims.facility.opening import id_of
from lims.facility.origins import RunView
from lims.facility.running.capture import Capture, captured
from lims.facility.running.how import How
from lims.facility.views import DatasetView
from lims.provenance.declaration import Declaration, read_declaration
from lims.provenance.values import check_values

if TYPE_CHECKING:
    from lims.provenance.execute import Execution


def run_notebook(
    facility: Facility, address: str, source: Path, given: Mapping[str, str], how: How | None = None
) -> RunView:
    """Run a notebook with provenance. One that fails gives a run whose status is `failed`, and keeps what it did.

    address: where the notebook's kernel finds the facility. given: parameters as a person wrote them.
    Raises Invalid for what is wrong before anything runs, NotFound for a dataset that is not there.
    """
    how = how or How()
    declaration = read_declaration(source)
    values = dict(how.given) or checked(facility, declaration, given)
    about = {"parameters": values, "tolerances": tolerances_of(declaration)}
    with captured(facility, address, source, "notebook", how, **about) as capture:
        done = execute(capture, source, values)
        capture.status, capture.error, capture.environment = done.status, done.error, done.environment
    return capture.done


def tolerances_of(declaration: Declaration) -> dict[str, Any]:
    return {one.pattern: one.tolerance for one in declaration.outputs if one.tolerance}


def checked(facility: Facility, declaration: Declaration, given: Mapping[str, str]) -> dict[str, Any]:
    """The values for the run; datasets by their ids, and seen to be there. Raises Invalid, NotFound."""
    values = check_values(declaration, given)
    for name in [one.name for one in declaration.parameters if one.kind == "dataset" and one.name in values]:
        values[name] = id_of(facility, values[name])
        facility.call("dataset", DatasetView, dataset=values[name], metadata=False)
    return values


def execute(
    capture: Capture, source: Path, values: Mapping[str, Any], python: str = "", channels: Path | None = None
) -> "Execution":
    """The one place that brings in papermill, which is heavy: only who really runs a notebook waits for it."""
    from lims.provenance.execute import execute_notebook

    how = capture.how
    return execute_notebook(
        source, capture.executed or capture.scratch / source.name, values, env=capture.env, kernel=how.kernel,
        limit_s=how.limit_s, working_folder=how.folder, progress=how.progress, first=capture.first, wrap=capture.wrap,
        python=python, channels=channels, held=capture.held,
    )  # fmt: skip
