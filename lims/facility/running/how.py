"""How a run is to be made, and what is asked of whoever makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lims.provenance.watch import CellStep


@dataclass(frozen=True)
class How:
    """output: where to leave the executed notebook too. kernel: a kernelspec. limit_s: for all of it together.

    memory_bytes: the most that each of its processes may take. is_strict: trace system calls, whatever language runs.
    inputs: declared beforehand, ids of datasets. outputs: what else it is known to write, patterns of names.
    folder: where it runs, by default where the asker is. replaces: the run that it brings up to date.
    given: the parameters as an earlier run had them, instead of those that a person writes.
    """

    output: Path | None = None
    kernel: str = ""
    limit_s: float | None = None
    memory_bytes: int | None = None
    is_strict: bool = False
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path.cwd)
    replaces: str | None = None
    given: Mapping[str, object] = field(default_factory=dict)
    progress: Callable[[CellStep], None] = lambda step: None
