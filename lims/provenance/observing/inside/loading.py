"""A library is wrapped as soon as the program has imported it, and never imported for that."""

from __future__ import annotations

import sys
import threading
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import Any, Callable  # noqa: UP035 — for old Pythons

Wrap = Callable[[Any], None]


class Wrapping:
    """A finder that asks the other finders, and wraps what they load. wraps: by name of the module."""

    def __init__(self, wraps: dict[str, Wrap]) -> None:
        self.wraps = wraps
        self.asking = threading.local()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self.wraps or getattr(self.asking, "name", None) == name:
            return None
        self.asking.name = name
        try:
            spec = find_spec(name)
        finally:
            self.asking.name = None
        if spec is None or spec.loader is None:
            return None
        wrap, load = self.wraps[name], spec.loader.exec_module

        def exec_module(module: Any) -> None:
            load(module)
            quietly(wrap, module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def when_loaded(wraps: dict[str, Wrap]) -> None:
    """Call each function with its module: now if it is imported, else as soon as it is."""
    sys.meta_path.insert(0, Wrapping(wraps))
    for name, wrap in wraps.items():
        module = sys.modules.get(name)
        if module is not None:
            quietly(wrap, module)


def quietly(wrap: Wrap, module: Any) -> None:
    """A library of another version than we know stays as it is: unseen is better than broken."""
    try:
        wrap(module)
    except (AttributeError, TypeError, ImportError):
        return
