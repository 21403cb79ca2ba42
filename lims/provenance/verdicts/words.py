"""Tables, JSON, notebooks and texts as arrays of numbers and of words."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from lims.provenance.content.cells import encoding_of, rows
from lims.provenance.content.notebooks import notebook_cells
from lims.provenance.verdicts.contents import Contents

NUMBER = re.compile(r"\s*[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)\s*", re.IGNORECASE)
WHOLE = re.compile(r"\s*[+-]?\d+\s*")
LARGEST_WHOLE = 1 << 53
"""Up to here every whole number is a float64; larger ones are compared as words."""


def table(path: Path, stack: ExitStack) -> Contents:
    """Each column as an array of its numbers and one of its words; 0 and "" stand where the other has something."""
    lines = list(rows(path, encoding_of(path)))
    while lines and not any(lines[-1]):
        lines.pop()
    has_header = bool(lines) and not all(is_number(cell) for cell in lines[0] if cell)
    names = column_names(lines[0] if has_header else [], max(map(len, lines), default=0))
    columns: list[tuple[str, ...]] = list(zip_longest(*lines[has_header:], fillvalue=""))
    arrays: dict[str, Any] = {}
    for number, name in enumerate(names):
        column = columns[number] if number < len(columns) else ()
        arrays[name] = numbers_of(column)
        arrays[f"{name}, words"] = words_of(["" if is_number(cell) else cell for cell in column])
    first = 2 if has_header else 1
    return Contents(arrays, place=lambda index: f"row {index[0] + first}", rows="rows", is_written=True)


def column_names(header: Sequence[str], count: int) -> list[str]:
    """Each once: what has no name, or one that was there before, is known by its number too."""
    named: list[str] = []
    for number in range(count):
        name = header[number] if number < len(header) else ""
        known = f"column {name}" if name else f"column {number + 1}"
        named.append(known if known not in named else f"{known} ({number + 1})")
    return named


def is_number(cell: str) -> bool:
    whole = WHOLE.fullmatch(cell)
    return NUMBER.fullmatch(cell) is not None and (not whole or abs(int(cell)) <= LARGEST_WHOLE)


def numbers_of(column: Sequence[str]) -> Any:
    """Whole numbers where all are, to be compared exactly."""
    numeric = [cell if is_number(cell) else "0" for cell in column]
    if all(WHOLE.fullmatch(cell) for cell in numeric):
        return np.array([int(cell) for cell in numeric], np.int64)
    return np.array([float(cell) for cell in numeric], np.float64)


def words_of(listed: Sequence[str]) -> Any:
    found = np.empty(len(listed), object)
    found[:] = listed
    return found


def json_document(path: Path, stack: ExitStack) -> Contents:
    """Each leaf by its path, a list of numbers as one array. Raises ValueError, RecursionError."""
    document = json.loads(path.read_text("utf-8-sig"))
    return Contents(dict(leaves(document, "$")), is_written=True)


def leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if str(key).isidentifier() else f"{path}[{json.dumps(key)}]")
    elif isinstance(node, list) and node and not is_plain(node):
        for number, value in enumerate(node):
            yield from leaves(value, f"{path}[{number}]")
    else:
        yield path, leaf(node)


def is_plain(node: list[Any]) -> bool:
    return all(is_json_number(value) for value in node)


def is_json_number(value: Any) -> bool:
    return isinstance(value, float) or (type(value) is int and abs(value) <= LARGEST_WHOLE)


def leaf(node: Any) -> Any:
    if is_json_number(node) or (isinstance(node, list) and node):
        return np.asarray(node)
    return np.array(json.dumps(node), dtype=object)


def notebook(path: Path, stack: ExitStack) -> Contents:
    """The cells' source: what running them gave is not compared."""
    cells = words_of([f"{kind}\n{source}" for kind, source in notebook_cells(path)])
    return Contents({"source": cells}, place=lambda index: f"cell {index[0] + 1}", rows="cells")


def text(path: Path, stack: ExitStack) -> Contents:
    with path.open(encoding=encoding_of(path)) as file:
        lines = [line.removesuffix("\n") for line in file]
    while lines and not lines[-1]:
        lines.pop()
    return Contents({"": words_of(lines)}, place=lambda index: f"line {index[0] + 1}", rows="lines")
