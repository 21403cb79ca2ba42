"""A papermill engine that runs a notebook, tells a watch how far it is, and asks the kernel what it is.

Imported by execute.py only, for papermill and nbclient are heavy.
"""

import ast
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from traitlets import List, Unicode
from traitlets.config import Config

from lims.provenance.watch import CellStep, Watch

NAME = "lims-watched"
ENVIRONMENT_SOURCE = (Path(__file__).parent / "environment.py").read_text(encoding="utf-8")
ASK_TIMEOUT_S = 60.0
OUTPUT_S = 60
"""So long after its cell an output may come, or it is left out; the usual four seconds are few on a busy machine."""


class Stopped(Exception):
    """The kernel is gone or was stopped; the watch knows why."""


class WatchedNotebook(NotebookExecutionManager):  # type: ignore[misc]
    """papermill's holder of the notebook's state; each change of it is told to the watch."""

    def __init__(self, nb: Any, watch: Watch, **options: Any) -> None:
        super().__init__(nb, **options)
        self.watch = watch
        self.running: int | None = None

    def cell_start(self, cell: Any, cell_index: int | None = None, **options: Any) -> None:
        super().cell_start(cell, cell_index, **options)
        self.running = cell_index
        if cell_index is not None:
            self.watch.on_cell(CellStep(cell_index + 1, len(self.nb.cells), cell.cell_type, cell.source))

    def stop(self, reason: str) -> None:
        """papermill itself would call the cell that was running complete."""
        if self.running is not None:
            self.cell_exception(self.nb.cells[self.running], cell_index=self.running)
        self.watch.on_stop(self.running, reason)


class WatchedClient(PapermillNotebookClient):  # type: ignore[misc]
    """Asks the kernel about its environment before the first cell and after the last."""

    def papermill_execute_cells(self) -> None:
        watch: Watch = self.nb_man.watch
        watch.environment.update(self.report("describe"))
        if watch.first:
            self.evaluate(watch.first)
        try:
            super().papermill_execute_cells()
        except DeadKernelError as error:
            self.nb_man.stop("the kernel died: it was killed, or used more memory than there is")
            raise Stopped from error
        except CellTimeoutError as error:
            self.shutdown_kernel = "immediate"
            self.nb_man.stop("the time limit was reached")
            raise Stopped from error
        watch.environment.update(self.report("describe_loaded"))

    def report(self, name: str) -> dict[str, Any]:
        """What environment.py says in the kernel; nothing from a kernel of another language, or one that is gone."""
        told = self.evaluate(f"(lambda names: exec({ENVIRONMENT_SOURCE!r}, names) or names['report']({name!r}))({{}})")
        return dict(json.loads(ast.literal_eval(told))) if told else {}

    def evaluate(self, expression: str) -> str:
        """What the kernel shows of a Python expression; "" from one that cannot evaluate it, or is gone.

        Asked silently, so that no name, output or execution count of the notebook's own is touched.
        """
        message = self.kc.execute("", silent=True, store_history=False, user_expressions={"lims": expression})
        try:
            reply = self.wait_for_reply(message)
        except (TimeoutError, DeadKernelError):
            return ""
        answer = (reply or {}).get("content", {}).get("user_expressions", {}).get("lims", {})
        return str(answer["data"]["text/plain"]) if answer.get("status") == "ok" else ""


class WrappedKernel(AsyncKernelManager):
    """A kernel whose command is run by another one (strace, a limit, a fence), or in another Python."""

    wrap = List(Unicode()).tag(config=True)
    python = Unicode().tag(config=True)

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        command = super().format_kernel_cmd(extra_arguments)
        own = [self.python, *command[1:]] if self.python else command
        return [*self.wrap, *own]


class LimsEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine with a watch and with environment variables for the kernel."""

    @classmethod
    def execute_notebook(
        cls, nb: Any, kernel_name: str, *, watch: Watch, output_path: str | None = None, **options: Any
    ) -> Any:
        held = WatchedNotebook(nb, watch, output_path=output_path, progress_bar=False)
        held.notebook_start()
        try:
            cls.execute_managed_notebook(held, kernel_name, **options)
        finally:
            held.notebook_complete()
        return held.nb

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, env: dict[str, str], limit_s: float | None = None,
        wrap: Sequence[str] = (), python: str = "", channels: Path | None = None,
        held: Sequence[int] = (), **options: Any,
    ) -> None:
        with TemporaryDirectory(prefix="lims-kernel-", dir=channels) as folder:
            client = watched_client(
                nb_man,
                kernel_name,
                private_channels(Path(folder), list(wrap), python),
                timeout_func=remaining(limit_s),
                startup_timeout=options.get("start_timeout", 60),
                resources={"metadata": {"path": options.get("working_folder", ".")}},
            )
            # What the kernel's own start-up says on its stderr is for nobody; the cells' output comes by messages.
            with suppress(Stopped):
                client.execute(env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=held)


def watched_client(held: WatchedNotebook, kernel_name: str, channels: Config, **options: Any) -> WatchedClient:
    """What executes the cells. channels: see private_channels. options: of nbclient, before our own."""
    ours = {"timeout": ASK_TIMEOUT_S, "iopub_timeout": OUTPUT_S, "kernel_manager_class": WrappedKernel}
    return WatchedClient(held, kernel_name=kernel_name, config=channels, **{**ours, **options})


def private_channels(folder: Path, wrap: list[str], python: str) -> Config:
    """Sockets in a folder of our own: ports are open to every user, and two kernels may pick the same ones."""
    return Config(
        {
            "KernelManager": {"transport": "ipc", "connection_file": str(folder / "kernel.json")},
            "WrappedKernel": {"wrap": wrap, "python": python},
        }
    )


def remaining(limit_s: float | None) -> Callable[[Any], float | None]:
    """For each cell the seconds that are left of the limit of the whole run; None for no limit."""
    if limit_s is None:
        return lambda cell: None
    end = time.monotonic() + limit_s
    return lambda cell: max(0.1, end - time.monotonic())


papermill_engines.register(NAME, LimsEngine)
