"""What changed between two runs: their code, parameters, inputs and environments."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from lims.errors import Invalid
from lims.provenance.environments import EnvironmentComparison, compare
from lims.provenance.sparing import without

with without("rfc3987_syntax"):  # a grammar of addresses that jsonschema compiles at import: half of a service's start
    import nbformat

Kind = Literal["added", "removed", "changed"]
INJECTED = "injected-parameters"
"""papermill's tag of the cell it adds to an executed notebook; the parameters are compared on their own."""


@dataclass(frozen=True)
class RunFacts:
    """What a run is compared by. notebook: as it was run, or script: its text.

    inputs: name -> sha256, "" where it is not known. environment: see environments.py.
    """

    notebook: Path | None = None
    script: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CellChange:
    """cell: its number among all cells from 1, in the later notebook; of a removed cell in the earlier.

    diff: unified, without a head.
    """

    cell: int
    kind: Kind
    before: str
    after: str
    diff: str


@dataclass(frozen=True)
class CodeDifference:
    """cells: empty for scripts. text: all of it for people to read; "" where the code is the same."""

    cells: tuple[CellChange, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class ValueChange:
    """before, after: None where it was not there."""

    name: str
    kind: Kind
    before: Any
    after: Any


@dataclass(frozen=True)
class RunDifferences:
    code: CodeDifference
    parameters: tuple[ValueChange, ...]
    inputs: tuple[ValueChange, ...]
    environment: EnvironmentComparison

    @property
    def same(self) -> bool:
        return not self.code.text and not self.parameters and not self.inputs and self.environment.same

    def as_json(self) -> dict[str, Any]:
        """Plain data; values that JSON does not know are text."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return {"same": self.same, **plain}


def differences(before: RunFacts, after: RunFacts) -> RunDifferences:
    """Raises Invalid for a file that is no notebook."""
    return RunDifferences(
        code=code_difference(before, after),
        parameters=tuple(value_changes(before.parameters, after.parameters)),
        inputs=tuple(one for one in value_changes(before.inputs, after.inputs) if one.before != "" != one.after),
        environment=compare(before.environment, after.environment),
    )


def value_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ValueChange]:
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield ValueChange(name, "removed", before[name], None)
        elif name not in before:
            yield ValueChange(name, "added", None, after[name])
        elif exact(before[name]) != exact(after[name]):
            yield ValueChange(name, "changed", before[name], after[name])


def exact(value: Any) -> str:
    """In Python 1, 1.0 and True are equal."""
    return json.dumps(value, sort_keys=True, default=str)


# --- code -------------------------------------------------------------------------------------------------------


def code_difference(before: RunFacts, after: RunFacts) -> CodeDifference:
    """By cells for two notebooks, else by lines."""
    if before.notebook is None or after.notebook is None:
        return CodeDifference(text=unified(whole(before), whole(after)))
    cells = tuple(cell_changes(sources(before.notebook), sources(after.notebook)))
    return CodeDifference(cells, "\n".join(f"Cell {one.cell} {one.kind}:\n{one.diff}" for one in cells))


def whole(run: RunFacts) -> str:
    if run.notebook is None:
        return run.script
    return "\n\n".join(text for kind, text in sources(run.notebook) if kind == "code")


def sources(notebook: Path) -> list[tuple[str, str]]:
    """Kind and text of each cell, without the one that papermill has added."""
    try:
        read: Any = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        cells = [cell for cell in read.cells if INJECTED not in cell.get("metadata", {}).get("tags", ())]
        return [(str(cell.cell_type), str(cell.source)) for cell in cells]
    except OSError as error:
        raise Invalid(f"The notebook {notebook} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        raise Invalid(f"{notebook} is not a notebook: {str(error).partition(chr(10))[0]}") from error


def cell_changes(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> Iterator[CellChange]:
    """In the order of the cells."""
    if before == after:
        return
    first = number = 0
    for change in patch(before, after):
        number += change["key"] - first  # cells between two changes are as they were
        first = change["key"]
        if change["op"] == "patch":
            yield cell_change(number + 1, "changed", before[first], after[number])
            first, number = first + 1, number + 1
        elif change["op"] == "addrange":
            for cell in change["valuelist"]:
                yield cell_change(number + 1, "added", ("", ""), (cell["cell_type"], cell["source"]))
                number += 1
        else:
            for _ in range(change["length"]):
                yield cell_change(first + 1, "removed", before[first], ("", ""))
                first += 1


def cell_change(number: int, kind: Kind, before: tuple[str, str], after: tuple[str, str]) -> CellChange:
    return CellChange(number, kind, before[1], after[1], unified(before[1], after[1]))


def patch(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """nbdime's list of changes to the cells; it knows which cells belong together though both were edited.

    Importing it takes three seconds of CPU, so it is only done for notebooks that differ.
    """
    import nbdime

    changes = nbdime.diff_notebooks(bare(before), bare(after))
    return next((list(change["diff"]) for change in changes if change["key"] == "cells"), [])


def bare(cells: list[tuple[str, str]]) -> Any:
    """A notebook of sources only: nbdime's own way to leave out the rest is a setting of the whole process."""
    made = [{"cell_type": kind, "metadata": {}, "source": text, **EXTRA.get(kind, {})} for kind, text in cells]
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": made})  # type: ignore[no-untyped-call]


EXTRA: dict[str, dict[str, Any]] = {"code": {"outputs": [], "execution_count": None}}


def unified(before: str, after: str) -> str:
    """Without a head, for there are no files; with each line's end as it is, whatever ends the last one."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    told = "\n".join(list(lines)[2:])
    return told or ("" if before == after else "(only line ends differ)")
