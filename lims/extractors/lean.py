"""dask.array without what it loads on the chance that somebody uses it: a third of a second of CPU for each process.

`lims extract` is a process for one file, so there it would be most of the wait. dask.array does without these modules
where they are not installed; while it is imported it is told so, and nobody else is. The fork server, which imports
once for thousands of files, and HyperSpy have all of them.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

CHANCES = ("sparse", "scipy.sparse", "scipy.fftpack")
"""sparse brings numba; the others bring f2py and SciPy's array API."""


@contextlib.contextmanager
def hidden() -> Iterator[None]:
    """What is loaded already stays, and what is hidden is found afterwards. None marks what cannot be imported."""
    absent = [name for name in CHANCES if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


class Lean(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with hidden():
            super().exec_module(module)


class LeanDask(MetaPathFinder):
    """For sys.meta_path: finds dask.array where it is, and has it loaded without the rest."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == "dask.array" else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Lean(spec.loader.name, spec.loader.path)
        return spec


def be_lean() -> None:
    """From now on in this process. Nothing happens where dask.array is loaded already."""
    sys.meta_path.insert(0, LeanDask())
