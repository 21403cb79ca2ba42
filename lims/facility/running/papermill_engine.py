"""`papermill --engine lims`: papermill runs the notebook in its own way, and the run is kept as that of `lims run`."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from papermill.iorw import papermill_io
from papermill.log import logger

from lims.errors import Invalid
from lims.facility.running.capture import Capture, captured
from lims.facility.running.how import How
from lims.facility.running.left import close_at
from lims.facility.running.notebooks import tolerances_of
from lims.facility.served import served
from lims.provenance.declaration import read_declaration
from lims.provenance.engine import Stopped, WatchedNotebook, private_channels, watched_client
from lims.provenance.execute import cell_error
from lims.provenance.watch import Watch

INJECTED = "injected-parameters"
UNNAMED = "notebook.ipynb"


def execute_notebook(
    nb: Any,
    kernel_name: str,
    *,
    input_path: Any = "-",
    output_path: str | None = None,
    progress_bar: bool | Mapping[str, Any] = True,
    log_output: bool = False,
    autosave_cell_every: int = 30,
    **options: Any,
) -> Any:
    """As papermill's own engine, in a run of the facility at $LIMS_FACILITY, else in the present folder.

    Raises NoFacility and what papermill raises: of a cell that failed papermill itself tells from the notebook.
    """
    about = {"parameters": as_json(nb.metadata.papermill.get("parameters", {}))}
    with served() as (facility, address), source_of(nb, input_path) as source:
        close_at(facility, address)
        about["tolerances"] = tolerances_in(source)
        with captured(facility, address, source, "notebook", How(), **about) as capture:
            logger.info(f"Run:             {capture.run}")
            watch = Watch(first=capture.first)
            held = WatchedNotebook(
                nb, watch, output_path=output_path, progress_bar=progress_bar, log_output=log_output,
                autosave_cell_every=autosave_cell_every,
            )  # fmt: skip
            held.notebook_start()
            try:
                execute_cells(held, kernel_name, capture, log_output=log_output, **options)
            finally:
                held.cleanup_pbar()
                held.notebook_complete()
                told(capture, held, output_path)
    return held.nb


def execute_cells(
    held: WatchedNotebook,
    kernel_name: str,
    capture: Capture,
    *,
    start_timeout: int = 60,
    execution_timeout: int | None = None,
    **options: Any,
) -> None:
    """Options that papermill's engine does not know go to the client, as there."""
    limit = execution_timeout or options.pop("timeout", None)
    options.pop("startup_timeout", None)
    with TemporaryDirectory(prefix="lims-kernel-") as folder:
        client = watched_client(
            held,
            kernel_name,
            private_channels(Path(folder), capture.wrap, ""),
            timeout_func=lambda cell: limit,
            startup_timeout=start_timeout,
            log=logger,
            **options,
        )
        try:
            client.execute(env=capture.env, pass_fds=capture.held)
        except Stopped as stopped:
            raise stopped.__cause__ or stopped from None


def told(capture: Capture, held: WatchedNotebook, output_path: str | None) -> None:
    """What came of it. The executed notebook is kept as it is here, wherever papermill writes it to."""
    capture.executed = capture.scratch / (Path(output_path).name if output_path else capture.source.name)
    capture.executed.write_text(nbformat.writes(held.nb), encoding="utf-8")  # type: ignore[no-untyped-call]
    capture.environment = held.watch.environment
    capture.error = failure_in(held.nb)
    capture.status = "failed" if capture.error else "done"


def failure_in(nb: Any) -> str:
    """The sentence about the first cell that failed. One that left by sys.exit(0) did not, as papermill sees it."""
    for cell in nb.cells:
        for one in cell.get("outputs", ()):
            if one.output_type == "error" and (one.ename, one.evalue) not in (("SystemExit", ""), ("SystemExit", "0")):
                return cell_error(cell.execution_count, cell.source, one.ename, one.evalue)
    return ""


@contextmanager
def source_of(nb: Any, given: Any) -> Iterator[Path]:
    """The notebook as it was given: its file, else (it came from an address, a pipe, memory) a file with its text."""
    input_path = given if isinstance(given, str) else ""
    there = Path(getattr(papermill_io.get_handler("local"), "_cwd", None) or os.getcwd(), input_path)  # noqa: PTH109
    if there.is_file():
        yield there.resolve()
        return
    name = Path(input_path).name
    with TemporaryDirectory(prefix="lims-source-") as folder:
        source = Path(folder) / (name if name.endswith(".ipynb") else UNNAMED)
        source.write_text(nbformat.writes(without_parameters(nb)), encoding="utf-8")  # type: ignore[no-untyped-call]
        yield source


def without_parameters(nb: Any) -> Any:
    """As it was before papermill gave it parameters and an account of the run."""
    plain = nbformat.from_dict(json.loads(nbformat.writes(nb)))  # type: ignore[no-untyped-call]
    plain.metadata.pop("papermill", None)
    plain.cells = [cell for cell in plain.cells if INJECTED not in cell.metadata.get("tags", ())]
    for cell in plain.cells:
        cell.metadata.pop("papermill", None)
    return plain


def tolerances_in(source: Path) -> dict[str, Any]:
    """papermill runs notebooks whose declarations we would not accept."""
    try:
        return tolerances_of(read_declaration(source))
    except Invalid:
        return {}


def as_json(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(parameters, default=str)))
