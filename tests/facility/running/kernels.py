"""A person's own kernel, really started, in a home of its own."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import KernelManager

from tests.services import until

CONFIG = Path(__file__).parents[3] / "lims/jupyter/kernel/config/ipython_config.py"
START_S = 120
AWAY = ("LIMS_RUN", "LIMS_REPLAY", "LIMS_CAPTURE", "LIMS_FACILITY", "JPY_SESSION_NAME", "LIMS_TOKEN")


class Kernel:
    """`run` executes one cell and answers with what it printed; an error is answered as `Name: text`."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=START_S)

    def run(self, code: str) -> str:
        told: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                told.append(content["text"])
            elif message["msg_type"] == "error":
                told.append(f"{content['ename']}: {content['evalue']}")

        self.client.execute_interactive(code, output_hook=hear, timeout=START_S)
        return "".join(told)

    @property
    def pid(self) -> int:
        return int(self.run("import os; print(os.getpid())"))

    def kill(self) -> None:
        """kill -9."""
        pid = self.pid
        os.kill(pid, 9)
        until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie", "the kernel is gone", 30)

    def close(self) -> None:
        """As Jupyter ends a kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel()


@contextmanager
def kernel(home: Path, folder: Path, env: Mapping[str, str], config: Path | None = None) -> Iterator[Kernel]:
    """A kernel that works in `folder`. config: an IPython configuration to start with."""
    folder.mkdir(exist_ok=True)
    profile = home / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    if config is not None:
        shutil.copyfile(config, profile / "ipython_config.py")
    here = {name: value for name, value in os.environ.items() if name not in AWAY}
    folders = {"IPYTHONDIR": "ipython", "XDG_STATE_HOME": "state", "LIMS_CACHE": "cache"}
    own = {name: str(home / folder) for name, folder in folders.items()}
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env={**here, **own, **env}, cwd=str(folder))
    opened = Kernel(manager)
    try:
        yield opened
    finally:
        if manager.is_alive():
            opened.close()
        manager.cleanup_resources()


def state(home: Path) -> list[str]:
    """What is remembered of runs that go on."""
    folder = home / "state/jupyter-lims/runs"
    return sorted(path.name for path in folder.glob("*") if path.is_dir()) if folder.is_dir() else []
