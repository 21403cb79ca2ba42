"""What a reader complains about while it reads."""

import logging
import warnings

import rsciio  # noqa: F401  (puts its own handler, which prints to stdout, on its logger: before ours, not beside it)

from lims.plugins import without_folders

SPEAKERS = ("rsciio", "tifffile")
UNHEARD = (DeprecationWarning, ResourceWarning, PendingDeprecationWarning)
ABOUT_US = ("numba", "lumispy", "exspy", "allow_restricted_pickle")
"""Complaints about what is installed here, not about the file."""


class listening:  # noqa: N801 (reads as a verb in `with`)
    """Collect what a reader logs or warns about, instead of letting it print."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.handler = Ear(self.heard)
        self.catcher = warnings.catch_warnings(record=True)

    def __enter__(self) -> list[str]:
        self.caught = self.catcher.__enter__()
        warnings.simplefilter("always")
        self.before = []
        for name in SPEAKERS:
            log = logging.getLogger(name)
            self.before.append((log, log.handlers, log.propagate))
            log.handlers, log.propagate = [self.handler], False
        return self.heard

    def __exit__(self, *error: object) -> None:
        for log, handlers, propagates in self.before:
            log.handlers, log.propagate = handlers, propagates
        self.catcher.__exit__(None, None, None)
        self.heard += [one_line(w.message) for w in self.caught or [] if not issubclass(w.category, UNHEARD)]


class Ear(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        message = one_line(record.getMessage())
        if not any(word in message for word in ABOUT_US):
            self.heard.append(message)


def one_line(words: object) -> str:
    return " ".join(without_folders(str(words)).split())[:300]
