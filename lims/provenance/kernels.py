"""The cells of a kernel that somebody works in: remembered one by one in its run's folder, and told as notebooks.

Imported at the start of kernels: the standard library only.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lims.provenance.run_folders import RunFolder

CELLS = "cells.jsonl"
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


def add(folder: RunFolder, cell: Cell) -> None:
    with (folder.path / CELLS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(cell)) + "\n")


def cells_in(folder: RunFolder) -> list[Cell]:
    """A line that a kill cut short is left out."""
    return list(read_cells(folder.path / CELLS))


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
