"""Functions of libraries whose argument is a path: wrapped, so that it passes the gate first."""

from __future__ import annotations

import functools
import os
from typing import Any, Callable  # noqa: UP035 — for old Pythons

from .gate import Gate

Function = Callable[..., Any]
Enter = Callable[[Any], Any]


def through(function: Function, enter: Enter, position: int, *names: str) -> Function:
    """The function with its argument passed through `enter`: a path, or a list of them. names: as keywords."""

    @functools.wraps(function)
    def wrapped(*args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        if len(args) > position:
            args = (*args[:position], each(enter, args[position]), *args[position + 1 :])
        else:
            options.update({name: each(enter, options[name]) for name in names if name in options})
        return function(*args, **options)

    return wrapped


def replace(holder: Any, attribute: str, enter: Enter, position: int, *names: str) -> None:
    """Wrap what a module or class holds under a name; nothing where it has none."""
    function = getattr(holder, attribute, None)
    if function is not None:
        setattr(holder, attribute, through(function, enter, position, *names))


def each(enter: Enter, given: Any) -> Any:
    return [enter(one) for one in given] if isinstance(given, (list, tuple)) else enter(given)


def entering(gate: Gate, by: str, mode: str, is_tree: bool = False) -> Enter:
    """How a path is passed through the gate, by a mode as in open()."""
    reads, writes = mode[:1] in "ra" or "+" in mode, mode[:1] in "wax" or "+" in mode

    def enter(path: Any) -> Any:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return path
        return gate.enter(path, reads=reads, writes=writes, by=by, is_tree=is_tree)

    return enter
