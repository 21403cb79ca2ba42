"""One run of a plain script, or of any program: watched, its output kept, closed with what came of it."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from lims.errors import Invalid
from lims.facility.facility import Facility
from lims.facility.origins import RunView
from lims.facility.running.capture import Capture, captured
from lims.facility.running.how import How
from lims.provenance import environment
from lims.provenance.observing import bootstrap
from lims.provenance.programs import Ended, run_program

DESCRIPTION = "environment.json"

def run_script(
    facility: Facility, address: str, source: Path, arguments: Sequence[str], how: How | None = None,
    echo: IO[bytes] | None = None,
) -> RunView:
    """Run a Python script (.py), or another program that can be executed, with provenance.

    arguments: as after its name on a command line. echo: where its output also goes, as it comes.
    Raises Invalid for a file that can be run in neither way.
    """
    how = how or How()
    is_python = source.suffix == ".py"
    if not is_python and not os.access(source, os.X_OK):
        raise Invalid(
            f"{source.name} is neither a notebook, nor a Python script, nor a program.",
            hint="Give a file that ends in .ipynb or .py, or one that may be executed.",
        )
    about: dict[str, Any] = {"parameters": {"arguments": list(arguments)} if arguments else {}}
    kind = "script" if is_python else "program"
    with captured(facility, address, source, kind, how, **about) as capture:  # type: ignore[arg-type]
        done = execute(capture, source, arguments, echo)
        capture.status, capture.error = done.status, done.error
        capture.environment = described(capture)
    return capture.done


def execute(
    capture: Capture, source: Path, arguments: Sequence[str], echo: IO[bytes] | None, python: str = ""
) -> Ended:
    command = [str(source.absolute()), *arguments]
    if source.suffix == ".py":
        capture.config["describe"] = [str(environment.__file__), str(capture.scratch / DESCRIPTION)]
        command = [python or sys.executable, str(bootstrap.__file__), str(capture.config_file()), *command]
    log = capture.executed or capture.scratch / "log"
    how = capture.how
    return run_program(
        [*capture.wrap, *command], log, env=capture.env, folder=how.folder, limit_s=how.limit_s, echo=echo,
        held=capture.held,
    )  # fmt: skip


def described(capture: Capture) -> dict[str, Any]:
    """What it ran in, as it told itself at its end; of one that could not, as this process would."""
    try:
        return dict(json.loads((capture.scratch / DESCRIPTION).read_text()))
    except (OSError, ValueError):
        return environment.describe()
