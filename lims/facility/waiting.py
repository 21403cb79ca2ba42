"""Whether who asked still waits. The front doors that can tell say so here, for operations that are worth ending."""

from collections.abc import Callable
from contextvars import ContextVar


def stays() -> bool:
    """In this process nobody goes away: a person who interrupts is an exception."""
    return False


ASKER_IS_GONE: ContextVar[Callable[[], bool]] = ContextVar("asker_is_gone", default=stays)
