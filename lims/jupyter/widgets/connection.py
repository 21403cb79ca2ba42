"""The kernel's own way to the facility: one connection, made at the first request, so that a widget paints first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, Protocol, cast

from lims.errors import LimsError


class Answers(Protocol):
    """What a widget needs of a facility."""

    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        """The answer as JSON-able data, or as Content where it is bytes."""


class Connection:
    """Connects once, from whichever thread asks first; a failed attempt is not remembered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facility: Answers | None = None

    def facility(self) -> Answers:
        with self._lock:
            if self._facility is None:
                # Costly, and of no use before somebody asks: see the module's summary.
                connect = import_module("lims.facility.connect").connect
                self._facility = cast(Answers, connect())
            return self._facility


KERNEL = Connection()
"""A kernel is one person at one facility, so its widgets share one connection."""

WORKERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="lims-widget")
"""Requests are answered here: the kernel stays free for the person's own code."""


def prepare() -> None:
    """Connect ahead of the first widget, in a kernel that is kept warm for a dashboard."""
    WORKERS.submit(try_to_connect)


def try_to_connect() -> None:
    try:
        KERNEL.facility().ask("me", {})
    except LimsError:
        return  # the first widget meets it again, and shows it
