"""Imports of others without what they bring along and nobody needs here: half of a short run's CPU was spent on it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Modules that cannot be imported meanwhile: for packages that do without them when they are missing.

    What is imported already stays. Afterwards each can be imported as ever.
    """
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # as Python has it: there is no such module
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
