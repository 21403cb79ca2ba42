"""Several files read by one child of this process."""

import os
from collections.abc import Callable, Sequence

from lims.extractors import Job, Limits, Outcome
from lims.extractors.child import start
from lims.extractors.outcome import answers_in, from_json


def answered(
    reads: Sequence[Callable[[], Outcome]], limits: Limits, jobs: Sequence[Job] = ()
) -> tuple[list[Outcome], str]:
    """What it says of them, and how it ended."""
    end, result = os.pipe()
    watched = start(reads, limits, result, (end,), jobs)
    os.close(result)
    with os.fdopen(end, "rb") as answers:
        told = [from_json(document) for document in answers_in(answers)]
    _, status = os.waitpid(watched.pid, 0)
    watched.tidy()
    return told, watched.reason(status)
