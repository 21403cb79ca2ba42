"""Who looks on while a notebook runs: hears each cell, keeps what the kernel said of itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CellStep:
    """A cell that starts. number: from 1, of `total`; kind: code, markdown or raw."""

    number: int
    total: int
    kind: str
    source: str

    @property
    def title(self) -> str:
        """The cell's first line, without a heading's marks."""
        return self.source.strip().partition("\n")[0].lstrip("#% ")[:60]


@dataclass
class Watch:
    """stopped: why the run ended before its last cell, when no cell raised an error; cell: its index from 0.

    first: an expression that the kernel evaluates before the first cell, such as one that installs the observer.
    """

    progress: Callable[[CellStep], None] = lambda step: None
    environment: dict[str, Any] = field(default_factory=dict)
    stopped: str = ""
    first: str = ""
    cell: int | None = None

    def on_cell(self, step: CellStep) -> None:
        self.progress(step)

    def on_stop(self, cell: int | None, reason: str) -> None:
        self.cell = cell
        self.stopped = reason
