"""What is remembered of a run while it goes on, in a folder of its own, so that one that was killed is closed later.

The folder is locked for as long as whoever runs it lives. What was left by one that was killed, whoever comes next
closes.
Imported at the start of kernels: the standard library only.
"""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from platformdirs import user_state_path

LOCK, RUN, ENVIRONMENT, HASHES, ENDED, JOURNAL = (
    "lock", "run.json", "environment.json", "hashes.json", "ended.json", "journal",
)  # fmt: skip
KEPT_S = 30 * 86400.0
"""So long a run whose facility does not answer is waited for."""
CLOSER = "lims.facility.running.left"
LOG = "closing.log"


class RunFolder:
    """Of one run, or of a kernel that has none yet. lock: held until it is closed."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path, self.lock = path, lock

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL

    def write(self, name: str, told: Any) -> None:
        """Whole or not at all, also where the power goes."""
        part = self.path / f".{name}"
        with part.open("w", encoding="utf-8") as file:
            file.write(json.dumps(told, default=str))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path / name)

    def read(self, name: str) -> dict[str, Any]:
        """Nothing where it is not there, or no such document."""
        try:
            return dict(json.loads((self.path / name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self.lock.close()


def runs_folder() -> Path:
    return user_state_path("jupyter-lims", appauthor=False) / "runs"


def new_folder() -> RunFolder:
    """Nobody finds it before it is locked. Raises OSError."""
    root = runs_folder()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{socket.gethostname()[:60]}-{os.getpid()}-", dir=root))
    lock = (part / LOCK).open("a+", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    path = part.with_name(part.name[1:])
    part.rename(path)
    return RunFolder(path, lock)


def left_folders(root: Path | None = None) -> Iterator[RunFolder]:
    """Those that nobody runs any more, locked; without a run there was nothing to keep, and they are removed."""
    for path in sorted((root or runs_folder()).glob("[!.]*")):
        folder = taken(path)
        if folder is None:
            continue
        if (path / RUN).is_file() and time.time() - path.stat().st_mtime < KEPT_S:
            yield folder
            folder.lock.close()
        else:
            folder.remove()


def taken(path: Path, wait_s: float = 0.0) -> RunFolder | None:
    """The folder, where its run is over within so many seconds and nobody else has taken it."""
    end = time.monotonic() + wait_s
    try:
        lock = (path / LOCK).open("r+", encoding="utf-8")
    except OSError:
        return None  # removed by another one meanwhile, or never made to the end
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            if time.monotonic() >= end:
                lock.close()
                return None
            time.sleep(0.05)
    if (path / LOCK).exists():
        return RunFolder(path, lock)
    lock.close()  # whoever had it before has closed its run
    return None


def start_closer(*folders: Path) -> None:
    """Close the runs of these folders, else of all that were left, in a process that nobody waits for."""
    environment = {name: value for name, value in os.environ.items() if name != "LIMS_RUN"}
    command = [sys.executable, "-P", "-m", CLOSER, *map(str, folders)]
    with (runs_folder() / LOG).open("ab") as log:
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
