"""Running a notebook: parameters in, the executed notebook and what it ran in out, also when it fails.

Importing this costs two CPU seconds and 100 MB (papermill): do it only where a notebook is really run.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from lims.errors import Invalid, Unavailable
from lims.provenance.sparing import without
from lims.provenance.watch import CellStep, Watch

# A grammar of addresses that jsonschema compiles at import; buckets and HDFS, where our notebooks do not lie.
with without("rfc3987_syntax", "gcsfs", "pyarrow"):
    import nbformat
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from papermill.exceptions import PapermillExecutionError

    from lims.provenance import engine

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Execution:
    """How a run of a notebook went. notebook: the executed one, partial when it failed.

    error: a sentence that names the cell; empty when the run is done.
    environment: as the kernel described it, see environment.py.
    """

    status: Literal["done", "failed"]
    notebook: Path
    start: datetime
    end: datetime
    error: str = ""
    environment: dict[str, Any] = field(default_factory=dict)


def execute_notebook(
    source: Path,
    executed: Path,
    parameters: Mapping[str, Any],
    *,
    env: Mapping[str, str],
    kernel: str = "",
    limit_s: float | None = None,
    working_folder: Path | None = None,
    progress: Callable[[CellStep], None] = lambda step: None,
    first: str = "",
    wrap: Sequence[str] = (),
    python: str = "",
    channels: Path | None = None,
    held: Sequence[int] = (),
) -> Execution:
    """Run a notebook in a fresh kernel; `executed` is written after every cell.

    kernel: name of a kernelspec; by default the notebook's own, else python3.
    env: the whole environment of the kernel. limit_s: for all cells together. first: an expression that the kernel
    evaluates before. wrap: a command that runs the kernel's. python: instead of the kernel's own.
    channels: where to make the folder of the kernel's sockets. held: open files that the kernel inherits.
    Raises Invalid for a file that is no notebook, Unavailable when the kernel cannot be started.
    """
    watch = Watch(progress, first=first)
    start = datetime.now(UTC)
    notebook = read_notebook(source)
    error = ""
    try:
        with quiet("traitlets"):
            papermill.execute_notebook(
                literal(source),
                literal(executed),
                dict(parameters),
                engine_name=engine.NAME,
                kernel_name=kernel or kernel_of(notebook),
                language=notebook.metadata.get("kernelspec", {}).get("language", "python"),
                watch=watch,
                env=dict(env),
                limit_s=limit_s,
                working_folder=str(working_folder or Path.cwd()),
                wrap=list(wrap),
                python=python,
                channels=channels,
                held=tuple(held),
            )
    except PapermillExecutionError as failed:
        error = cell_error(failed.exec_count, failed.source, failed.ename, failed.evalue)
    except (NoSuchKernel, RuntimeError) as failed:  # RuntimeError: a kernel that dies or stays silent at its start
        raise Unavailable(f"The notebook's kernel could not be started: {failed}.") from failed
    if watch.stopped:
        cell = "" if watch.cell is None else f" in cell {watch.cell + 1}"
        error = f"The notebook did not finish{cell}: {watch.stopped}."
    status: Literal["done", "failed"] = "failed" if error else "done"
    return Execution(status, executed, start, datetime.now(UTC), error, watch.environment)


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Without a logger's words: what jupyter_client logs with a traceback is raised too, and told as a sentence."""
    logger = logging.getLogger(name)
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


def read_notebook(path: Path) -> Any:
    """Raises Invalid with the file's name when it cannot be read as a notebook."""
    try:
        notebook: Any = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The notebook {path} cannot be read: {error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        raise Invalid(f"{path} is not a notebook: {str(error).strip().partition(chr(10))[0]}") from error
    return notebook


def literal(path: Path) -> str:
    """papermill fills {names} in paths from the parameters; a path of ours means what it says."""
    return str(path).replace("{", "{{").replace("}", "}}")


def kernel_of(notebook: Any) -> str:
    return str(notebook.metadata.get("kernelspec", {}).get("name") or "python3")


def cell_error(count: int | None, source: str, name: str, value: str) -> str:
    """Which cell, its line to recognise it by, and the error: one sentence without colours or traceback."""
    lines = [line for line in source.strip().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    shown = f" (`{lines[0].strip()[:60]}`)" if lines else ""
    number = count if isinstance(count, int) else "?"
    return f"Cell In [{number}]{shown} failed with {name}: {ANSI.sub('', value).strip() or 'no message'}"
