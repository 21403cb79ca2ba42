"""What is remembered of a kernel that somebody works in, in a folder of its own: its cells, its run, how it ended.

The folder is locked for as long as the kernel lives. What one that was killed leaves, whoever comes next can close.
Imported at the start of kernels: the standard library only.
"""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from platformdirs import user_state_path

LOCK, CELLS, RUN, ENVIRONMENT, HASHES, ENDED, JOURNAL = (
    "lock", "cells.jsonl", "run.json", "environment.json", "hashes.json", "ended.json", "journal",
)  # fmt: skip
HALF_MADE_S = 3600.0
KEPT_S = 30 * 86400.0
"""So long a run whose facility does not answer is waited for."""
ONLY_ERRORS = (
    "These are the cells of a notebook in the order in which they ran. Of their outputs only errors were kept; "
    "the others are in the notebook itself."
)


@dataclass(frozen=True)
class Cell:
    """A cell that ran. count: as in In [count]. error: the error's name and text, both "" where there was none."""

    source: str
    count: int
    error: tuple[str, str] = ("", "")

    @property
    def failed(self) -> bool:
        return bool(self.error[0])


class KernelFolder:
    """One kernel's folder, or of one run of it where there were several. lock: held until it is closed."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path, self.lock = path, lock

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL

    def add(self, cell: Cell) -> None:
        with (self.path / CELLS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(cell)) + "\n")

    def cells(self) -> list[Cell]:
        """A line that a kill cut short is left out."""
        return list(read_cells(self.path / CELLS))

    def write(self, name: str, told: Any) -> None:
        """Whole or not at all."""
        part = self.path / f".{name}"
        part.write_text(json.dumps(told, default=str), encoding="utf-8")
        part.replace(self.path / name)

    def read(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.path / name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self.lock.close()


def kernels_folder() -> Path:
    return user_state_path("jupyter-lims", appauthor=False) / "kernels"


def new_folder() -> KernelFolder:
    """Nobody finds it before it is locked. Raises OSError."""
    root = kernels_folder()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{socket.gethostname()[:60]}-{os.getpid()}-", dir=root))
    lock = (part / LOCK).open("a+", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    path = part.with_name(part.name[1:])
    part.rename(path)
    return KernelFolder(path, lock)


def left_folders(root: Path | None = None) -> Iterator[KernelFolder]:
    """Those whose kernel is gone, locked; without a run there was nothing to keep, and they are removed."""
    for path in sorted((root or kernels_folder()).glob("*")):
        folder = taken(path)
        if folder is None:
            continue
        if (path / RUN).is_file() and time.time() - path.stat().st_mtime < KEPT_S:
            yield folder
            folder.lock.close()
        else:
            folder.remove()


def taken(path: Path, wait_s: float = 0.0) -> KernelFolder | None:
    """The folder, where its kernel is gone within so many seconds and nobody else has taken it."""
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
        return KernelFolder(path, lock)
    lock.close()  # whoever had it before has closed its run
    return None


def read_cells(path: Path) -> Iterator[Cell]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            told = json.loads(line)
            yield Cell(told["source"], told["count"], (told["error"][0], told["error"][1]))
        except (ValueError, KeyError, TypeError, IndexError):
            continue


# --- the cells as notebooks ---------------------------------------------------------------------------------------


def source_notebook(cells: Iterable[Cell], kernel: str) -> str:
    """To be run again: a cell that failed is kept as text, since a run of the notebook would end at it."""
    return notebook([raw(cell) if cell.failed else code(cell.source, cell.count) for cell in cells], kernel)


def executed_notebook(cells: Iterable[Cell], kernel: str) -> str:
    told = [code(cell.source, cell.count, outputs=errors(cell), executed=True) for cell in cells]
    return notebook([{"cell_type": "markdown", "metadata": {}, "source": ONLY_ERRORS}, *told], kernel)


def notebook(cells: list[dict[str, Any]], kernel: str) -> str:
    """Source: https://nbformat.readthedocs.io/en/latest/format_description.html; nbformat itself takes seconds."""
    name = kernel or "python3"
    spec = {"name": name, "display_name": name, "language": "python"}
    metadata = {"kernelspec": spec, "language_info": {"name": "python"}}
    named = [{**cell, "id": identity(number, cell["source"])} for number, cell in enumerate(cells)]
    told = {"cells": named, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(told, indent=1, sort_keys=True) + "\n"


def identity(number: int, source: str) -> str:
    return f"{number}-{hashlib.sha256(source.encode(errors='surrogatepass')).hexdigest()[:8]}"


def code(source: str, count: int, outputs: Any = (), executed: bool = False) -> dict[str, Any]:
    about: dict[str, Any] = {"execution_count": count if executed else None, "outputs": list(outputs), "metadata": {}}
    return {"cell_type": "code", "source": source, **about}


def raw(cell: Cell) -> dict[str, Any]:
    return {"cell_type": "raw", "source": cell.source, "metadata": {"lims": {"failed": ": ".join(cell.error)}}}


def errors(cell: Cell) -> list[dict[str, Any]]:
    if not cell.failed:
        return []
    name, text = cell.error
    return [{"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}]
