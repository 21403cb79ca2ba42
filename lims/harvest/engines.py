"""Which engine reads the files: threads of this process, or a Dask cluster, as facility.toml says."""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lims.errors import Unavailable
from lims.harvest.crew import Crew, LocalCrew
from lims.harvest.halting import Halt
from lims.harvest.reading import Done, Work
from lims.harvest.tools import Tools
from lims.settings import Settings


class Engine(Protocol):
    """Kept from the first pass that has something to read until the harvest is closed.

    workers: files (Dask: shards of files) at the same time, where a person says it.
    """

    def crew(self, tools: Tools, workers: int | None) -> Crew: ...

    def close(self) -> None: ...


class LocalEngine:
    def __init__(self, workers: int) -> None:
        self.workers = workers

    def crew(self, tools: Tools, workers: int | None) -> Crew:
        return LocalCrew(tools, workers or self.workers)

    def close(self) -> None:
        pass


class DaskEngine:
    """What it needs is loaded, and its cluster joined or started, with the first file that is to be read."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._cluster: Engine | None = None

    def crew(self, tools: Tools, workers: int | None) -> Crew:
        return DaskCrew(self, tools, workers)

    def cluster(self) -> Engine:
        """Raises Unavailable where what it needs is not installed."""
        if self._cluster is None:
            self._cluster = loaded().Cluster(self.settings)
        return self._cluster

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()


@dataclass(frozen=True)
class DaskCrew:
    engine: DaskEngine
    tools: Tools
    workers: int | None

    def read(self, works: Sequence[Work], halt: Halt) -> Iterator[Done | None]:
        return self.engine.cluster().crew(self.tools, self.workers).read(works, halt)


def loaded() -> Any:
    try:
        return importlib.import_module("lims.harvest.cluster")
    except ModuleNotFoundError as error:
        if error.name != "distributed":
            raise
        raise Unavailable(
            'The harvest is to run on Dask (engine = "dask" in facility.toml), but the package distributed is missing.',
            hint='Install it beside the LIMS: pip install "jupyter-lims[dask]"',
        ) from error


def engine_of(settings: Settings) -> Engine:
    harvest = settings.harvest
    return LocalEngine(harvest.workers) if harvest.engine == "local" else DaskEngine(settings)
